// Address spaces, scalars, vectors and their constructors.
#pragma once

// The compiler's own check of pointers wants real address spaces; kernels that run want none.
#ifdef EMU_TYPECHECK
#define device __attribute__((address_space(1)))
#define constant const __attribute__((address_space(2)))
#define threadgroup __attribute__((address_space(3)))
#define EMU_THREADGROUP(KERNEL) static __attribute__((address_space(3)))
#define EMU_VARIABLE(KERNEL, NAME, LINE)
#else
#define device
#define constant const
#define threadgroup
// The arrays of a kernel share a section, in order, each followed by a gap that belongs to none.
#define EMU_THREADGROUP(KERNEL) \
  static __attribute__((section("emu_threadgroup_" #KERNEL), aligned(64), used))
#define EMU_VARIABLE(KERNEL, NAME, LINE)                                                     \
  EMU_THREADGROUP(KERNEL) char emu_gap_##NAME[64];                                           \
  static const ::emu::Variable emu_variable_##NAME                                           \
      __attribute__((section("emu_variables_" #KERNEL), used)) = {                           \
          (char*)&NAME, #NAME, sizeof(NAME), ::emu::granule<decltype(NAME)>, LINE};
#endif
#define thread

#define EMU_INLINE static inline __attribute__((always_inline))
#define __METAL_VERSION__ 230
#define __METAL__ 1

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef _Float16 half;
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int64_t;
typedef uchar uint8_t;
typedef ushort uint16_t;
typedef uint uint32_t;
typedef ulong uint64_t;
typedef ulong size_t;
typedef long ptrdiff_t;

namespace emu {

template <class T, int N> using Vector = T __attribute__((ext_vector_type(N)));

template <class T> struct Shape {
  typedef T Element;
  static constexpr int size = 1;
};
template <class T, int N> struct Shape<Vector<T, N>> {
  typedef T Element;
  static constexpr int size = N;
};

template <class A, class B> constexpr bool same = false;
template <class A> constexpr bool same<A, A> = true;
template <class T> struct Identity { typedef T Type; };

// Bytes of the smallest unit that is stored: accesses of two threads to one unit meet.
template <class T> constexpr u32 granule = __is_class(T) ? 1 : sizeof(T) < 4 ? sizeof(T) : 4;
template <class T> constexpr u32 granule<const T> = granule<T>;
template <class T, unsigned long N> constexpr u32 granule<T[N]> = granule<T>;
template <class T, int N> constexpr u32 granule<Vector<T, N>> = granule<T>;

template <class V> EMU_INLINE void fill(V&, int&) {}
template <class V, class A, class... Rest> EMU_INLINE void fill(V& v, int& k, A a, Rest... rest) {
  typedef typename Shape<V>::Element T;
  if constexpr (Shape<A>::size == 1) v[k++] = (T)a;
  else for (int i = 0; i < Shape<A>::size; i++) v[k++] = (T)a[i];
  fill(v, k, rest...);
}

template <class T, int N, class... A> EMU_INLINE Vector<T, N> construct(A... a) {
  constexpr int given = (0 + ... + Shape<A>::size);
  constexpr bool splat = sizeof...(A) == 1 && given == 1;
  static_assert(given == N || splat, "wrong number of components for this vector");
  Vector<T, N> v;
  if constexpr (splat) {
    v = (Vector<T, N>)(T)(a, ...);
  } else {
    int k = 0;
    fill(v, k, a...);
  }
  return v;
}

}  // namespace emu

#define EMU_VECTORS(T)                                      \
  typedef T T##2 __attribute__((ext_vector_type(2)));       \
  typedef T T##3 __attribute__((ext_vector_type(3)));       \
  typedef T T##4 __attribute__((ext_vector_type(4)));
EMU_VECTORS(char) EMU_VECTORS(uchar) EMU_VECTORS(short) EMU_VECTORS(ushort) EMU_VECTORS(int)
EMU_VECTORS(uint) EMU_VECTORS(long) EMU_VECTORS(ulong) EMU_VECTORS(half) EMU_VECTORS(float)
typedef int2 bool2;
typedef int3 bool3;
typedef int4 bool4;

// A macro with arguments is not expanded where the name stands alone, so `float4` stays a type, and
// `float4(x, yz, w)` a constructor.
#define char2(...) ::emu::construct<char, 2>(__VA_ARGS__)
#define char3(...) ::emu::construct<char, 3>(__VA_ARGS__)
#define char4(...) ::emu::construct<char, 4>(__VA_ARGS__)
#define uchar2(...) ::emu::construct<uchar, 2>(__VA_ARGS__)
#define uchar3(...) ::emu::construct<uchar, 3>(__VA_ARGS__)
#define uchar4(...) ::emu::construct<uchar, 4>(__VA_ARGS__)
#define short2(...) ::emu::construct<short, 2>(__VA_ARGS__)
#define short3(...) ::emu::construct<short, 3>(__VA_ARGS__)
#define short4(...) ::emu::construct<short, 4>(__VA_ARGS__)
#define ushort2(...) ::emu::construct<ushort, 2>(__VA_ARGS__)
#define ushort3(...) ::emu::construct<ushort, 3>(__VA_ARGS__)
#define ushort4(...) ::emu::construct<ushort, 4>(__VA_ARGS__)
#define int2(...) ::emu::construct<int, 2>(__VA_ARGS__)
#define int3(...) ::emu::construct<int, 3>(__VA_ARGS__)
#define int4(...) ::emu::construct<int, 4>(__VA_ARGS__)
#define uint2(...) ::emu::construct<uint, 2>(__VA_ARGS__)
#define uint3(...) ::emu::construct<uint, 3>(__VA_ARGS__)
#define uint4(...) ::emu::construct<uint, 4>(__VA_ARGS__)
#define long2(...) ::emu::construct<long, 2>(__VA_ARGS__)
#define long3(...) ::emu::construct<long, 3>(__VA_ARGS__)
#define long4(...) ::emu::construct<long, 4>(__VA_ARGS__)
#define ulong2(...) ::emu::construct<ulong, 2>(__VA_ARGS__)
#define ulong3(...) ::emu::construct<ulong, 3>(__VA_ARGS__)
#define ulong4(...) ::emu::construct<ulong, 4>(__VA_ARGS__)
#define bool2(...) ::emu::construct<int, 2>(__VA_ARGS__)
#define bool3(...) ::emu::construct<int, 3>(__VA_ARGS__)
#define bool4(...) ::emu::construct<int, 4>(__VA_ARGS__)
#define half2(...) ::emu::construct<half, 2>(__VA_ARGS__)
#define half3(...) ::emu::construct<half, 3>(__VA_ARGS__)
#define half4(...) ::emu::construct<half, 4>(__VA_ARGS__)
#define float2(...) ::emu::construct<float, 2>(__VA_ARGS__)
#define float3(...) ::emu::construct<float, 3>(__VA_ARGS__)
#define float4(...) ::emu::construct<float, 4>(__VA_ARGS__)

template <class T, class U> EMU_INLINE T as_type(U x) {
  static_assert(sizeof(T) == sizeof(U), "as_type wants a type of the same size");
  return __builtin_bit_cast(T, x);
}

#define INFINITY __builtin_inff()
#define HUGE_VALF __builtin_inff()
#define NAN __builtin_nanf("")
#include "limits.h"
#define HALF_MAX ((half)65504.0f)

namespace metal {

template <class T, int N> using vec = emu::Vector<T, N>;
template <class A, class B> constexpr bool is_same_v = emu::same<A, B>;

template <> struct numeric_limits<half> {
  static constexpr half min() { return 6.103515625e-05f; }
  static constexpr half lowest() { return -HALF_MAX; }
  static constexpr half max() { return HALF_MAX; }
  static constexpr half epsilon() { return 0.0009765625f; }
  static constexpr half infinity() { return INFINITY; }
};

}  // namespace metal
