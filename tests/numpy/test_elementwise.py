"""Elementwise functions against jax.numpy."""

import numpy as np
from numpy_oracle import Case, Data, laws

data = Data(1)
X, Y, P, Q = data(3, 4), data(3, 4), data.positive(3, 4), data.positive(3, 4)
K, J = data(3, 4, kind="i"), data(3, 4, kind="i")
U, B, C, Z = data(3, 4, kind="u"), data(3, 4, kind="b"), data(3, 4, kind="b"), data(3, 4, kind="c")
W = data(3, 4, kind="c")
UNIT = np.tanh(X)
EDGES = np.array([0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan])
ROUND = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4999, 1e6 + 0.5])
NONZERO = np.where(J == 0, 3, J).astype(np.int32)

ANYWHERE = "abs absolute fabs negative positive square sign exp exp2 expm1 sin cos tan sinh cosh "
ANYWHERE += "tanh arcsinh asinh arctan atan sinc i0 deg2rad radians rad2deg degrees cbrt"
POSITIVE = "sqrt log log2 log10 log1p reciprocal"
INSIDE = "arcsin asin arccos acos arctanh atanh"
ROUNDING = "floor ceil trunc rint"
TESTS = "isnan isinf isfinite isreal iscomplex logical_not"
COMPLEX = (
    "abs negative square exp expm1 sin cos tan sinh cosh tanh arctan sqrt log log1p real imag "
)
COMPLEX += "conj conjugate angle reciprocal sign isnan isfinite isinf positive arcsin arccosh"
PAIRS = "add subtract multiply divide true_divide maximum minimum fmax fmin arctan2 atan2 hypot "
PAIRS += "logaddexp logaddexp2 copysign heaviside fmod remainder mod floor_divide"
COMPARE = "equal not_equal less less_equal greater greater_equal"
INTEGER = "add subtract multiply divide floor_divide remainder fmod mod divmod maximum minimum "
INTEGER += "power float_power gcd lcm"
BITS = "bitwise_and bitwise_or bitwise_xor"
LOGIC = "logical_and logical_or logical_xor"

