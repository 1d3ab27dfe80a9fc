"""Elementary functions of f32 in vectors: their errors in units in the last place."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.llvm.scalars import VECTOR
from oxmlx.ir.kernel import kernel_of, scalar

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-38, 3e38, -3e38], "f4")
MEANING = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "logistic": lambda x: np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))),
    "erf": np.vectorize(math.erf),
    "sin": np.sin,
    "cos": np.cos,
}
ULPS = {"exp": 1, "expm1": 1.5, "log": 0.8, "log1p": 1.5, "tanh": 2.5, "logistic": 2.2, "erf": 2.4}
ULPS |= {"sin": 1.6, "cos": 1.6}


def native(op: str, x: np.ndarray) -> np.ndarray:
    kernel = kernel_of(op, [x], x, lambda index, x, *, out: scalar(op, x(index)))
    return make_launcher(kernel)([x])[0]


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
