"""Continuous distributions against jax: equal bits underneath, so equal up to rounding above."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import random
from oxmlx.ops.axes import reduce_sum
from oxmlx.random.implicit import gamma_slope

FLOATS = ["float16", "bfloat16", "float32", "float64"]
N = (400,)


def run(name: str, seed: int, args: tuple[Any, ...], dtype: str | None) -> tuple[Any, np.ndarray]:
    """What we draw, and what jax draws."""
    kind = {} if dtype is None else {"dtype": dtype}
    with jax.enable_x64(dtype in ("float64", "complex128")):
        theirs = [jnp.asarray(x, dtype) if isinstance(x, np.ndarray) else x for x in args]
        if name in ("rayleigh", "wald"):  # jax takes no Python number there
            theirs[0] = jnp.asarray(theirs[0], dtype or "float32")
        want = np.asarray(getattr(jax.random, name)(jax.random.key(seed), *theirs, **kind))
    mine = [ox.array(x, dtype=dtype) if isinstance(x, np.ndarray) else x for x in args]
    return getattr(random, name)(random.key(seed), *mine, **kind), want


def close(got: Any, want: np.ndarray, eps: float) -> None:
    """Within some units in the last place of the larger of a sample and 1."""
    got = np.asarray(got)
    assert got.dtype == want.dtype and got.shape == want.shape
    wide = np.complex128 if got.dtype.kind == "c" else np.float64
    limits = jnp.finfo(want.dtype)
    tolerance = eps * float(limits.eps)
    np.testing.assert_allclose(got.astype(wide), want.astype(wide), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", FLOATS)
@given(seed=st.integers(0, 2**31 - 1))
def test_uniform_is_equal(dtype: str, seed: int) -> None:
    got, want = run("uniform", seed, ((3, 5),), dtype)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (7, 3)])
def test_shapes(shape: tuple[int, ...]) -> None:
    for name in ("uniform", "normal", "gumbel"):
        close(*run(name, 1, (shape,), None), 16)


def test_expected_uniforms() -> None:
    """facts/cases.md, 34: the older counting scheme."""
    legacy = random.uniform(random.key(0, impl="threefry_legacy"), (3,))
    np.testing.assert_allclose(legacy, [0.9653214, 0.31468165, 0.63302994], rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_in_a_range(dtype: str) -> None:
    low = np.linspace(-2, 2, 5)
    mine, theirs = random.key(2), jax.random.key(2)
    with jax.enable_x64(dtype == "float64"):
        numbers = np.asarray(jax.random.uniform(theirs, N, dtype, -3.0, 7.5))
        arrays = np.asarray(jax.random.uniform(theirs, (3, 5), dtype, jnp.asarray(low, dtype), 3.0))
    close(random.uniform(mine, N, dtype, -3.0, 7.5), numbers, 4)
    got = random.uniform(mine, (3, 5), dtype, ox.array(low, dtype=dtype), 3.0)
    close(got, arrays, 4)
    values = np.asarray(got).astype(float)
    assert np.all(values >= low) and np.all(values <= 3)


NARROW = [
    pytest.param(dtype, marks=pytest.mark.jax("0.7.2"))
    for dtype in ("int8", "uint8", "int16", "uint16")
]


@pytest.mark.parametrize("dtype", [*NARROW, "int32", "uint32", "int64", "uint64"])
def test_randint_is_equal(dtype: str) -> None:
    limits = np.iinfo(dtype)
    ranges = [(0, 10), (-5, 100), (3, 3), (5, 2), (0, 1), (0, 2**7)]
    ranges += [(limits.min, limits.max)] if limits.max < 2**63 else []  # jax cannot say more
    ranges += [(limits.min, limits.max + 1)] if limits.max < 2**62 else []
    for low, high in ranges:
        low = max(low, limits.min)
        got = random.randint(random.key(4), (300,), low, high, dtype)
        with jax.enable_x64(True):
            want = np.asarray(jax.random.randint(jax.random.key(4), (300,), low, high, dtype))
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def test_randint_between_arrays() -> None:
    low, high = np.arange(5, dtype=np.int32), np.arange(5, dtype=np.int32) * 3
    got = random.randint(random.key(5), (40, 5), ox.array(low), ox.array(high))
    want = np.asarray(jax.random.randint(jax.random.key(5), (40, 5), low, high))
    np.testing.assert_array_equal(got, want)
    wide = np.array([-1000, 0], np.int16), np.array([1000, 300], np.int16)
    got = random.randint(random.key(5), (40, 2), *map(ox.array, wide), dtype="uint8")
    assert np.all(np.asarray(got) >= 0) and len(np.unique(np.asarray(got)[:, 0])) > 30


def test_randint_of_everything_has_every_bit() -> None:
    x = np.asarray(random.randint(random.key(6), (200,), 0, 2**32, "uint32"))
    assert np.bitwise_or.reduce(x) == 2**32 - 1 and np.bitwise_and.reduce(x) == 0
    assert random.randint(random.key(6), (3,), 10**30, 10**31, "int64").tolist() == [2**63 - 1] * 3


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_bernoulli_is_equal(dtype: str) -> None:
    p = np.linspace(0, 1, 9)
    theirs = jnp.asarray(p, dtype)
    for shape, mode in ((None, "low"), ((50, 9), "low" if dtype == "bfloat16" else "high")):
        want = jax.random.bernoulli(jax.random.key(7), theirs, shape, mode)
        got = random.bernoulli(random.key(7), ox.array(p, dtype=dtype), shape, mode)
        np.testing.assert_array_equal(got, np.asarray(want))
    assert not np.asarray(random.bernoulli(random.key(7), 0.0, (99,))).any()
    assert np.asarray(random.bernoulli(random.key(7), 1.0, (99,))).all()


@pytest.mark.parametrize("dtype", ["int8", "int32", "float32", "bfloat16"])
def test_rademacher_is_equal(dtype: str) -> None:
    want = np.asarray(jax.random.rademacher(jax.random.key(8), N, dtype))
    got = random.rademacher(random.key(8), N, dtype)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


ALPHA = np.array([0.5, 2.0, 3.0])
# name, arguments, units in the last place in f32 (a tail amplifies what a uniform value is off by)
BY_FORMULA: list[tuple[str, tuple[Any, ...], float]] = [
    ("normal", (N,), 128),
    ("truncated_normal", (-1.0, 2.0, N), 32),
    ("truncated_normal", (ALPHA - 2, ALPHA), 32),
    ("lognormal", (0.5, N), 64),
    ("maxwell", (N,), 64),
    ("double_sided_maxwell", (0.5, 2.0, N), 64),
    ("double_sided_maxwell", (ALPHA, 2.0), 64),
    ("wald", (1.5, N), 256),
    ("exponential", (N,), 8),
    ("laplace", (N,), 8),
    ("cauchy", (N,), 8),
    ("gumbel", (N,), 16),
    ("pareto", (3.0, N), 16),
    ("rayleigh", (2.0, N), 8),
    ("weibull_min", (1.0, 2.0, N), 8),
    ("weibull_min", (ALPHA, 2.0), 8),
    ("triangular", (0.0, 1.0, 2.0, N), 8),
    ("triangular", (0.0, ALPHA, 4.0), 8),
]
BY_REJECTION: list[tuple[str, tuple[Any, ...], float]] = [
    ("gamma", (ALPHA, (40, 3)), 64),
    ("loggamma", (0.3, N), 64),
    ("beta", (2.0, 0.5, N), 64),
    ("dirichlet", (ALPHA, (50,)), 64),
    ("f", (3.0, 5.0, N), 256),
    ("t", (3.0, N), 64),
    ("ball", (3, 1.5, N), 64),
]
LOGISTIC: tuple[str, tuple[Any, ...], float] = ("logistic", (N,), 8)
EVERY = [*BY_FORMULA, *BY_REJECTION, LOGISTIC]


def ids(rows: list[Any]) -> list[str]:
    return [f"{row[0]}{k}" for k, row in enumerate(rows)]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("name", "args", "eps"),
    [*BY_FORMULA, pytest.param(*LOGISTIC, marks=pytest.mark.jax("0.7.0"))],
    ids=ids([*BY_FORMULA, LOGISTIC]),
)
def test_by_formula(name: str, args: tuple[Any, ...], eps: float, dtype: str) -> None:
    got, want = run(name, 9, args, dtype)
    if name == "double_sided_maxwell" and dtype == "float64":
        # with 64-bit numbers enabled jax tosses its coins with twice as many bits: signs differ
        loc = args[0]
        got, want = np.abs(np.asarray(got) - loc), np.abs(want - loc)
    by_dtype = {"float32": eps, "float64": 8 * eps}  # f64 functions of NumPy and XLA differ by more
    close(got, want, by_dtype.get(dtype, 8))


@pytest.mark.parametrize(("name", "args", "eps"), BY_REJECTION, ids=ids(BY_REJECTION))
def test_by_rejection(name: str, args: tuple[Any, ...], eps: float) -> None:
    close(*run(name, 9, args, "float32"), eps)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_gamma_in_other_dtypes(dtype: str) -> None:
    """XLA does not round between 16-bit operations: of a hundred draws by rejection it may accept
    one where we try again, or the other way round."""
    got, want = run("gamma", 9, (ALPHA, (40, 3)), dtype)
    x, other = np.asarray(got, float), want.astype(float)
    far = np.abs(x - other) > 0.05 * np.abs(other) + 0.05
    assert far.mean() <= (0 if dtype == "float64" else 0.01)
    close(np.where(far, want, np.asarray(got)), want, 512 if dtype == "float64" else 8)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_normal(dtype: str) -> None:
    close(*run("normal", 10, (N,), dtype), 128)


def test_gumbel_with_more_bits() -> None:
    want = np.asarray(jax.random.gumbel(jax.random.key(11), N, "float32", mode="high"))
    close(random.gumbel(random.key(11), N, mode="high"), want, 16)


def test_truncated_normals_lie_strictly_between() -> None:
    x = np.asarray(random.truncated_normal(random.key(12), -1e-6, 1e-6, (1000,)))
    assert np.all(x > -1e-6) and np.all(x < 1e-6)


@pytest.mark.parametrize(("name", "args", "eps"), EVERY, ids=ids(EVERY))
def test_jit_draws_the_same(name: str, args: tuple[Any, ...], eps: float) -> None:
    arrays = [ox.array(x) if isinstance(x, np.ndarray) else x for x in args]
    f = getattr(random, name)
    jitted = ox.jit(lambda k: f(k, *arrays))
    with ox.config.context(strict=True):
        np.testing.assert_array_equal(jitted(random.key(3)), np.asarray(f(random.key(3), *arrays)))


def total(x: Any) -> Any:
    return reduce_sum(x, tuple(range(x.ndim))) if isinstance(x, ox.Array) else x.sum()


DIFFERENTIABLE = [
    ("uniform", lambda f, k, a: f(k, (3,), a.dtype, a, a * 3)),
    ("truncated_normal", lambda f, k, a: f(k, -a, a * 2, None, a.dtype)),
    ("lognormal", lambda f, k, a: f(k, a, None, a.dtype)),
    ("wald", lambda f, k, a: f(k, a, None, a.dtype)),
    ("pareto", lambda f, k, a: f(k, a, None, a.dtype)),
    ("rayleigh", lambda f, k, a: f(k, a, None, a.dtype)),
    ("weibull_min", lambda f, k, a: f(k, a, a + 1, (), a.dtype)),
    ("triangular", lambda f, k, a: f(k, -a, a, a * 4, None, a.dtype)),
    ("gamma", lambda f, k, a: f(k, a, (4, 3), a.dtype)),
    ("dirichlet", lambda f, k, a: f(k, a, None, a.dtype)),
    ("t", lambda f, k, a: f(k, a, a.shape, a.dtype)),
]


@pytest.mark.parametrize(("name", "call"), DIFFERENTIABLE, ids=ids(DIFFERENTIABLE))
def test_samples_move_with_their_parameters_as_in_jax(name: str, call: Any) -> None:
    a, w = np.array([0.4, 1.0, 3.5]), np.array([1.0, -2.0, 0.5])
    with jax.enable_x64(True):
        f, key = getattr(jax.random, name), jax.random.key(13)
        want = np.asarray(jax.grad(lambda v: total(call(f, key, v) * w))(jnp.asarray(a)))
    mine, weights = getattr(random, name), ox.array(w, dtype="float64")
    got = ox.grad(lambda v: total(call(mine, random.key(13), v) * weights))
    value = ox.array(a, dtype="float64")
    np.testing.assert_allclose(got(value), want, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ox.jit(got)(value), want, rtol=1e-9, atol=1e-12)


def test_slope_of_gamma_samples() -> None:
    rng = np.random.default_rng(0)
    a = np.exp(rng.uniform(np.log(0.05), np.log(2e3), 300))
    x = rng.gamma(a) + 1e-6
    with jax.enable_x64(True):
        want = np.asarray(jax.lax.random_gamma_grad(a, x))
    for dtype, tolerance in (("float64", 1e-11), ("float32", 3e-4), ("float16", 3e-3)):
        fits = (a < 100) & (x > 1e-3) if dtype == "float16" else a > 0
        mine = (ox.array(v[fits], dtype=dtype) for v in (a, x))
        got = np.asarray(gamma_slope(*mine))
        assert got.dtype == dtype
        np.testing.assert_allclose(got.astype(float), want[fits], rtol=tolerance)
    assert gamma_slope(ox.array([2.0]), ox.array([0.0])).tolist() == [0.0]


def test_moments() -> None:
    """Ours alone: a million draws, within five standard errors."""
    n = 10**6
    for name, mean, std in (
        ("normal", 0.0, 1.0),
        ("uniform", 0.5, 12**-0.5),
        ("exponential", 1.0, 1.0),
        ("gumbel", 0.5772156649, np.pi / 6**0.5),
        ("laplace", 0.0, 2**0.5),
        ("logistic", 0.0, np.pi / 3**0.5),
    ):
        x = np.asarray(getattr(random, name)(random.key(14), (n,)), np.float64)
        assert abs(x.mean() - mean) < 5 * std / n**0.5, name
        assert abs(x.std() - std) < 10 * std / n**0.5, name