CASES = [
    *(Case(name, X) for name in ANYWHERE.split()),
    *(Case(name, K) for name in (ANYWHERE + " floor ceil trunc round rint sqrt exp").split()),
    *(Case(name, P) for name in POSITIVE.split()),
    *(Case(name, 1 + P) for name in ("arccosh", "acosh")),
    *(Case(name, UNIT) for name in INSIDE.split()),
    *(Case(name, ROUND, grad=False) for name in ROUNDING.split()),
    *(Case(name, EDGES, grad=False) for name in (TESTS + " signbit isposinf isneginf").split()),
    *(Case(name, K, grad=False) for name in TESTS.split()),
    *(Case(name, Z) for name in COMPLEX.split()),
    *(
        Case(name, EDGES, grad=False)
        for name in ["sign", "abs", "floor", "sqrt", "exp", "log", "tanh", "cbrt"]
    ),
    *(Case(name, X, Y) for name in PAIRS.split()),
    *(
        Case(name, X, data(4))
        for name in ["add", "multiply", "arctan2", "hypot", "maximum", "remainder"]
    ),
    *(Case(name, X, 2) for name in ["add", "divide", "power", "fmod", "maximum", "arctan2"]),
    *(Case(name, 2.5, X) for name in ["subtract", "divide", "power", "logaddexp"]),
    *(Case(name, K, 2.5) for name in ["add", "divide", "power", "maximum", "remainder"]),
    *(Case(name, X, K) for name in ["add", "multiply", "divide", "logaddexp"]),
    *(Case(name, X, Y) for name in COMPARE.split()),
    *(Case(name, K, K) for name in COMPARE.split()),
    *(Case(name, Z, W) for name in (COMPARE + " add multiply divide maximum minimum").split()),
    *(Case(name, K, NONZERO) for name in INTEGER.split() if name != "power"),
    *(Case(name, U, U + np.uint8(1)) for name in INTEGER.split()),
    *(Case(name, K, J) for name in BITS.split()),
    *(Case(name, B, C) for name in (BITS + " " + LOGIC + " add multiply equal maximum").split()),
    *(Case(name, X, K) for name in LOGIC.split()),
    *(Case(name, EDGES[:, None], EDGES, grad=False) for name in ("fmax", "fmin", "maximum")),
    *(Case(name, EDGES[:, None], EDGES, grad=False) for name in ("copysign", "hypot", "logaddexp")),
    *(Case(name, K, U % np.uint8(8)) for name in ("left_shift", "right_shift")),
    Case("power", P, X),
    Case("power", X, 3),
    Case("power", X, -2),
    Case("power", X, 0),
    Case("power", Z, 2),
    Case("power", K, np.abs(J)),
    Case("pow", P, 0.3),
    Case("float_power", P, X),
    Case("bitwise_not", K),
    Case("invert", B),
    Case("bitwise_invert", U),
    Case("bitwise_count", K),
    Case("bitwise_left_shift", U, np.uint8(1)),
    Case("bitwise_right_shift", K, 1),
    Case("packbits", B),
    Case("packbits", data(3, 11, kind="b"), axis=1, bitorder="little"),
    Case("unpackbits", U),
    Case("unpackbits", U, axis=1, count=20, bitorder="little"),
    Case("unpackbits", U, count=-3),
    Case("round", ROUND, grad=False),
    Case("round", X, 2, grad=False),
    Case("around", X * 100, -1, grad=False),
    Case("round", Z, 1),
    Case("modf", X, grad=False),
    Case("frexp", np.concatenate([X.ravel(), EDGES, [1e-300]]), grad=False),
    Case("frexp", K),
    Case("ldexp", X, K),
    Case("ldexp", X, np.array([1023, -1074, 5, -5])),
    Case("nextafter", X, Y, grad=False),
    Case("spacing", X, grad=False),
    Case("divmod", X, Y),
    Case("nan_to_num", EDGES),
    Case("nan_to_num", EDGES, nan=0.1, posinf=2.0, neginf=-3.0),
    Case("nan_to_num", EDGES * (1 + 2j)),
    Case("angle", Z, deg=True),
    Case("angle", X),
    Case("isclose", X, X + 1e-9 * Y),
    Case("isclose", EDGES[:, None], EDGES, equal_nan=True),
    Case("allclose", X, X + 1e-9),
    Case("allclose", X, Y, 0.1, 0.2),
    Case("array_equal", X, X),
    Case("array_equal", X, Y),
    Case("array_equal", X, X[0]),
    Case("array_equal", EDGES, EDGES, equal_nan=True),
    Case("array_equiv", X, X[:1]),
    Case("array_equiv", X[:1], X[0]),
    Case("clip", X, -0.5, 0.5),
    Case("clip", X, min=Y),
    Case("clip", X, max=0.25),
    Case("clip", K, 0.5, 2.5),
    Case("clip", K, -2, 3),
    Case("where", B, X, Y),
    Case("where", B, X, 0.5),
    Case("where", B[:, :1], K, X[0]),
    Case("where", K, Z, 1),
    Case("select", [B, C], [X, Y], 0.3),
    Case("select", [B, C], [K, X]),
    Case("piecewise", X, [B, C], [1.5, lambda x: x * x, lambda x: -x]),
    Case("piecewise", X, [B], [lambda x: x * 3]),
    Case("piecewise", K, [B, C], [2, lambda x: x + 1]),
    Case("exp2", np.array([3.0, -1.0, 1023.0])),
    Case("sinc", np.array([0.0, 1e-3, -2e-3, 0.5, 3.0])),
    Case("i0", np.array([0.0, 1.0, -17.9, 18.1, 30.0, 60.0])),
    *(Case(name, 7) for name in ("bartlett", "hanning", "hamming", "blackman")),
    *(Case(name, 1) for name in ("bartlett", "hanning", "hamming", "blackman")),
    Case("kaiser", 6, 2.5),
    Case("unwrap", 5 * X, axis=0),
    Case("unwrap", 5 * X, discont=4.0, period=5.0),
]

test_values, test_types, test_vmap = laws(CASES)
