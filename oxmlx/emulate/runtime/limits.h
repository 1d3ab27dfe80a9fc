// Numbers that have a name; INFINITY and NAN are defined where this is included.
#pragma once

#define MAXFLOAT 3.40282346638528859811704183484516925e+38f
#define FLT_MAX MAXFLOAT
#define FLT_MIN 1.17549435082228750796873653722224568e-38f
#define FLT_EPSILON 1.1920928955078125e-07f
#define CHAR_BIT 8
#define SCHAR_MAX 127
#define SCHAR_MIN (-128)
#define UCHAR_MAX 255
#define SHRT_MAX 32767
#define SHRT_MIN (-32768)
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX 4294967295u
#define LONG_MAX 0x7fffffffffffffffl
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX 0xfffffffffffffffful
#define M_E_F 2.71828182845904523536028747135266250f
#define M_LOG2E_F 1.44269504088896340735992468100189214f
#define M_LOG10E_F 0.434294481903251827651128918916605082f
#define M_LN2_F 0.693147180559945309417232121458176568f
#define M_LN10_F 2.30258509299404568401799145468436421f
#define M_PI_F 3.14159265358979323846264338327950288f
#define M_PI_2_F 1.57079632679489661923132169163975144f
#define M_PI_4_F 0.785398163397448309615660845819875721f
#define M_1_PI_F 0.318309886183790671537767526745028724f
#define M_2_PI_F 0.636619772367581343075535053490057448f
#define M_2_SQRTPI_F 1.12837916709551257389615890312154517f
#define M_SQRT2_F 1.41421356237309504880168872420969808f
#define M_SQRT1_2_F 0.707106781186547524400844362104849039f

namespace metal {

template <class T> struct numeric_limits;
#define EMU_LIMITS(T, LOW, HIGH)                              \
  template <> struct numeric_limits<T> {                      \
    static constexpr T min() { return LOW; }                  \
    static constexpr T lowest() { return LOW; }               \
    static constexpr T max() { return HIGH; }                 \
  };
EMU_LIMITS(bool, false, true)
EMU_LIMITS(char, SCHAR_MIN, SCHAR_MAX)
EMU_LIMITS(uchar, 0, UCHAR_MAX)
EMU_LIMITS(short, SHRT_MIN, SHRT_MAX)
EMU_LIMITS(ushort, 0, USHRT_MAX)
EMU_LIMITS(int, INT_MIN, INT_MAX)
EMU_LIMITS(uint, 0, UINT_MAX)
EMU_LIMITS(long, LONG_MIN, LONG_MAX)
EMU_LIMITS(ulong, 0, ULONG_MAX)
template <> struct numeric_limits<float> {
  static constexpr float min() { return FLT_MIN; }
  static constexpr float lowest() { return -FLT_MAX; }
  static constexpr float max() { return FLT_MAX; }
  static constexpr float epsilon() { return FLT_EPSILON; }
  static constexpr float infinity() { return INFINITY; }
  static constexpr float quiet_NaN() { return NAN; }
};

}  // namespace metal
