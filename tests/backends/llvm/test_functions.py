"""Elementary functions of f32 in vectors: their errors in units in the last place."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import mpmath as mp
import numpy as np
import pytest

from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.llvm.scalars import VECTOR
from oxmlx.ir.kernel import kernel_of, scalar
from oxmlx.ir.scalar import SCALARS

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-38, 3e38, -3e38], "f4")
MEANING = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "logistic": lambda x: np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))),
    "erf": np.vectorize(math.erf),
    "erf_inv": SCALARS["erf_inv"].run,
    "sin": np.sin,
    "cos": np.cos,
}
ULPS = {"exp": 1, "expm1": 1.5, "log": 0.8, "log1p": 1.5, "tanh": 2.5, "logistic": 2.2, "erf": 2.4}
ULPS |= {"erf_inv": 3.1, "sin": 1.6, "cos": 1.6}


def native(op: str, *xs: np.ndarray) -> np.ndarray:
    kernel = kernel_of(op, xs, xs[0], lambda index, *xs, out: scalar(op, *(x(index) for x in xs)))
    return make_launcher(kernel)(xs)[0]


def sweep() -> np.ndarray:
    """Numbers of all sizes and both signs, dense where the functions bend."""
    rng = np.random.default_rng(0)
    size = np.exp2(rng.uniform(-126, 100, 200_000))
    near = rng.normal(size=200_000) * rng.choice([0.01, 1, 10, 100], 200_000)
    every = np.concatenate([size, -size, near, np.linspace(-110, 110, 200_001)])
    return every.astype(np.float32)


def test_every_function_has_a_bound() -> None:
    assert set(MEANING) == set(ULPS) == set(VECTOR)


@pytest.mark.parametrize("op", VECTOR)
def test_the_error_of_the_docstring(op: str) -> None:
    x = sweep()
    got = native(op, x)
    with np.errstate(all="ignore"):
        want = MEANING[op](x.astype(np.float64))
        nearest = want.astype(np.float32)
        unit = np.spacing(np.maximum(np.abs(nearest), np.float32(2.0**-126)))
        error = np.abs(got - want) / unit
    both = np.isfinite(nearest) & np.isfinite(got)
    np.testing.assert_array_equal(got[~both], nearest[~both])
    worst = np.argmax(np.where(both, error, 0))
    assert error[worst] <= ULPS[op], x[worst]


@pytest.mark.parametrize("op", VECTOR)
def test_special_values(op: str) -> None:
    with np.errstate(all="ignore"):
        want = MEANING[op](SPECIAL.astype(np.float64)).astype(np.float32)
    got = native(op, SPECIAL)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-44)
    if op not in ("exp", "logistic", "cos", "log"):
        assert np.array_equal(np.signbit(got[:2]), np.signbit(want[:2]))


@pytest.mark.parametrize("x", [1e8, 2.0**30, 1e10, 1e20, 3e38])
def test_angles_of_any_size(x: float) -> None:
    x = float(np.float32(x))
    with mp.workdps(80):
        want = [float(mp.sin(mp.mpf(x))), float(mp.cos(mp.mpf(x)))]
    got = [native(op, np.full(3, x, np.float32))[1] for op in ("sin", "cos")]
    np.testing.assert_allclose(got, want, rtol=2e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_gamma(dtype: str) -> None:
    x = np.concatenate([np.random.default_rng(0).uniform(-20, 50, 5000), SPECIAL]).astype(dtype)
    with np.errstate(all="ignore"):
        want = SCALARS["lgamma"].run(x.astype(np.float64)).astype(dtype)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(native("lgamma", x), want, rtol=4 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_powers_of_integers(dtype: str) -> None:
    rng, low = np.random.default_rng(0), -6 if dtype[0] == "i" else 0
    x, y = rng.integers(low, 7, 5000).astype(dtype), rng.integers(low, 70, 5000).astype(dtype)
    np.testing.assert_array_equal(native("pow", x, y), SCALARS["pow"].run(x, y))


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float32", "float64"], ids=str)
def test_the_next_number(dtype: Any) -> None:
    rng, special = np.random.default_rng(0), np.array([*SPECIAL, 1, -1, 65504, 6e-8], np.float64)
    with np.errstate(all="ignore"):
        pairs = [v.ravel() for v in np.meshgrid(*[special.astype(dtype)] * 2)]
        x, y = (np.concatenate([np.frombuffer(rng.bytes(20000), dtype), p]) for p in pairs)
        want = SCALARS["nextafter"].run(x, y)
        got = native("nextafter", x, y)
        np.testing.assert_array_equal(got.astype(np.float64), want.astype(np.float64))
