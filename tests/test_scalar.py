"""Every scalar against JAX, special functions against mpmath, complex ones against C99."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import mpmath
import numpy as np
import pytest
from jax import lax

from oxmlx.dtypes import KEY_DTYPES, SCALAR_TYPES, float0
from oxmlx.errors import CheckError, DtypeError
from oxmlx.ir.scalar import SCALARS

pytestmark = pytest.mark.filterwarnings("error")

BF16 = np.dtype(ml_dtypes.bfloat16)
DTYPES = [t.dtype for t in SCALAR_TYPES]
INTEGERS = [d for d in DTYPES if d.kind in "iu"]
Array = np.ndarray[Any, np.dtype[Any]]
words = str.split

ORACLES: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(lax, name)
        for name in words(
            "add sub mul div rem pow max min neg abs sign floor ceil nextafter is_finite sqrt "
            "rsqrt cbrt exp exp2 expm1 log log1p sin cos tan asin acos atan atan2 sinh cosh tanh "
            "asinh acosh atanh logistic erf erfc erf_inv lgamma digamma eq ne lt le gt ge "
            "shift_left shift_right_logical shift_right_arithmetic population_count clz select "
            "complex conj real imag"
        )
    },
    "round": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    "log2": jnp.log2,
    "and": lax.bitwise_and,
    "or": lax.bitwise_or,
    "xor": lax.bitwise_xor,
    "not": lax.bitwise_not,
    "cast": lax.convert_element_type,
    "bitcast": lax.bitcast_convert_type,
}
APART = ("select", "cast", "bitcast", "polygamma")  # with tests of their own
UNTYPED = [name for name in SCALARS if name not in APART]

# Where we take other dtypes than JAX, on purpose.
WE_TAKE = {"pow": INTEGERS}
JAX_TAKES = {
    "max": "complex64 complex128",  # an order that no mathematician knows
    "min": "complex64 complex128",
    "atan2": "complex64 complex128",
    "conj": "float32 float64",  # the identity, which ops.conj spares
}

ROUNDED = words(  # one or more roundings; the other scalars are exact or correctly rounded
    "pow rsqrt cbrt exp exp2 expm1 log log1p log2 sin cos tan asin acos atan atan2 sinh cosh tanh "
    "asinh acosh atanh logistic erf erfc erf_inv lgamma digamma"
)
SPECIAL = words("erf erfc erf_inv lgamma digamma")  # against mpmath, below

XLA_DIFFERS = {  # at infinities and on the sides of cuts, we keep C99's values
    "exp": "drops the sign of -0j; NaN at ∞ with an infinite imaginary part",
    "exp2": "NaN at infinities",
    "sqrt": "takes -0j for 0j: √(-1-0j) = +j",
    "rsqrt": "signs of zeros",
    "pow": "NaN at 0 and at infinities",
    "sin": "drops the sign of -0; NaN for both parts at ∞",
    "cos": "drops the sign of -0j; NaN for both parts at ∞",
    "tan": "drops the sign of -0; NaN for both parts at ∞",
    "sinh": "drops the sign of -0j; NaN for both parts at ∞j; cancels near 0",
    "cosh": "drops the sign of -0j; NaN for both parts at ∞j",
    "tanh": "drops the sign of -0j; NaN for both parts at ∞j",
    "asin": "takes -0j for 0j, the other side of the cut",
    "acos": "takes -0j for 0j, the other side of the cut",
    "atan": "takes -0 for 0, the other side of the cut",
    "asinh": "takes -0 for 0, the other side of the cut",
    "acosh": "takes -0j for 0j, the other side of the cut",
    "atanh": "takes -0j for 0j, the other side of the cut",
    "expm1": "drops the sign of -0j",
    "logistic": "NaN at infinities",
    "sign": "NaN at infinities; we keep the limit",
}


@pytest.fixture(autouse=True)
def _quiet_and_wide() -> Iterator[None]:
    with np.errstate(all="ignore"), jax.enable_x64(True):
        yield


def accepts(name: str, *dtypes: np.dtype[Any]) -> bool:
    try:
        SCALARS[name].check(*dtypes)
    except DtypeError:
        return False
    return True


def accepted(names: list[str], dtypes: list[Any]) -> list[Any]:
    return [
        pytest.param(name, np.dtype(d), id=f"{name}-{np.dtype(d)}")
        for name, d in product(names, dtypes)
        if accepts(name, *[np.dtype(d)] * SCALARS[name].arity)
    ]


def sample(dtype: np.dtype[Any]) -> Array:
    """Special values, and random ones of many sizes."""
    rng = np.random.default_rng(7)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        edges = [*range(4), 7, info.bits - 1, info.bits, info.bits + 1, info.max - 1, info.max]
        edges += [-1, -2, -3, -7, -info.bits, info.min + 1, info.min] if info.min else []
        return np.r_[np.array(edges, dtype), rng.integers(info.min, info.max, 16, dtype)]
    if dtype.kind == "c":
        parts = np.r_[0, 1, -1, 0.5, -0.5, 2, -2, 1e-6, -1e-6, 3 * rng.normal(size=4), 25, -25.5]
        return (parts[:, None] + 1j * parts).ravel().astype(dtype)
    info = ml_dtypes.finfo(dtype)
    limits = [float(x) for x in (info.max, 4 * info.tiny, info.eps, 1 + info.eps, np.inf)]
    halves = [0.0, 0.5, 1, 1.5, 2, 2.5, 3, np.pi, 88, 100, 709, 1e5]
    random = [*rng.normal(0, 3, 16), *rng.uniform(0, 1, 16), *10 ** rng.uniform(-30, 30, 8)]
    signed = np.array([*halves, *limits, *random])
    return np.r_[signed, -signed, np.nan].astype(dtype)


def operands(name: str, dtype: np.dtype[Any]) -> list[Array]:
    """A sample, or all pairs of one."""
    x = sample(dtype)
    return [x] if SCALARS[name].arity == 1 else [np.repeat(x, len(x)), np.tile(x, len(x))]


def flushed(x: Array) -> Array:
    """Without subnormal numbers, which XLA takes for zeros on the CPU."""
    if x.dtype.kind != "f":
        return x
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, np.copysign(0, x), x)


def distance(got: Array, want: Array) -> Array:
    """Relative errors: normwise if complex; ∞ for unlike zeros, infinities and NaN."""
    assert got.dtype == want.dtype
    if got.dtype == BF16:
        got, want = got.astype(np.float32), want.astype(np.float32)
    alike = got == want
    if got.dtype.kind not in "fc":
        return np.where(alike, 0, np.inf)
    if got.dtype.kind == "f":
        alike &= np.signbit(got) == np.signbit(want)
    alike |= np.isnan(got) & np.isnan(want)
    error = np.abs(got - want) / np.abs(want)
    return np.where(alike, 0, np.where(np.isfinite(error), error, np.inf))


def settled(name: str, out: Array) -> Array:
    """`max` and `min` may return either zero: take +0."""
    return out + out.dtype.type(0) if name in ("max", "min") and out.dtype != bool else out


def check_close(got: Array, want: Array, rtol: float = 0) -> None:
    error = distance(got, want)
    k = np.unravel_index(np.argmax(error), error.shape)
    assert error[k] <= rtol, f"at {k}: got {got[k]!r}, want {want[k]!r}"


def is_same(got: complex, want: complex, *xs: complex) -> bool:
    """Equal parts, zeros of one sign too; but C99 leaves it free where an operand is infinite."""
    if not all(map(cmath.isfinite, xs)):
        got, want = (complex(z.real + 0.0, z.imag + 0.0) for z in (got, want))
    pairs = [(got.real, want.real), (got.imag, want.imag)]
    return all(
        (np.isnan(a) and np.isnan(b))
        or (a == b and np.signbit(a) == np.signbit(b))
        or (a != 0 != b and abs(a - b) <= 1e-14 * abs(b))
        for a, b in pairs
    )


CORNERS = [
    complex(a, b) for a, b in product([0.0, -0.0, 1, -1, 2, -0.5, np.inf, -np.inf], repeat=2)
]


# Dtypes.


def test_every_scalar_is_tested_against_jax() -> None:
    assert {*ORACLES, "polygamma"} == set(SCALARS)


@pytest.mark.parametrize("name", UNTYPED)
def test_takes_what_jax_takes_and_gives_its_dtype(name: str) -> None:
    op = SCALARS[name]
    for dtype in DTYPES:
        dtypes = [dtype] * op.arity
        try:
            shapes = [jax.ShapeDtypeStruct((), d) for d in dtypes]
            theirs = jax.eval_shape(ORACLES[name], *shapes).dtype
        except (TypeError, ValueError):
            theirs = None
        ours = op.check(*dtypes) if accepts(name, *dtypes) else None
        if dtype in WE_TAKE.get(name, ()):
            assert theirs is None and ours == dtype
        elif dtype.name in JAX_TAKES.get(name, ""):
            assert theirs is not None and ours is None
        elif name == "log2" and dtype.kind in "biu":
            assert ours is None  # jnp.log2 converts
        else:
            assert ours == theirs


@pytest.mark.parametrize("name", UNTYPED)
def test_one_dtype_and_the_right_number_of_operands(name: str) -> None:
    op = SCALARS[name]
    float32, float64 = np.dtype("float32"), np.dtype("float64")
    with pytest.raises(CheckError, match=f"^{name}: takes {op.arity} dtypes, got {op.arity + 1}"):
        op.check(*[float32] * (op.arity + 1))
    for mixed in ((float32, float64), (np.dtype("int32"), np.dtype("uint32"))):
        if op.arity == 2:
            assert not accepts(name, *mixed)
    assert not accepts(name, *[KEY_DTYPES["threefry"]] * op.arity)


@pytest.mark.parametrize(
    ("name", "dtypes", "text"),
    [
        ("floor", "int32", "floor: wants one operand (float), got i32"),
        (
            "max",
            "complex64 complex64",
            "max: wants two operands of one dtype (bool, uint, int, float), got c64, c64",
        ),
        (
            "add",
            "float32 float64",
            "add: wants two operands of one dtype (uint, int, float, complex), got f32, f64",
        ),
        ("lt", "complex128 complex128", "lt: wants two operands of one dtype"),
        ("abs", "uint8", "abs: wants one operand (int, float, complex), got u8"),
        ("conj", "float32", "conj: wants one operand (complex), got f32"),
        ("complex", "float16 float16", "complex: wants two f32 or two f64 operands, got f16, f16"),
        (
            "select",
            "int32 float32 float32",
            "select: wants a bool and two operands of one dtype, got i32, f32, f32",
        ),
        (
            "select",
            "bool float32 int32",
            "select: wants a bool and two operands of one dtype, got bool, f32, i32",
        ),
        (
            "bitcast",
            "float32 int64",
            "bitcast: wants two real dtypes of one width, got f32, i64",
        ),
        (
            "bitcast",
            "bool uint8",
            "bitcast: wants two real dtypes of one width, got bool, u8",
        ),
    ],
)
def test_refusals(name: str, dtypes: str, text: str) -> None:
    with pytest.raises(DtypeError) as e:
        SCALARS[name].check(*map(np.dtype, dtypes.split()))
    assert str(e.value).startswith(text)
    assert str(e.value).endswith("Convert with `astype` first.")


def test_keys_do_not_cast() -> None:
    with pytest.raises(
        DtypeError, match="^cast: wants a number or bool, and such a target, got key<threefry>, u32"
    ):
        SCALARS["cast"].check(KEY_DTYPES["threefry"], np.dtype("uint32"))


@pytest.mark.parametrize(("name", "dtype"), accepted(UNTYPED, DTYPES))
def test_broadcasts_in_the_result_dtype(name: str, dtype: np.dtype[Any]) -> None:
    op = SCALARS[name]
    x = sample(dtype)
    xs = [x[:, None], x[::-1]][: op.arity]
    out = op.run(*xs)
    assert out.dtype == op.check(*[dtype] * op.arity)
    assert out.shape == np.broadcast_shapes(*(x.shape for x in xs))
    full = op.run(*(np.array(np.broadcast_to(x, out.shape)) for x in xs))
    check_close(settled(name, out), settled(name, full))
    numbers = [x.ravel()[-1] for x in xs]  # NumPy numbers, as literals are
    number = np.asarray(op.run(*numbers))
    assert (number.dtype, number.shape) == (out.dtype, ())
    if name not in ROUNDED:  # vector and scalar loops of NumPy may round differently
        alone = np.asarray(op.run(*map(np.asarray, numbers)))
        check_close(settled(name, number), settled(name, alone))
    mixed = op.run(*[xs[0], *numbers[1:]])
    assert (mixed.dtype, mixed.shape) == (out.dtype, x[:, None].shape)
    for x in xs:
        assert not np.shares_memory(out, x)


# Values against JAX.


@cache
def of_jax(dtype: np.dtype[Any]) -> dict[str, Array]:
    """What JAX makes of the sample of a dtype, in one compilation."""
    names = [
        name
        for name in UNTYPED
        if accepts(name, *[dtype] * SCALARS[name].arity) and dtype not in WE_TAKE.get(name, ())
    ]
    run = jax.jit(lambda xs: {name: ORACLES[name](*x) for name, x in xs.items()})
    return {name: np.asarray(x) for name, x in run({n: operands(n, dtype) for n in names}).items()}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *accepted(UNTYPED, ["float64", "complex128"]),
        *accepted([n for n in UNTYPED if n not in WE_TAKE], ["bool", *INTEGERS]),
    ],
)
def test_agrees_with_jax(name: str, dtype: np.dtype[Any]) -> None:
    xs, want = operands(name, dtype), of_jax(dtype)[name]
    if dtype.kind == "c" and name in ("pow", "sinh"):  # XLA has NaN at 0ʸ, and sinh cancels near 0
        keep = np.abs(xs[0]) > 0.1
        xs, want = [x[keep] for x in xs], want[keep]
    got = SCALARS[name].run(*xs)
    rtol = 1e-13 if name in ROUNDED or dtype.kind == "c" else 0
    if name in SPECIAL:
        keep = ~np.isfinite(want) | (want == 0)
        got, want = got[keep], want[keep]
    got, want = settled(name, got), settled(name, want)
    check_close(flushed(got), flushed(want), rtol)


@pytest.mark.parametrize(
    ("dtype", "target"),
    [("float32", "uint8"), ("float64", "int32"), ("int32", BF16), ("complex64", "complex128")],
    ids=str,
)
def test_cast(dtype: str, target: Any) -> None:
    x, target = sample(np.dtype(dtype)), np.dtype(target)
    assert SCALARS["cast"].check(x.dtype, target) == target
    check_close(SCALARS["cast"].run(x, target), np.asarray(lax.convert_element_type(x, target)))


@pytest.mark.parametrize(
    ("dtype", "target"),
    [("float32", "int32"), ("uint64", "float64"), (BF16, "uint16"), ("float16", "int16")],
    ids=str,
)
def test_bitcast(dtype: Any, target: str) -> None:
    x = sample(np.dtype(dtype))
    out = SCALARS["bitcast"].run(x, np.dtype(target))
    assert SCALARS["bitcast"].check(x.dtype, np.dtype(target)) == out.dtype == target
    assert out.tobytes() == np.asarray(lax.bitcast_convert_type(x, target)).tobytes() == x.tobytes()
    assert not np.shares_memory(out, x)


@pytest.mark.parametrize("dtype", [*DTYPES, *KEY_DTYPES.values(), float0], ids=str)
def test_select(dtype: np.dtype[Any]) -> None:
    x, y = (
        np.zeros(2, dtype),
        np.frombuffer(bytes([1]) * 2 * dtype.itemsize, dtype, 2)
        if (dtype.itemsize)
        else np.zeros(2, dtype),
    )
    assert SCALARS["select"].check(np.dtype(bool), dtype, dtype) == dtype
    out = SCALARS["select"].run(np.array([[True], [False]]), x, y)
    assert out.dtype == dtype
    assert out.tobytes() == x.tobytes() + y.tobytes()


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integer_powers(dtype: np.dtype[Any]) -> None:
    """xⁿ modulo 2ᵇ, and 1/xⁿ towards zero; XLA reads 6 bits of n only: 2⁶⁴ = 1."""
    xs = operands("pow", dtype)
    info = np.iinfo(dtype)

    def power(x: int, n: int) -> int:
        if n < 0:
            return 0 if abs(x) != 1 else x ** (n & 1)
        wrapped = pow(x, n, 1 << info.bits)
        return wrapped - (1 << info.bits) if wrapped > info.max else wrapped

    want = [power(int(x), int(n)) for x, n in zip(*xs, strict=True)]
    np.testing.assert_array_equal(SCALARS["pow"].run(*xs), np.array(want, dtype))


# Precision.


@pytest.mark.parametrize(
    ("name", "dtype"), accepted([n for n in UNTYPED if n != "nextafter"], ["float16", BF16])
)
def test_16_bits_are_f32_rounded_once(name: str, dtype: np.dtype[Any]) -> None:
    op, xs = SCALARS[name], operands(name, dtype)
    once = op.run(*(x.astype(np.float32) for x in xs)).astype(op.check(*[dtype] * op.arity))
    check_close(settled(name, op.run(*xs)), settled(name, once))


@pytest.mark.parametrize("dtype", ["float16", BF16, "float32", "float64"], ids=str)
def test_nextafter(dtype: Any) -> None:
    dtype = np.dtype(dtype)
    x = np.array([0.0, 1.0, -1.0, np.inf, 2.5], dtype)
    run, bits = SCALARS["nextafter"].run, f"i{dtype.itemsize}"
    infinity = np.array(np.inf, dtype)
    up = run(x, infinity).view(bits) - x.view(bits)
    assert up.tolist() == [1, 1, -1, 0, 1]
    np.testing.assert_array_equal(run(x, x), x)
    assert np.isnan(run(x, np.array(np.nan, dtype))).all()


@pytest.mark.parametrize(("name", "dtype"), accepted(ROUNDED, ["float32", "complex64"]))
def test_32_bits_are_64_bits_rounded(name: str, dtype: np.dtype[Any]) -> None:
    wide = np.dtype("float64" if dtype.kind == "f" else "complex128")
    xs = operands(name, dtype)
    want = SCALARS[name].run(*(x.astype(wide) for x in xs)).astype(dtype)
    ulps = 4 * float(np.finfo(dtype).eps)
    check_close(SCALARS[name].run(*xs), want, ulps)


def exact(name: str) -> Callable[[Any], Any]:
    if name == "lgamma":
        return lambda x: mpmath.re(mpmath.loggamma(x))
    return getattr(mpmath, {"erf_inv": "erfinv"}.get(name, name))


def points(name: str) -> Array:
    rng = np.random.default_rng(11)
    near = 10 ** rng.uniform(-15, -0.5, 40)
    small = 10 ** rng.uniform(-300, 0, 20)
    if name == "erf_inv":
        y = np.r_[rng.uniform(0, 1, 60), 1 - near, small, 0.85, 1 - 2.0**-53, 5e-324]
        return np.r_[y, -y]
    if name == "lgamma":
        large = np.r_[10 ** rng.uniform(0, 305, 20), 2.555e305]
        return np.r_[rng.uniform(0, 12, 99), 1 + near, 1 - near, 2 + near, 2 - near, small, large]
    if name == "digamma":
        zero = 1.4616321449683622
        large = 10 ** rng.uniform(0, 300, 20)
        return np.r_[rng.uniform(0, 12, 99), zero, zero + near, zero - near, small, large]
    x = np.r_[rng.uniform(0, 6, 99), 0.46875, 4.0, small, 5e-324]
    tail = np.r_[rng.uniform(4, 26.5, 60), 10.0, 26.5]
    return np.r_[x, -x, tail] if name == "erfc" else np.r_[x, -x]


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name: str) -> None:
    x = points(name)
    got = SCALARS[name].run(x)
    with mpmath.workdps(40):
        want = [exact(name)(mpmath.mpf(float(v))) for v in x]
        errors = [abs(mpmath.mpf(float(a)) - b) / abs(b) for a, b in zip(got, want, strict=True)]
    subnormal = np.abs(got) < np.finfo(float).tiny
    worst = int(np.argmax(np.where(subnormal, 0, np.array(errors, float))))
    assert errors[worst] < 2e-15, f"at {x[worst]!r}: got {got[worst]!r}, want {want[worst]}"
    np.testing.assert_array_equal(got[subnormal], np.array(want, float)[subnormal])


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_polygamma(n: int) -> None:
    x = np.r_[1e-8, 0.1, 0.5, 1, 3.3, 50, 1e5, 1e12, -0.5, -3.7, -100.3]
    got = SCALARS["polygamma"].run(np.full_like(x, n), x)
    with mpmath.workdps(40):
        want = np.array([float(mpmath.polygamma(n, mpmath.mpf(float(v)))) for v in x])
    np.testing.assert_allclose(got, want, rtol=2e-14)


def test_polygamma_where_it_has_no_value() -> None:
    run = SCALARS["polygamma"].run
    assert np.isinf(run(np.ones(2), np.array([0.0, -2.0]))).all()
    assert np.isnan(run(np.ones(2), np.array([np.nan, -1e9]))).all()
    assert np.isnan(run(np.zeros(1), np.ones(1))).all()


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_reflected_gamma(name: str) -> None:
    """On the negative axis errors are relative to the terms, which cancel at the zeros."""
    x = np.r_[-np.random.default_rng(3).uniform(0, 30, 200), -5e-324, -1e-310, -1e-20, -0.5]
    got = SCALARS[name].run(x)
    with mpmath.workdps(40):
        want = np.array([float(exact(name)(mpmath.mpf(float(v)))) for v in x])
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[~finite], want[~finite])
    terms = np.abs(want) + (SCALARS["lgamma"].run(-x) if name == "lgamma" else 1)
    assert np.max((np.abs(got - want) / terms)[finite]) < 1e-14


def test_tails() -> None:
    def run(name: str, *x: float) -> list[float]:
        return SCALARS[name].run(np.array(x, float)).tolist()

    assert run("erfc", 10) == pytest.approx([2.0884875837625447e-45], rel=1e-14)
    assert run("erfc", 27, 27.2, 28) == pytest.approx([5.237e-319, 1e-323, 0], rel=1e-4)
    assert run("erfc", np.inf, -np.inf) == [0, 2]
    assert run("erf_inv", 1, -1) == [np.inf, -np.inf]
    assert np.isnan(run("erf_inv", 1.5, -2, np.inf)).all()
    assert run("lgamma", -np.inf, -3, -0.0, 0, 3e305) == [np.inf] * 5
    assert np.isnan(run("digamma", -np.inf, -3, -0.0, 0)).all()
    assert run("logistic", -745, 745) == pytest.approx([5e-324, 1], rel=1e-14)
    assert run("log1p", 1e-300) == run("expm1", 1e-300) == [1e-300]


def test_subnormal_numbers_are_kept() -> None:
    tiny = np.array([2.0**-149, -(2.0**-140), 2.0**-127], np.float32)
    for name in ("neg", "abs", "floor", "sqrt", "expm1", "log1p", "sin", "asinh", "erf"):
        wide = SCALARS[name].run(tiny.astype(np.float64)).astype(np.float32)
        np.testing.assert_array_equal(SCALARS[name].run(tiny), wide)
    half = np.array(0.5, np.float32)
    assert SCALARS["mul"].run(tiny, half).tolist() == [0, -(2.0**-141), 2.0**-128]
    assert SCALARS["add"].run(tiny, tiny).tolist() == [2.0**-148, -(2.0**-139), 2.0**-126]


# Complex numbers.

C99 = words("exp log sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh")


@pytest.mark.parametrize("name", C99)
def test_c99(name: str) -> None:
    """On cuts, at zeros and at infinities; where C99 raises, an infinite or NaN part."""
    near = [complex(1e-9, -1e-9), complex(1e-9, 0.3), complex(-0.7, 1e-9), complex(1e-300, 1e-300)]
    z = np.array([*CORNERS, *near])
    for x, got in zip(z.tolist(), SCALARS[name].run(z).tolist(), strict=True):
        try:
            want = getattr(cmath, name)(x)
        except ValueError:
            assert not cmath.isfinite(got), x
            continue
        assert is_same(got, want, x), f"{name} {x}: got {got}, want {want}"


@pytest.mark.parametrize(("name", "dtype"), accepted(UNTYPED, ["complex128"]))
def test_xla_differs_only_as_listed(name: str, dtype: np.dtype[Any]) -> None:
    z = np.array(CORNERS, dtype)
    xs = [z] if SCALARS[name].arity == 1 else [np.repeat(z, len(z)), np.tile(z, len(z))]
    ours, theirs = SCALARS[name].run(*xs), np.asarray(ORACLES[name](*xs))
    cases = zip(ours.astype(dtype).tolist(), theirs.astype(dtype).tolist(), *xs, strict=True)
    differ = [case for case in cases if not is_same(*case)]
    assert bool(differ) == (name in XLA_DIFFERS), differ


@pytest.mark.parametrize("name", words("exp2 expm1 log1p log2 logistic rsqrt"))
def test_complex_functions_that_c99_lacks(name: str) -> None:
    """Next to their real parts on the real axis, and conjugate on the two sides of it."""
    x = np.array([-np.inf, -3, -1.5, -0.75, -1e-3, 1e-9, 0.25, 1, 7, 300, np.inf])
    real = SCALARS[name].run(x)
    above, below = (SCALARS[name].run(np.array([complex(a, s) for a in x])) for s in (0.0, -0.0))
    on_axis = ~np.isnan(real)
    check_close(above.real[on_axis], real[on_axis], 1e-15)
    np.testing.assert_array_equal(below, above.conj())
    side = {"log1p": np.pi, "log2": np.pi / np.log(2)}.get(name)
    if side:
        cut = x < (-1 if name == "log1p" else 0)
        np.testing.assert_allclose(above.imag[cut], side, rtol=1e-15)


def test_complex_division_recovers_infinities() -> None:
    """C99 G.5.1: ∞ / finite = ∞, finite / ∞ = 0, nonzero / 0 = ∞, even with a NaN part."""
    parts = [0.0, -0.0, 1, -2, np.inf, -np.inf, np.nan]
    z = np.array([complex(a, b) for a, b in product(parts, repeat=2)])
    for dtype in (np.complex64, np.complex128):
        x, y = np.repeat(z, len(z)).astype(dtype), np.tile(z, len(z)).astype(dtype)
        out = SCALARS["div"].run(x, y)
        assert out.dtype == dtype
        large = np.isinf(x) & np.isfinite(y)
        assert np.isinf(out[large]).all()
        assert (out[np.isfinite(x) & np.isinf(y)] == 0).all()
        assert np.isinf(out[np.isfinite(x) & (x != 0) & (y == 0)]).all()
        assert np.isnan(out[(x == 0) & (y == 0)]).all()


def test_complex_powers() -> None:
    def power(x: complex, y: complex) -> complex:
        return complex(SCALARS["pow"].run(np.array(x, complex), np.array(y, complex)))

    assert power(0j, 0j) == power(np.nan, 0j) == 1
    assert power(0j, 1 + 1j) == power(0j, 0.5) == 0
    assert power(2j, 2 + 0j) == -4
    assert power(complex(np.inf, -0.0), complex(-2, -0.0)) == power(1e200 + 1e200j, -2) == 0
    assert power(1j, 1j) == pytest.approx(np.exp(-np.pi / 2), rel=1e-14)
