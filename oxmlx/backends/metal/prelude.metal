// What MSL 2.3 lacks, or fast math breaks: NaN and infinity are seen by their bits only, and these are
// compared without their sign in a way that compilers do not take for a test of floats.
// The printer copies the functions that a kernel uses; each is one paragraph.

inline bool is_nan(float x) {
  return (as_type<uint>(x) << 1) > 0xff000000u;
}

inline bool is_finite(float x) {
  return (as_type<uint>(x) << 1) < 0xff000000u;
}

// Floats as integers of the same order, NaN on top.
inline int ordered(float x) {
  int b = is_nan(x) ? 0x7fc00000 : as_type<int>(x);
  return b ^ ((b >> 31) & 0x7fffffff);
}

inline float unordered(int b) {
  return as_type<float>(b ^ ((b >> 31) & 0x7fffffff));
}

// The same with NaN below.
inline int under(float x) {
  return is_nan(x) ? int(0x80000000u) : ordered(x);
}

inline float max_nan(float x, float y) {
  return unordered(max(ordered(x), ordered(y)));
}

inline float min_nan(float x, float y) {
  return unordered(min(under(x), under(y)));
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

// exp(-x^2) t exp(a polynomial in t) with t = 1 / (1 + |x| / 2), where z is t moved to [-1, 1]. Of x
// the upper bits are squared apart, for x^2 rounds: 2e-7 relative.
inline float erfc(float x) {
  float a = min(abs(x), 11.0f), high = as_type<float>(as_type<uint>(a) & 0xfffff000u);
  float t = precise::divide(1.0f, 1.0f + 0.5f * a), z = (t - 0.58695652f) * 2.4210526f;
  float p = -0.553635f + z * (0.56561273f + z * (0.014716476f + z * (-0.028741006f +
      z * (-0.00085394573f + z * (0.0035348646f + z * (-0.00029361763f + z * (-0.00049458514f +
      z * (0.00012648273f + z * (4.9165483e-05f + z * -2.1576669e-05f)))))))));
  float y = t * precise::exp(p) * precise::exp((high - a) * (high + a)) * precise::exp(-high * high);
  return is_nan(x) ? x : a < 0.5f ? 1.0f - erf(x) : x < 0.0f ? 2.0f - y : y;
}

// x times a polynomial in w = -log(1 - x^2), or from w = 5 on in its root, where z is either moved to
// [-1, 1]: 1e-7 relative.
inline float erf_inv(float x) {
  float w = -precise::log((1.0f - x) * (1.0f + x));
  float z = w < 5.0f ? (w - 2.5f) * 0.4f : (precise::sqrt(w) - 3.168034f) * 1.0730012f;
  float near = 1.5014094f + z * (0.61660075f + z * (-0.026108686f + z * (-0.019574193f +
      z * (0.008529176f + z * (-0.00048434996f + z * (-0.00084554596f + z * (0.00028407515f +
      z * (3.553138e-05f + z * -3.333981e-05f))))))));
  float far = 3.0015268f + z * (0.93597066f + z * (0.005563742f + z * (-0.0037980347f +
      z * (0.0024649412f + z * (-0.0015541454f + z * (0.00080101227f + z * (-0.00021089353f +
      z * (-7.7622404e-05f + z * 5.848771e-05f))))))));
  uint b = as_type<uint>(x), one = b & 0x7fffffffu;
  float edge = as_type<float>(one == 0x3f800000u ? b ^ 0x40000000u : 0x7fc00000u);
  return one >= 0x3f800000u ? edge : x * (w < 5.0f ? near : far);
}

// The bits of the neighbour of a float towards another; the sign is the highest of them.
inline uint neighbour(uint x, uint y, uint sign) {
  uint a = x & ~sign, b = y & ~sign;
  bool away = ((x ^ y) & sign) == 0 && a < b;
  return x == y || (a | b) == 0 ? y : a == 0 ? (y & sign) | 1 : away ? x + 1 : x - 1;
}

inline float nextafter(float x, float y) {
  uint b = neighbour(as_type<uint>(x), as_type<uint>(y), 0x80000000u);
  return as_type<float>(is_nan(x) || is_nan(y) ? 0x7fc00000u : b);
}

inline float nextafter_bf16(float x, float y) {
  uint b = neighbour(as_type<uint>(x) >> 16, as_type<uint>(y) >> 16, 0x8000u) << 16;
  return as_type<float>(is_nan(x) || is_nan(y) ? 0x7fc00000u : b);
}

inline float nextafter_f16(float x, float y) {
  uint b = neighbour(as_type<ushort>(half(x)), as_type<ushort>(half(y)), 0x8000u);
  return is_nan(x) || is_nan(y) ? as_type<float>(0x7fc00000u) : float(as_type<half>(ushort(b)));
}

// By squaring; of a negative power only 1 and -1 have an integer. U is unsigned and no narrower.
template<class T, class U> inline T int_pow(T x, T y) {
  bool inverse = T(-1) < T(0) && y < T(0);
  U power = 1, square = U(x);
  for (U n = inverse ? U(y) & 1 : U(y); n != 0; n >>= 1) {
    power = (n & 1) != 0 ? power * square : power;
    square *= square;
  }
  return inverse && x != T(1) && x != T(-1) ? T(0) : T(power);
}
