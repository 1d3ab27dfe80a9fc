// What MSL 2.3 lacks, or fast math breaks: NaN and infinity are seen by their bits only.
// The printer copies the functions that a kernel uses; each is one paragraph.

inline bool is_nan(float x) {
  return (as_type<uint>(x) & 0x7fffffffu) > 0x7f800000u;
}

inline bool is_finite(float x) {
  return (as_type<uint>(x) & 0x7f800000u) != 0x7f800000u;
}

// Floats as integers of the same order, NaN on top.
inline int ordered(float x) {
  int b = is_nan(x) ? 0x7fc00000 : as_type<int>(x);
  return b ^ ((b >> 31) & 0x7fffffff);
}

inline float unordered(int b) {
  return as_type<float>(b ^ ((b >> 31) & 0x7fffffff));
}

inline float max_nan(float x, float y) {
  return unordered(max(ordered(x), ordered(y)));
}

inline float min_nan(float x, float y) {
  return -unordered(max(ordered(-x), ordered(-y)));
}

inline bool eq_nan(float x, float y) {
  return !is_nan(x) && !is_nan(y) && x == y;
}

inline bool ne_nan(float x, float y) {
  return is_nan(x) || is_nan(y) || x != y;
}

inline bool lt_nan(float x, float y) {
  return !is_nan(x) && !is_nan(y) && x < y;
}

inline bool le_nan(float x, float y) {
  return !is_nan(x) && !is_nan(y) && x <= y;
}

inline bool gt_nan(float x, float y) {
  return lt_nan(y, x);
}

inline bool ge_nan(float x, float y) {
  return le_nan(y, x);
}

inline float sign_nan(float x) {
  return is_nan(x) || x == 0.0f ? x : copysign(1.0f, x);
}

// To nearest even, as bits of the upper half.
inline float round_bf16(float x) {
  uint b = as_type<uint>(x);
  return as_type<float>(is_nan(x) ? b | 0x400000u : (b + 0x7fffu + ((b >> 16) & 1u)) & 0xffff0000u);
}

inline float from_bf16(ushort b) {
  return as_type<float>(uint(b) << 16);
}

inline ushort to_bf16(float x) {
  return ushort(as_type<uint>(x) >> 16);
}

// Towards zero; what does not fit saturates, and NaN becomes 0.
template<class T> inline T to_int(float x) {
  T low = numeric_limits<T>::min(), high = numeric_limits<T>::max();
  return is_nan(x) ? T(0) : x <= float(low) ? low : x >= float(high) ? high : T(x);
}

// By zero: all bits set.
template<class T> inline T int_div(T x, T y) {
  return y == 0 ? T(~T(0)) : T(-1) < T(0) && y == T(-1) ? T(T(0) - x) : T(x / y);
}

template<class T> inline T int_rem(T x, T y) {
  return y == 0 ? x : T(-1) < T(0) && y == T(-1) ? T(0) : T(x % y);
}

// Shifts by the width or more, or by a negative number, push all bits out. S and U are T with and
// without a sign.
template<class T, class S, class U> inline T shift_left(T x, T by) {
  return U(by) < 8 * sizeof(T) ? T(U(x) << U(by)) : T(0);
}

template<class T, class S, class U> inline T shift_right_logical(T x, T by) {
  return U(by) < 8 * sizeof(T) ? T(U(x) >> U(by)) : T(0);
}

template<class T, class S, class U> inline T shift_right_arithmetic(T x, T by) {
  return T(S(x) >> min(U(by), U(8 * sizeof(T) - 1)));
}

inline uint popcount64(ulong x) {
  return popcount(uint(x)) + popcount(uint(x >> 32));
}

inline uint clz64(ulong x) {
  return uint(x >> 32) == 0 ? 32 + clz(uint(x)) : clz(uint(x >> 32));
}

inline float logistic(float x) {
  float t = precise::exp(-abs(x));
  return precise::divide(x < 0.0f ? t : 1.0f, 1.0f + t);
}

inline float expm1(float x) {
  float near = x * (1.0f + x / 2.0f * (1.0f + x / 3.0f * (1.0f + x / 4.0f * (1.0f + x / 5.0f *
      (1.0f + x / 6.0f * (1.0f + x / 7.0f * (1.0f + x / 8.0f)))))));
  return abs(x) < 0.5f ? near : precise::exp(x) - 1.0f;
}

// log(1 + x) = 2 atanh(x / (2 + x)): no sum that fast math could cancel.
inline float log1p(float x) {
  float s = precise::divide(x, 2.0f + x), u = s * s;
  float near = 2.0f * s * (1.0f + u * (1.0f / 3.0f + u * (1.0f / 5.0f + u * (1.0f / 7.0f +
      u * (1.0f / 9.0f)))));
  return abs(x) < 0.3f ? near : precise::log(1.0f + x);
}

inline float cbrt(float x) {
  float y = copysign(precise::pow(abs(x), 1.0f / 3.0f), x);
  return x == 0.0f || !is_finite(x) ? x : y - precise::divide(y - precise::divide(x, y * y), 3.0f);
}

// A polynomial in x^2 below 1, else 1 - exp(a polynomial): 1e-7 relative.
inline float erf(float x) {
  float a = abs(x), u = x * x;
  float near = x * (1.12837911f + u * (-0.37612626f + u * (0.112835847f + u * (-0.0268538f +
      u * (0.00518830633f + u * (-0.000801002374f + u * 7.85334269e-05f))))));
  float p = 0.00035370313f + a * (1.12704015f + a * (0.638225555f + a * (0.103037469f +
      a * (-0.0218053665f + a * (0.00293961912f + a * -0.000185575235f)))));
  float far = copysign(a > 4.0f ? 1.0f : 1.0f - precise::exp(-p), x);
  return a < 1.0f || is_nan(x) ? near : far;
}
