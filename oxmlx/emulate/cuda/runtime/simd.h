// Operations of a simdgroup, which is a warp: all of its 32 lanes take part.
#pragma once

namespace emu {

constexpr unsigned ALL = 0xffffffff;

EMU_INLINE unsigned lane() { return threadIdx.x % 32; }

// A value in words, for a shuffle takes nothing smaller.
template <class T> union Words {
  T value;
  unsigned words[(sizeof(T) + 3) / 4];
  __device__ __forceinline__ Words() : words{} {}
};
template <class T, class F> EMU_INLINE T moved(T x, F move) {
  Words<T> all;
  all.value = x;
  for (unsigned& word : all.words) word = move(word);
  return all.value;
}

template <class T> EMU_INLINE T from(T x, unsigned lane) {
  return moved(x, [=](unsigned word) { return __shfl_sync(ALL, word, lane); });
}
template <class T> EMU_INLINE T across(T x, unsigned mask) {
  return moved(x, [=](unsigned word) { return __shfl_xor_sync(ALL, word, mask); });
}
template <class T> EMU_INLINE T up(T x, unsigned by) {
  return moved(x, [=](unsigned word) { return __shfl_up_sync(ALL, word, by); });
}
template <class T> EMU_INLINE T down(T x, unsigned by) {
  return moved(x, [=](unsigned word) { return __shfl_down_sync(ALL, word, by); });
}

}  // namespace emu

namespace metal {

// As a tree, in the order of the Linux executor.
#define EMU_REDUCE(NAME, JOINED)                                                                 \
  template <class T> EMU_INLINE T NAME(T a) {                                                    \
    for (uint distance = 16; distance > 0; distance /= 2) {                                      \
      T b = emu::across(a, distance);                                                            \
      a = JOINED;                                                                                \
    }                                                                                            \
    return a;                                                                                    \
  }
EMU_REDUCE(simd_sum, a + b)
EMU_REDUCE(simd_product, a * b)
EMU_REDUCE(simd_min, min(a, b))
EMU_REDUCE(simd_max, max(a, b))
EMU_REDUCE(simd_and, a & b)
EMU_REDUCE(simd_or, a | b)
EMU_REDUCE(simd_xor, a ^ b)
#define EMU_SCAN(NAME, START, JOINED)                                                            \
  template <class T> EMU_INLINE T simd_prefix_inclusive_##NAME(T b) {                            \
    for (uint distance = 1; distance < 32; distance *= 2) {                                      \
      T a = emu::up(b, distance);                                                                \
      b = emu::lane() < distance ? b : (T)(JOINED);                                              \
    }                                                                                            \
    return b;                                                                                    \
  }                                                                                              \
  template <class T> EMU_INLINE T simd_prefix_exclusive_##NAME(T x) {                            \
    T before = emu::up(simd_prefix_inclusive_##NAME(x), 1);                                      \
    return emu::lane() == 0 ? (T)START : before;                                                 \
  }
EMU_SCAN(sum, 0, a + b)
EMU_SCAN(product, 1, a * b)

template <class T> EMU_INLINE T simd_shuffle(T x, ushort lane) { return emu::from(x, lane); }
template <class T> EMU_INLINE T simd_broadcast(T x, ushort lane) { return emu::from(x, lane); }
template <class T> EMU_INLINE T simd_broadcast_first(T x) { return emu::from(x, 0); }
template <class T> EMU_INLINE T simd_shuffle_xor(T x, ushort by) { return emu::across(x, by); }
template <class T> EMU_INLINE T simd_shuffle_up(T x, ushort by) { return emu::up(x, by); }
template <class T> EMU_INLINE T simd_shuffle_down(T x, ushort by) { return emu::down(x, by); }
EMU_INLINE bool simd_any(bool x) { return ::__any_sync(emu::ALL, x); }
EMU_INLINE bool simd_all(bool x) { return ::__all_sync(emu::ALL, x); }
EMU_INLINE bool simd_is_first() { return emu::lane() == 0; }

}  // namespace metal
