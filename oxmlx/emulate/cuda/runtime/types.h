// Scalars, halves, vectors and their constructors.
#pragma once

#define EMU_INLINE static __device__ __forceinline__
#define __METAL_VERSION__ 230
#define __METAL__ 1

#define INFINITY __builtin_bit_cast(float, 0x7f800000)
#define HUGE_VALF INFINITY
#define NAN __builtin_bit_cast(float, 0x7fc00000)

namespace emu {

template <class A, class B> constexpr bool same = false;
template <class A> constexpr bool same<A, A> = true;
template <class T> struct Identity { typedef T Type; };
template <bool B, class T> struct If {};
template <class T> struct If<true, T> { typedef T Type; };

}  // namespace emu

// A text stands in a namespace of this one, so that these names hide those of CUDA.
namespace metal {

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
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

// Computed with as floats, and rounded after each operation.
struct half {
  ushort bits;
  half() = default;
  __device__ __forceinline__ half(float x) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  }
  template <class T> __device__ __forceinline__ half(T x) : half((float)x) {}
  __device__ __forceinline__ operator float() const {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
  }
};
#define EMU_OF_HALF(SIGN)                                                                        \
  template <class T>                                                                             \
  EMU_INLINE typename emu::If<emu::same<T, half>, T>::Type operator SIGN(T x, T y) {             \
    return (half)((float)x SIGN(float) y);                                                       \
  }                                                                                              \
  template <class T> EMU_INLINE half& operator SIGN##=(half& x, T y) {                           \
    return x = (half)((float)x SIGN(float) y);                                                   \
  }
EMU_OF_HALF(+) EMU_OF_HALF(-) EMU_OF_HALF(*) EMU_OF_HALF(/)
#define HALF_MAX ((half)65504.0f)

template <class T, int N> struct vec;
#define EMU_MEMBER __device__ __forceinline__
#define EMU_VECTOR(N, WIDTH, MEMBERS, GIVEN, TAKEN)                                              \
  template <class T> struct alignas(WIDTH * sizeof(T)) vec<T, N> {                               \
    T MEMBERS;                                                                                   \
    vec() = default;                                                                             \
    EMU_MEMBER vec(T a) {                                                                        \
      for (int i = 0; i < N; i++) (*this)[i] = a;                                                \
    }                                                                                            \
    EMU_MEMBER vec(GIVEN) : TAKEN {}                                                             \
    EMU_MEMBER T& operator[](int i) { return (&x)[i]; }                                          \
    EMU_MEMBER const T& operator[](int i) const { return (&x)[i]; }                              \
  };
#define EMU_LIST(...) __VA_ARGS__
EMU_VECTOR(2, 2, EMU_LIST(x, y), EMU_LIST(T a, T b), EMU_LIST(x(a), y(b)))
EMU_VECTOR(3, 4, EMU_LIST(x, y, z), EMU_LIST(T a, T b, T c), EMU_LIST(x(a), y(b), z(c)))
EMU_VECTOR(4, 4, EMU_LIST(x, y, z, w), EMU_LIST(T a, T b, T c, T d),
           EMU_LIST(x(a), y(b), z(c), w(d)))
#define EMU_OF_VECTORS(SIGN)                                                                     \
  template <class T, int N> EMU_INLINE vec<T, N> operator SIGN(vec<T, N> a, vec<T, N> b) {       \
    for (int i = 0; i < N; i++) a[i] = a[i] SIGN b[i];                                           \
    return a;                                                                                    \
  }                                                                                              \
  template <class T, int N>                                                                      \
  EMU_INLINE vec<T, N> operator SIGN(vec<T, N> a, typename emu::Identity<T>::Type b) {           \
    return a SIGN vec<T, N>(b);                                                                  \
  }                                                                                              \
  template <class T, int N>                                                                      \
  EMU_INLINE vec<T, N> operator SIGN(typename emu::Identity<T>::Type a, vec<T, N> b) {           \
    return vec<T, N>(a) SIGN b;                                                                  \
  }                                                                                              \
  template <class T, int N, class B>                                                             \
  EMU_INLINE vec<T, N>& operator SIGN##=(vec<T, N>& a, B b) {                                    \
    return a = a SIGN b;                                                                         \
  }
EMU_OF_VECTORS(+) EMU_OF_VECTORS(-) EMU_OF_VECTORS(*) EMU_OF_VECTORS(/)

#define EMU_VECTORS(T)                                                                           \
  typedef vec<T, 2> T##2;                                                                        \
  typedef vec<T, 3> T##3;                                                                        \
  typedef vec<T, 4> T##4;
EMU_VECTORS(char) EMU_VECTORS(uchar) EMU_VECTORS(short) EMU_VECTORS(ushort) EMU_VECTORS(int)
EMU_VECTORS(uint) EMU_VECTORS(long) EMU_VECTORS(ulong) EMU_VECTORS(half) EMU_VECTORS(float)
EMU_VECTORS(bool)

template <class A, class B> constexpr bool is_same_v = emu::same<A, B>;

template <class T, class U> EMU_INLINE T as_type(U x) {
  static_assert(sizeof(T) == sizeof(U), "as_type wants a type of the same size");
  return __builtin_bit_cast(T, x);
}

}  // namespace metal

#include "../../runtime/limits.h"
