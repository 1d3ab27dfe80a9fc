// Functions of floats. Included twice, in `metal` and in `metal::precise`, hence without a guard.

#define EMU_BY_COMPONENT_1(NAME)                                                                  \
  template <class T, int N> EMU_INLINE vec<T, N> NAME(vec<T, N> x) {                              \
    vec<T, N> r;                                                                                  \
    for (int i = 0; i < N; i++) r[i] = NAME(x[i]);                                                \
    return r;                                                                                     \
  }
#define EMU_BY_COMPONENT_2(NAME)                                                                  \
  template <class T, int N> EMU_INLINE vec<T, N> NAME(vec<T, N> x, vec<T, N> y) {                 \
    vec<T, N> r;                                                                                  \
    for (int i = 0; i < N; i++) r[i] = NAME(x[i], y[i]);                                          \
    return r;                                                                                     \
  }
#define EMU_BY_COMPONENT_3(NAME)                                                                  \
  template <class T, int N> EMU_INLINE vec<T, N> NAME(vec<T, N> x, vec<T, N> y, vec<T, N> z) {    \
    vec<T, N> r;                                                                                  \
    for (int i = 0; i < N; i++) r[i] = NAME(x[i], y[i], z[i]);                                    \
    return r;                                                                                     \
  }
#define EMU_FLOAT_1(NAME, VALUE)                                                                  \
  EMU_INLINE float NAME(float x) { return VALUE; }                                                \
  EMU_INLINE half NAME(half x) { return (half)NAME((float)x); }                                   \
  EMU_BY_COMPONENT_1(NAME)
#define EMU_FLOAT_2(NAME, VALUE)                                                                  \
  EMU_INLINE float NAME(float x, float y) { return VALUE; }                                       \
  EMU_INLINE half NAME(half x, half y) { return (half)NAME((float)x, (float)y); }                 \
  EMU_BY_COMPONENT_2(NAME)
#define EMU_FLOAT_3(NAME, VALUE)                                                                  \
  EMU_INLINE float NAME(float x, float y, float z) { return VALUE; }                              \
  EMU_INLINE half NAME(half x, half y, half z) {                                                  \
    return (half)NAME((float)x, (float)y, (float)z);                                              \
  }                                                                                               \
  EMU_BY_COMPONENT_3(NAME)

EMU_FLOAT_1(exp, __builtin_expf(x))
EMU_FLOAT_1(exp2, __builtin_exp2f(x))
EMU_FLOAT_1(exp10, __builtin_powf(10.0f, x))
EMU_FLOAT_1(log, __builtin_logf(x))
EMU_FLOAT_1(log2, __builtin_log2f(x))
EMU_FLOAT_1(log10, __builtin_log10f(x))
EMU_FLOAT_1(sin, __builtin_sinf(x))
EMU_FLOAT_1(cos, __builtin_cosf(x))
EMU_FLOAT_1(tan, __builtin_tanf(x))
EMU_FLOAT_1(sinpi, __builtin_sinf(M_PI_F * x))
EMU_FLOAT_1(cospi, __builtin_cosf(M_PI_F * x))
EMU_FLOAT_1(tanpi, __builtin_tanf(M_PI_F * x))
EMU_FLOAT_1(asin, __builtin_asinf(x))
EMU_FLOAT_1(acos, __builtin_acosf(x))
EMU_FLOAT_1(atan, __builtin_atanf(x))
EMU_FLOAT_1(sinh, __builtin_sinhf(x))
EMU_FLOAT_1(cosh, __builtin_coshf(x))
EMU_FLOAT_1(tanh, __builtin_tanhf(x))
EMU_FLOAT_1(asinh, __builtin_asinhf(x))
EMU_FLOAT_1(acosh, __builtin_acoshf(x))
EMU_FLOAT_1(atanh, __builtin_atanhf(x))
EMU_FLOAT_1(sqrt, __builtin_sqrtf(x))
EMU_FLOAT_1(rsqrt, 1.0f / __builtin_sqrtf(x))
EMU_FLOAT_1(floor, __builtin_floorf(x))
EMU_FLOAT_1(ceil, __builtin_ceilf(x))
EMU_FLOAT_1(trunc, __builtin_truncf(x))
EMU_FLOAT_1(rint, __builtin_rintf(x))
EMU_FLOAT_1(round, __builtin_roundf(x))
EMU_FLOAT_1(fract, __builtin_fminf(x - __builtin_floorf(x), 0x1.fffffep-1f))
EMU_FLOAT_1(fabs, __builtin_fabsf(x))
EMU_FLOAT_1(abs, __builtin_fabsf(x))
EMU_FLOAT_1(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x == 0.0f ? x : 0.0f)
EMU_FLOAT_1(saturate, __builtin_fminf(__builtin_fmaxf(x, 0.0f), 1.0f))
EMU_FLOAT_2(pow, __builtin_powf(x, y))
EMU_FLOAT_2(powr, __builtin_powf(x, y))
EMU_FLOAT_2(atan2, __builtin_atan2f(x, y))
EMU_FLOAT_2(fmod, __builtin_fmodf(x, y))
EMU_FLOAT_2(copysign, __builtin_copysignf(x, y))
EMU_FLOAT_2(fdim, __builtin_fdimf(x, y))
EMU_FLOAT_2(step, y < x ? 0.0f : 1.0f)
EMU_FLOAT_2(divide, x / y)
EMU_FLOAT_2(fmin, __builtin_fminf(x, y))
EMU_FLOAT_2(fmax, __builtin_fmaxf(x, y))
EMU_FLOAT_2(min, __builtin_fminf(x, y))
EMU_FLOAT_2(max, __builtin_fmaxf(x, y))
EMU_FLOAT_3(clamp, __builtin_fminf(__builtin_fmaxf(x, y), z))
EMU_FLOAT_3(fma, __builtin_fmaf(x, y, z))
EMU_FLOAT_3(mix, x + (y - x) * z)
EMU_INLINE float smoothstep(float low, float high, float x) {
  float t = clamp((x - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3.0f - 2.0f * t);
}
EMU_BY_COMPONENT_3(smoothstep)
EMU_INLINE float ldexp(float x, int exponent) { return __builtin_ldexpf(x, exponent); }
EMU_INLINE float frexp(float x, int& exponent) { return __builtin_frexpf(x, &exponent); }
EMU_INLINE float modf(float x, float& whole) { return __builtin_modff(x, &whole); }
EMU_INLINE float sincos(float x, float& cosine) {
  cosine = __builtin_cosf(x);
  return __builtin_sinf(x);
}
EMU_INLINE bool isnan(float x) { return __builtin_isnan(x); }
EMU_INLINE bool isinf(float x) { return __builtin_isinf(x); }
EMU_INLINE bool isfinite(float x) { return __builtin_isfinite(x); }
EMU_INLINE bool isnan(half x) { return isnan((float)x); }
EMU_INLINE bool isinf(half x) { return isinf((float)x); }
EMU_INLINE bool isfinite(half x) { return isfinite((float)x); }
EMU_INLINE bool signbit(float x) { return __builtin_signbit(x); }

#undef EMU_FLOAT_1
#undef EMU_FLOAT_2
#undef EMU_FLOAT_3
