// Operations of a simdgroup: each lane deposits its value, the last to come computes for all.
#pragma once

namespace emu {

template <class T> struct Lanes {
  char* slots;
  T& operator[](u32 lane) const { return *(T*)(slots + SLOT * lane); }
};

#pragma clang attribute push(__attribute__((no_sanitize("thread"))), apply_to = function)

template <class T, class F>
__attribute__((noinline)) T together(int what, int line, T x, F compute) {
  static_assert(sizeof(T) <= SLOT, "too large a value for a simdgroup operation");
  Lanes<T> lanes;
  if (emu_simd_arrive(what, line, &x, sizeof x, &lanes.slots)) {
    compute(lanes);
    emu_simd_release();
  }
  return lanes[emu_lane()];
}

// As a tree, and not one after another: sums differ in their last bits.
template <class T, class F> T reduce(int what, int line, T x, F join) {
  return together(what, line, x, [=](Lanes<T> lanes) {
    for (u32 distance = SIMD_WIDTH / 2; distance; distance /= 2) {
      T joined[SIMD_WIDTH];
      for (u32 l = 0; l < SIMD_WIDTH; l++) joined[l] = join(lanes[l], lanes[l ^ distance]);
      for (u32 l = 0; l < SIMD_WIDTH; l++) lanes[l] = joined[l];
    }
  });
}

template <class T, class F> T scan(int what, int line, T x, T start, bool inclusive, F join) {
  return together(what, line, x, [=](Lanes<T> lanes) {
    T before = start;
    for (u32 l = 0; l < SIMD_WIDTH; l++) {
      T joined = join(before, lanes[l]);
      lanes[l] = inclusive ? joined : before;
      before = joined;
    }
  });
}

template <class T> struct Request {
  T value;
  u32 by;
};
// `source(lane, by)` is the lane to read, or no lane at all.
template <class T, class F>
T shuffle(int what, int line, T x, u32 by, bool uniform, F source) {
  typedef Request<T> R;
  return together(what, line, R{x, by}, [=](Lanes<R> lanes) {
    R asked[SIMD_WIDTH];
    bool differs = false, outside = false;
    for (u32 l = 0; l < SIMD_WIDTH; l++) {
      asked[l] = lanes[l];
      differs |= asked[l].by != asked[0].by;
    }
    for (u32 l = 0; l < SIMD_WIDTH; l++) {
      u32 from = source(l, asked[l].by);
      outside |= from >= SIMD_WIDTH;
      lanes[l].value = asked[from % SIMD_WIDTH].value;
    }
    if (uniform && differs) emu_shuffle_differs(line);
    if (outside) emu_shuffle_outside(line);
  }).value;
}

}  // namespace emu

namespace metal {

#define EMU_LINE int line = __builtin_LINE()
#define EMU_REDUCE(NAME, WHAT, JOINED)                                                           \
  template <class T> T NAME(T x, EMU_LINE) {                                                     \
    return emu::reduce(WHAT, line, x, [](T a, T b) -> T { return JOINED; });                     \
  }
EMU_REDUCE(simd_sum, 1, a + b)
EMU_REDUCE(simd_product, 2, a * b)
EMU_REDUCE(simd_min, 3, min(a, b))
EMU_REDUCE(simd_max, 4, max(a, b))
EMU_REDUCE(simd_and, 5, a & b)
EMU_REDUCE(simd_or, 6, a | b)
EMU_REDUCE(simd_xor, 7, a ^ b)
#define EMU_SCAN(NAME, WHAT, START, INCLUSIVE, JOINED)                                           \
  template <class T> T NAME(T x, EMU_LINE) {                                                     \
    return emu::scan(WHAT, line, x, (T)START, INCLUSIVE, [](T a, T b) -> T { return JOINED; });  \
  }
EMU_SCAN(simd_prefix_inclusive_sum, 8, 0, true, a + b)
EMU_SCAN(simd_prefix_exclusive_sum, 9, 0, false, a + b)
EMU_SCAN(simd_prefix_inclusive_product, 10, 1, true, a * b)
EMU_SCAN(simd_prefix_exclusive_product, 11, 1, false, a * b)
// Where a shuffle by a distance would leave the simdgroup, a lane keeps its own value.
#define EMU_SHUFFLE(NAME, WHAT, UNIFORM, SOURCE)                                                 \
  template <class T> T NAME(T x, ushort by, EMU_LINE) {                                          \
    auto source = [](uint l, uint by) -> uint { return SOURCE; };                                \
    return emu::shuffle(WHAT, line, x, by, UNIFORM, source);                                     \
  }
EMU_SHUFFLE(simd_shuffle, 12, false, by)
EMU_SHUFFLE(simd_shuffle_xor, 13, true, l ^ by)
EMU_SHUFFLE(simd_shuffle_up, 14, true, l < by ? l : l - by)
EMU_SHUFFLE(simd_shuffle_down, 15, true, l + by >= emu::SIMD_WIDTH ? l : l + by)
EMU_SHUFFLE(simd_broadcast, 16, true, by)
template <class T> T simd_broadcast_first(T x, EMU_LINE) {
  return emu::shuffle(17, line, x, 0, true, [](uint, uint) -> uint { return 0; });
}
inline bool simd_any(bool x, EMU_LINE) {
  return emu::reduce(18, line, x, [](bool a, bool b) { return a || b; });
}
inline bool simd_all(bool x, EMU_LINE) {
  return emu::reduce(19, line, x, [](bool a, bool b) { return a && b; });
}
inline bool simd_is_first() { return emu_lane() == 0; }

#pragma clang attribute pop

}  // namespace metal
