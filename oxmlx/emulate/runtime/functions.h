// Functions of floats. Included twice, in `metal` and in `metal::precise`, hence without a guard.
// EMU_C is a function of C by its name, EMU_FAST one that has a rough cousin.

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

EMU_FLOAT_1(exp, EMU_FAST(__expf, expf)(x))
EMU_FLOAT_1(exp2, EMU_C(exp2f)(x))
EMU_FLOAT_1(exp10, EMU_C(powf)(10.0f, x))
EMU_FLOAT_1(log, EMU_FAST(__logf, logf)(x))
EMU_FLOAT_1(log2, EMU_FAST(__log2f, log2f)(x))
EMU_FLOAT_1(log10, EMU_FAST(__log10f, log10f)(x))
EMU_FLOAT_1(sin, EMU_FAST(__sinf, sinf)(x))
EMU_FLOAT_1(cos, EMU_FAST(__cosf, cosf)(x))
EMU_FLOAT_1(tan, EMU_FAST(__tanf, tanf)(x))
EMU_FLOAT_1(sinpi, EMU_C(sinf)(M_PI_F * x))
EMU_FLOAT_1(cospi, EMU_C(cosf)(M_PI_F * x))
EMU_FLOAT_1(tanpi, EMU_C(tanf)(M_PI_F * x))
EMU_FLOAT_1(asin, EMU_C(asinf)(x))
EMU_FLOAT_1(acos, EMU_C(acosf)(x))
EMU_FLOAT_1(atan, EMU_C(atanf)(x))
EMU_FLOAT_1(sinh, EMU_C(sinhf)(x))
EMU_FLOAT_1(cosh, EMU_C(coshf)(x))
EMU_FLOAT_1(tanh, EMU_C(tanhf)(x))
EMU_FLOAT_1(asinh, EMU_C(asinhf)(x))
EMU_FLOAT_1(acosh, EMU_C(acoshf)(x))
EMU_FLOAT_1(atanh, EMU_C(atanhf)(x))
EMU_FLOAT_1(sqrt, EMU_SQRT(x))
EMU_FLOAT_1(rsqrt, EMU_RSQRT(x))
EMU_FLOAT_1(floor, EMU_C(floorf)(x))
EMU_FLOAT_1(ceil, EMU_C(ceilf)(x))
EMU_FLOAT_1(trunc, EMU_C(truncf)(x))
EMU_FLOAT_1(rint, EMU_C(rintf)(x))
EMU_FLOAT_1(round, EMU_C(roundf)(x))
EMU_FLOAT_1(fract, EMU_C(fminf)(x - EMU_C(floorf)(x), 0x1.fffffep-1f))
EMU_FLOAT_1(fabs, EMU_C(fabsf)(x))
EMU_FLOAT_1(abs, EMU_C(fabsf)(x))
EMU_FLOAT_1(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x == 0.0f ? x : 0.0f)
EMU_FLOAT_1(saturate, EMU_C(fminf)(EMU_C(fmaxf)(x, 0.0f), 1.0f))
EMU_FLOAT_2(pow, EMU_FAST(__powf, powf)(x, y))
EMU_FLOAT_2(powr, EMU_FAST(__powf, powf)(x, y))
EMU_FLOAT_2(atan2, EMU_C(atan2f)(x, y))
EMU_FLOAT_2(fmod, EMU_C(fmodf)(x, y))
EMU_FLOAT_2(copysign, EMU_C(copysignf)(x, y))
EMU_FLOAT_2(fdim, EMU_C(fdimf)(x, y))
EMU_FLOAT_2(step, y < x ? 0.0f : 1.0f)
EMU_FLOAT_2(divide, EMU_DIVIDE(x, y))
EMU_FLOAT_2(fmin, EMU_C(fminf)(x, y))
EMU_FLOAT_2(fmax, EMU_C(fmaxf)(x, y))
EMU_FLOAT_2(min, EMU_C(fminf)(x, y))
EMU_FLOAT_2(max, EMU_C(fmaxf)(x, y))
EMU_FLOAT_3(clamp, EMU_C(fminf)(EMU_C(fmaxf)(x, y), z))
EMU_FLOAT_3(fma, EMU_C(fmaf)(x, y, z))
EMU_FLOAT_3(mix, x + (y - x) * z)
EMU_INLINE float smoothstep(float low, float high, float x) {
  float t = clamp((x - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3.0f - 2.0f * t);
}
EMU_BY_COMPONENT_3(smoothstep)
EMU_INLINE float ldexp(float x, int exponent) { return EMU_C(ldexpf)(x, exponent); }
EMU_INLINE float frexp(float x, int& exponent) { return EMU_C(frexpf)(x, &exponent); }
EMU_INLINE float modf(float x, float& whole) { return EMU_C(modff)(x, &whole); }
EMU_INLINE float sincos(float x, float& cosine) {
  cosine = EMU_C(cosf)(x);
  return EMU_C(sinf)(x);
}
EMU_INLINE bool isnan(float x) { return EMU_C(isnan)(x); }
EMU_INLINE bool isinf(float x) { return EMU_C(isinf)(x); }
EMU_INLINE bool isfinite(float x) { return EMU_C(isfinite)(x); }
EMU_INLINE bool isnan(half x) { return isnan((float)x); }
EMU_INLINE bool isinf(half x) { return isinf((float)x); }
EMU_INLINE bool isfinite(half x) { return isfinite((float)x); }
EMU_INLINE bool signbit(float x) { return EMU_C(signbit)(x); }

#undef EMU_FLOAT_1
#undef EMU_FLOAT_2
#undef EMU_FLOAT_3
