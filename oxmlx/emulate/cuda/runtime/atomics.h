// Barriers, and metal_atomic as of MSL 2.3: int and uint, relaxed.
#pragma once

namespace metal {

enum memory_order { memory_order_relaxed };
enum class mem_flags { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4 };
EMU_INLINE constexpr mem_flags operator|(mem_flags a, mem_flags b) {
  return (mem_flags)((int)a | (int)b);
}

// Either orders all memory, for those that it is for.
EMU_INLINE void threadgroup_barrier(mem_flags) { ::__syncthreads(); }
EMU_INLINE void simdgroup_barrier(mem_flags) { ::__syncwarp(); }

template <class T> struct atomic {
  static_assert(emu::same<T, int> || emu::same<T, uint>, "atomics are of int and uint only");
  T value;
};
typedef atomic<int> atomic_int;
typedef atomic<uint> atomic_uint;

#define EMU_ATOMIC(NAME, OF_CUDA)                                                                \
  template <class T>                                                                             \
  EMU_INLINE T NAME(volatile atomic<T>* p, typename emu::Identity<T>::Type x, memory_order) {    \
    return ::OF_CUDA((T*)&p->value, x);                                                          \
  }
EMU_ATOMIC(atomic_exchange_explicit, atomicExch)
EMU_ATOMIC(atomic_fetch_add_explicit, atomicAdd)
EMU_ATOMIC(atomic_fetch_sub_explicit, atomicSub)
EMU_ATOMIC(atomic_fetch_and_explicit, atomicAnd)
EMU_ATOMIC(atomic_fetch_or_explicit, atomicOr)
EMU_ATOMIC(atomic_fetch_xor_explicit, atomicXor)
EMU_ATOMIC(atomic_fetch_min_explicit, atomicMin)
EMU_ATOMIC(atomic_fetch_max_explicit, atomicMax)
template <class T> EMU_INLINE T atomic_load_explicit(const volatile atomic<T>* p, memory_order) {
  return p->value;
}
template <class T>
EMU_INLINE void atomic_store_explicit(volatile atomic<T>* p, typename emu::Identity<T>::Type x,
                                      memory_order) {
  p->value = x;
}
template <class T>
EMU_INLINE bool atomic_compare_exchange_weak_explicit(volatile atomic<T>* p, T* expected,
                                                      typename emu::Identity<T>::Type x,
                                                      memory_order, memory_order) {
  T old = ::atomicCAS((T*)&p->value, *expected, x);
  bool equal = old == *expected;
  *expected = old;
  return equal;
}

}  // namespace metal
