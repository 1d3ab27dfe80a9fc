// Arguments of a kernel, bound by the types of its parameters.
#pragma once

namespace emu {

template <class F, int I> struct ParameterOf;
template <class R, class First, class... Rest> struct ParameterOf<R(First, Rest...), 0> {
  typedef First Type;
};
template <int I, class R, class First, class... Rest> struct ParameterOf<R(First, Rest...), I> {
  typedef typename ParameterOf<R(Rest...), I - 1>::Type Type;
};

template <class P> struct Bound {
  static_assert(sizeof(P) == 0, "a buffer is bound to a pointer or a reference");
};
template <class T> struct Bound<T*> {
  EMU_INLINE T* get(u32 index) { return (T*)emu_context.buffers[index]; }
  static constexpr u32 bytes = sizeof(T), unit = granule<T>;
  static constexpr bool writable = !__is_const(T);
};
template <class T> struct Bound<T&> {
  EMU_INLINE T& get(u32 index) { return *(T*)emu_context.buffers[index]; }
  static constexpr u32 bytes = sizeof(T), unit = granule<T>;
  static constexpr bool writable = !__is_const(T);
};

template <class P> constexpr Parameter describe(u32 index) {
  return {index, Bound<P>::bytes, Bound<P>::unit, Bound<P>::writable};
}

template <class P> EMU_INLINE P position(const u32* axes) {
  if constexpr (Shape<P>::size == 1) return (P)axes[0];
  else {
    P p;
    for (int i = 0; i < Shape<P>::size; i++) p[i] = (typename Shape<P>::Element)axes[i];
    return p;
  }
}
template <class P> EMU_INLINE P position(u32 number) { return (P)number; }

}  // namespace emu
