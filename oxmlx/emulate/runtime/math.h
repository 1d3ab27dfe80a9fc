// metal_math, metal_integer, metal_common, metal_geometric, metal_relational.
#pragma once

#define EMU_C(NAME) __builtin_##NAME
#define EMU_FAST(ROUGH, NAME) __builtin_##NAME
#define EMU_DIVIDE(X, Y) (X) / (Y)
#define EMU_SQRT(X) __builtin_sqrtf(X)
#define EMU_RSQRT(X) 1.0f / __builtin_sqrtf(X)

namespace metal {

#include "functions.h"

// What is asked for as precise is kept so when the text is compiled with fast math.
namespace precise {
#pragma float_control(precise, on, push)
#include "functions.h"
#pragma float_control(pop)
}  // namespace precise
namespace fast {
using namespace metal;
}

#define EMU_INTEGER(T)                                                                  \
  EMU_INLINE T min(T x, T y) { return y < x ? y : x; }                                  \
  EMU_INLINE T max(T x, T y) { return x < y ? y : x; }                                  \
  EMU_INLINE T clamp(T x, T low, T high) { return min(max(x, low), high); }
#define EMU_ABS(T, U) EMU_INLINE U abs(T x) { return (U)(x < 0 ? -(U)x : (U)x); }
EMU_INTEGER(char) EMU_INTEGER(uchar) EMU_INTEGER(short) EMU_INTEGER(ushort) EMU_INTEGER(int)
EMU_INTEGER(uint) EMU_INTEGER(long) EMU_INTEGER(ulong)
EMU_ABS(char, uchar) EMU_ABS(short, ushort) EMU_ABS(int, uint) EMU_ABS(long, ulong)
EMU_ABS(uchar, uchar) EMU_ABS(ushort, ushort) EMU_ABS(uint, uint) EMU_ABS(ulong, ulong)

EMU_INLINE int mulhi(int x, int y) { return (int)((long)x * y >> 32); }
EMU_INLINE uint mulhi(uint x, uint y) { return (uint)((ulong)x * y >> 32); }
#define EMU_BITS(T, U)                                                                  \
  EMU_INLINE T popcount(T x) { return (T)__builtin_popcountll((U)x); }                  \
  EMU_INLINE T clz(T x) {                                                               \
    return (T)((U)x ? __builtin_clzll((U)x) - (64 - 8 * (int)sizeof(T)) : 8 * sizeof(T)); \
  }                                                                                     \
  EMU_INLINE T ctz(T x) { return (T)((U)x ? __builtin_ctzll((U)x) : 8 * sizeof(T)); }   \
  EMU_INLINE T rotate(T x, T by) {                                                      \
    constexpr U width = 8 * sizeof(T);                                                  \
    U n = (U)by % width;                                                                \
    return (T)(n ? (U)((U)x << n) | (U)((U)x >> (width - n)) : (U)x);                   \
  }
EMU_BITS(char, uchar) EMU_BITS(uchar, uchar) EMU_BITS(short, ushort) EMU_BITS(ushort, ushort)
EMU_BITS(int, uint) EMU_BITS(uint, uint) EMU_BITS(long, ulong) EMU_BITS(ulong, ulong)
EMU_INLINE uint reverse_bits(uint x) { return __builtin_bitreverse32(x); }
EMU_INLINE int reverse_bits(int x) { return (int)__builtin_bitreverse32((uint)x); }

template <class T> EMU_INLINE T select(T no, T yes, bool condition) { return condition ? yes : no; }
template <class T, int N> EMU_INLINE vec<T, N> select(vec<T, N> no, vec<T, N> yes, vec<int, N> c) {
  vec<T, N> r;
  for (int i = 0; i < N; i++) r[i] = c[i] ? yes[i] : no[i];
  return r;
}
template <int N> EMU_INLINE bool any(vec<int, N> x) {
  for (int i = 0; i < N; i++)
    if (x[i]) return true;
  return false;
}
template <int N> EMU_INLINE bool all(vec<int, N> x) {
  for (int i = 0; i < N; i++)
    if (!x[i]) return false;
  return true;
}

template <class T, int N> EMU_INLINE T dot(vec<T, N> x, vec<T, N> y) {
  T sum = x[0] * y[0];
  for (int i = 1; i < N; i++) sum += x[i] * y[i];
  return sum;
}
template <class T, int N> EMU_INLINE T length_squared(vec<T, N> x) { return dot(x, x); }
template <class T, int N> EMU_INLINE T length(vec<T, N> x) { return sqrt(dot(x, x)); }
template <class T, int N> EMU_INLINE T distance(vec<T, N> x, vec<T, N> y) { return length(x - y); }
template <class T, int N> EMU_INLINE vec<T, N> normalize(vec<T, N> x) { return x / length(x); }
template <class T> EMU_INLINE vec<T, 3> cross(vec<T, 3> x, vec<T, 3> y) {
  return x.yzx * y.zxy - x.zxy * y.yzx;
}

}  // namespace metal
