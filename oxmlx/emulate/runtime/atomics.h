// metal_atomic as of MSL 2.3: int, uint and bool, relaxed. One thread of the machine runs all
// threads of a kernel, so a load and a store do; if atomic, the compiler does not announce them.
#pragma once

namespace metal {

enum memory_order { memory_order_relaxed };
enum class mem_flags { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return (mem_flags)((int)a | (int)b); }

#pragma clang attribute push(__attribute__((no_sanitize("thread"))), apply_to = function)

// Two barriers are the same if they stand on the same line.
EMU_INLINE void threadgroup_barrier(mem_flags flags, int line = __builtin_LINE()) {
  emu_barrier((int)flags, line);
}
EMU_INLINE void simdgroup_barrier(mem_flags flags, int line = __builtin_LINE()) {
  emu_simd_barrier((int)flags, line);
}

#ifdef EMU_TYPECHECK
// Structs of C++ are made in one space only.
template <class T> using atomic = T;
#define EMU_VALUE(P) (P)
#define EMU_IN_EACH_SPACE(DECLARE) DECLARE(device) DECLARE(threadgroup)
#else
template <class T> struct atomic {
  static_assert(emu::same<T, int> || emu::same<T, uint> || emu::same<T, bool>,
                "MSL 2.3 has atomics of int, uint and bool only");
  T value;
};
#define EMU_VALUE(P) (&(P)->value)
#define EMU_IN_EACH_SPACE(DECLARE) DECLARE()
#endif
#ifndef EMU_TYPECHECK
}  // namespace metal
template <class T> constexpr emu::u32 emu::granule<metal::atomic<T>> = sizeof(T);
namespace metal {
#endif
typedef atomic<int> atomic_int;
typedef atomic<uint> atomic_uint;
typedef atomic<bool> atomic_bool;

#define EMU_ATOMIC(NAME, USE, NEW, SPACE)                                                       \
  template <class T>                                                                            \
  EMU_INLINE T NAME(volatile SPACE atomic<T>* p, typename emu::Identity<T>::Type x,             \
                    memory_order, int line = __builtin_LINE()) {                                \
    emu_atomic((const volatile void*)p, sizeof(T), emu::USE, line);                             \
    T old = __atomic_load_n(EMU_VALUE(p), __ATOMIC_RELAXED);                                       \
    __atomic_store_n(EMU_VALUE(p), (T)(NEW), __ATOMIC_RELAXED);                                    \
    return old;                                                                                 \
  }
#define EMU_ATOMICS(SPACE)                                                                      \
  EMU_ATOMIC(atomic_exchange_explicit, STORE, x, SPACE)                                         \
  EMU_ATOMIC(atomic_fetch_add_explicit, UPDATE, old + x, SPACE)                                 \
  EMU_ATOMIC(atomic_fetch_sub_explicit, UPDATE, old - x, SPACE)                                 \
  EMU_ATOMIC(atomic_fetch_and_explicit, UPDATE, old & x, SPACE)                                 \
  EMU_ATOMIC(atomic_fetch_or_explicit, UPDATE, old | x, SPACE)                                  \
  EMU_ATOMIC(atomic_fetch_xor_explicit, UPDATE, old ^ x, SPACE)                                 \
  EMU_ATOMIC(atomic_fetch_min_explicit, UPDATE, x < old ? x : old, SPACE)                       \
  EMU_ATOMIC(atomic_fetch_max_explicit, UPDATE, old < x ? x : old, SPACE)                       \
  template <class T>                                                                            \
  EMU_INLINE T atomic_load_explicit(const volatile SPACE atomic<T>* p, memory_order,            \
                                    int line = __builtin_LINE()) {                              \
    emu_atomic((const volatile void*)p, sizeof(T), emu::LOAD, line);                            \
    return __atomic_load_n(EMU_VALUE(p), __ATOMIC_RELAXED);                                        \
  }                                                                                             \
  template <class T>                                                                            \
  EMU_INLINE void atomic_store_explicit(volatile SPACE atomic<T>* p,                            \
                                        typename emu::Identity<T>::Type x, memory_order,        \
                                        int line = __builtin_LINE()) {                          \
    emu_atomic((const volatile void*)p, sizeof(T), emu::STORE, line);                           \
    __atomic_store_n(EMU_VALUE(p), x, __ATOMIC_RELAXED);                                           \
  }                                                                                             \
  template <class T>                                                                            \
  EMU_INLINE bool atomic_compare_exchange_weak_explicit(                                        \
      volatile SPACE atomic<T>* p, T* expected, typename emu::Identity<T>::Type x,              \
      memory_order, memory_order, int line = __builtin_LINE()) {                                \
    emu_atomic((const volatile void*)p, sizeof(T), emu::UPDATE, line);                          \
    T old = __atomic_load_n(EMU_VALUE(p), __ATOMIC_RELAXED);                                       \
    bool equal = old == *expected && !emu_spurious();                                           \
    if (equal) __atomic_store_n(EMU_VALUE(p), x, __ATOMIC_RELAXED);                                \
    *expected = old;                                                                            \
    return equal;                                                                               \
  }
EMU_IN_EACH_SPACE(EMU_ATOMICS)

#pragma clang attribute pop

}  // namespace metal
