// Arguments of a kernel, bound by the types of its parameters. All grids are one-dimensional.
#pragma once

namespace emu {

template <class F, int I> struct ParameterOf;
template <class R, class First, class... Rest> struct ParameterOf<R(First, Rest...), 0> {
  typedef First Type;
};
template <int I, class R, class First, class... Rest> struct ParameterOf<R(First, Rest...), I> {
  typedef typename ParameterOf<R(Rest...), I - 1>::Type Type;
};

template <class T> constexpr bool written = true;
template <class T> constexpr bool written<const T> = false;

template <class P> struct Bound;
template <class T> struct Bound<T*> {
  EMU_INLINE T* get(void* p) { return (T*)p; }
  static constexpr unsigned bytes = sizeof(T), writable = written<T>;
};
template <class T> struct Bound<T&> {
  EMU_INLINE T& get(void* p) { return *(T*)p; }
  static constexpr unsigned bytes = sizeof(T), writable = written<T>;
};

// The first component is what it is; the others are those of a grid of one row.
template <class P> struct Position {
  EMU_INLINE P of(unsigned x, unsigned) { return (P)x; }
};
template <class T> struct Position<metal::vec<T, 2>> {
  EMU_INLINE metal::vec<T, 2> of(unsigned x, unsigned others) { return {(T)x, (T)others}; }
};
template <class T> struct Position<metal::vec<T, 3>> {
  EMU_INLINE metal::vec<T, 3> of(unsigned x, unsigned others) {
    return {(T)x, (T)others, (T)others};
  }
};

#define EMU_BUILTIN(NAME, X, OTHERS)                                                             \
  template <class P> EMU_INLINE P NAME() { return Position<P>::of(X, OTHERS); }
EMU_BUILTIN(thread_position_in_grid, blockIdx.x * blockDim.x + threadIdx.x, 0)
EMU_BUILTIN(threadgroup_position_in_grid, blockIdx.x, 0)
EMU_BUILTIN(thread_position_in_threadgroup, threadIdx.x, 0)
EMU_BUILTIN(threads_per_grid, gridDim.x * blockDim.x, 1)
EMU_BUILTIN(threads_per_threadgroup, blockDim.x, 1)
EMU_BUILTIN(threadgroups_per_grid, gridDim.x, 1)
EMU_BUILTIN(thread_index_in_threadgroup, threadIdx.x, 0)
EMU_BUILTIN(thread_index_in_simdgroup, threadIdx.x % 32, 0)
EMU_BUILTIN(simdgroup_index_in_threadgroup, threadIdx.x / 32, 0)
EMU_BUILTIN(threads_per_simdgroup, 32, 1)
EMU_BUILTIN(simdgroups_per_threadgroup, blockDim.x / 32, 1)

}  // namespace emu
