"""Reductions, scans, statistics and histograms against jax.numpy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, Of, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(3)
V, X, T = data(7), data(3, 4), data(2, 3, 4)
K, U, H, B, Z = (data(3, 4, kind=k) for k in "iuhbc")
HOLES = np.where(data(3, 4, kind="b"), X, np.nan)
MASK, W = data(3, 4, kind="b"), data.positive(3, 4)
ROWS = np.array([[True, False, True, True]])

SUMS = "sum prod mean var std"
EXTREMES = "max min amax amin ptp"
NAN = "nansum nanprod nanmean nanvar nanstd nanmax nanmin"
LOGIC = "any all count_nonzero"
AXES = [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": ()}]

CASES = [
    *(Case(name, T, **axes) for name in (SUMS + " " + EXTREMES).split() for axes in AXES[:4]),
    *(Case(name, T, **AXES[4]) for name in ("sum", "max", "any", "mean")),
    *(Case(name, T > 0, **axes) for name in LOGIC.split() for axes in AXES[:4]),
    *(Case(name, x) for name in (SUMS + " max min any").split() for x in (K, U, H, B)),
    *(Case(name, Z, axis=1) for name in (SUMS + " any count_nonzero").split()),
    *(Case(name, Z, axis=k) for name in ("max", "min") for k in (None, 1)),
    Case("max", Z, axis=1, initial=0.5, where=MASK),
    *(Case(name, X, axis=1, where=MASK | ROWS) for name in SUMS.split()),
    *(Case(name, X, axis=0, where=MASK, initial=0.25) for name in ("max", "min", "sum", "prod")),
    *(Case(name, B, where=MASK) for name in ("any", "all")),
    *(Case(name, X, initial=0.5) for name in ("sum", "prod", "max", "min")),
    *(Case(name, HOLES, **axes) for name in NAN.split() for axes in AXES[:3]),
    *(Case(name, K) for name in NAN.split()),
    *(Case(name, np.full((2, 3), np.nan), axis=0, grad=False) for name in NAN.split()),
    Case("sum", U, promote_integers=False),
    Case("var", X, axis=0, ddof=1),
    Case("var", X, axis=0, correction=1),
    Case("std", X, mean=0.5, since="0.8.1"),
    Case("var", V[:1], ddof=1, grad=False),
    Case("nanvar", HOLES, axis=1, ddof=1, grad=False),
    *(Case(name, T, axis=k) for name in ("cumsum", "cumprod") for k in (None, 0, -1)),
    *(Case(name, x) for name in ("cumsum", "cumprod") for x in (K, U, B)),
    *(Case(name, HOLES, axis=1) for name in ("nancumsum", "nancumprod")),
    *(Case(f"cumulative_{name}", X, axis=1, include_initial=True) for name in ("sum", "prod")),
    Case("cumulative_sum", U[0]),
    Case("cumulative_prod", H[0], types=False),  # int32, which the array API wants
    *(Case(name, T, axis=k) for name in ("argmax", "argmin") for k in (None, 1)),
    *(Case(name, T, axis=1, keepdims=True) for name in ("argmax", "argmin")),
    *(Case(name, HOLES, axis=0) for name in ("argmax", "argmin", "nanargmax", "nanargmin")),
    *(Case(name, HOLES) for name in ("nanargmax", "nanargmin")),
    *(Case("quantile", T, 0.3, method=m) for m in ("linear", "lower", "higher", "midpoint")),
    *(Case("quantile", V, q, method="nearest") for q in (0.3, 0.72, 0.99)),
    *(Case("quantile", T, q, axis=1, keepdims=True) for q in (0.0, 0.25, 1.0)),
    Case("quantile", T, np.array([0.1, 0.5, 0.9]), axis=(0, 2)),
    Case("quantile", T, np.array([0.1, 0.5, 0.9]), axis=0, keepdims=True),
    Case("quantile", K, 0.3),
    Case("quantile", HOLES, 0.3, axis=1, grad=False),
    Case("nanquantile", HOLES, 0.3, axis=1),
    Case("nanquantile", HOLES, np.array([0.3, 0.6]), keepdims=True),
    Case("percentile", X, 30),
    Case("percentile", X, np.array([30.0, 60.0]), axis=0),
    Case("nanpercentile", HOLES, 30.0, axis=0),
    *(Case(name, HOLES, axis=1, keepdims=True, grad=False) for name in ("median", "nanmedian")),
    Case("median", T, axis=(1, 2)),
    Case("median", V),
    Case("median", K),
    Case("average", X, axis=0),
    Case("average", X, axis=1, weights=V[:4]),
    Case("average", X, weights=W, returned=True),
    Case("average", K, axis=(1, 0), weights=W.T, since="0.8.0"),
    Case("cov", X),
    Case("cov", X, rowvar=False, bias=True),
    Case("cov", V, data(7)),
    Case("cov", Z),
    Case("cov", X, fweights=Of(lambda xp: xp.array([1, 2, 3, 1])), aweights=W[0]),
    Case("cov", X, aweights=W[0], ddof=0),
    Case("corrcoef", X),
    Case("corrcoef", V, data(7)),
    Case("corrcoef", Z, rowvar=False),
    Case("corrcoef", V),
    Case("bincount", np.array([1, 4, 2, 1]), length=6),
    Case("bincount", np.array([1, 4, 2, 1]), length=3),
    Case("bincount", np.array([1, 4, 2, 1]), weights=V[:4], length=6),
    Case("bincount", np.array([1, 4, 2, 1]), minlength=7, jit=False),
    Case("histogram", V, bins=3, grad=False),
    Case("histogram", V, bins=np.array([-2.0, -0.5, 0.0, 1.0, 3.0]), weights=V, grad=False),
    Case("histogram", V, range=(-1, 1), density=True, grad=False),
    Case("histogram", np.zeros(3), bins=2, grad=False),
    Case("histogram_bin_edges", V, 4, grad=False),
    Case("histogram2d", V, data(7), bins=3, grad=False),
    Case("histogram2d", V, data(7), bins=(2, 4), range=((-1, 1), (0, 2)), grad=False),
    Case("histogramdd", data(9, 3), bins=(2, 3, 2), density=True, grad=False),
    Case("histogramdd", data(9, 2), bins=3, weights=data.positive(9), grad=False),
    Case("diff", V),
    Case("diff", X, 2, axis=0),
    Case("diff", X, prepend=0.5, append=X[:, :2]),
    Case("diff", B),
    Case("ediff1d", X, to_end=V[:2], to_begin=9.5),
    Case("gradient", V),
    Case("gradient", X),
    Case("gradient", X, 0.5, axis=1),
    Case("gradient", X, 0.5, 2.0),
    Case("trapezoid", V),
    Case("trapezoid", X, np.array([0.0, 0.5, 1.5]), axis=0),
    Case("trapezoid", X, dx=0.3),
    Case("interp", X, np.array([-1.0, 0.0, 0.5, 2.0]), data(4)),
    Case("interp", X, np.array([-1.0, 0.0, 0.5, 2.0]), data(4), left=7.5, right=-3),
    Case("interp", X, np.array([0.3, 0.1, 0.7]), data(3), period=1.0),
    Case("interp", X, np.array([-0.1, 0.3]), data(2), left="extrapolate", right="extrapolate"),
    *(Case("convolve", V, X[0], mode) for mode in ("full", "same", "valid")),
    *(Case("correlate", V, X[0], mode) for mode in ("full", "same", "valid")),
    *(Case("correlate", X[0], V, mode) for mode in ("full", "same", "valid")),
    Case("convolve", X[0], V, "same"),
    Case("correlate", Z[0], Z[1], "full"),
    Case("convolve", K[0], K[1]),
    Case("ptp", X, axis=1, keepdims=True),
]

test_values, test_types, test_vmap = laws(CASES)


@pytest.mark.parametrize("order", [1, 2])
def test_gradient_on_coordinates_is_that_of_numpy(order: int) -> None:
    x = np.cumsum(data.positive(7))
    mine = onp.gradient(ox.array(V, "float64"), ox.array(x, "float64"), edge_order=order)
    np.testing.assert_allclose(mine, np.gradient(V, x, edge_order=order), rtol=1e-12)
    both = onp.gradient(ox.array(X, "float64"), 2.0, axis=1, edge_order=order)
    np.testing.assert_allclose(both, np.gradient(X, 2.0, axis=1, edge_order=order), rtol=1e-12)


@pytest.mark.parametrize("weights", [W, W[0]])
def test_weighted_quantiles_are_those_of_numpy(weights: np.ndarray) -> None:
    q, axis = np.array([0.1, 0.5, 0.93]), None if weights is W else 1
    options = {"axis": axis, "method": "inverted_cdf"}
    mine = onp.quantile(
        ox.array(X, "float64"),
        ox.array(q, "float64"),
        weights=ox.array(weights, "float64"),
        **options,
    )
    np.testing.assert_array_equal(mine, np.quantile(X, q, weights=weights, **options))
    plain = onp.quantile(ox.array(X, "float64"), ox.array(q, "float64"), **options)
    np.testing.assert_array_equal(plain, np.quantile(X, q, **options))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bit_means_do_not_overflow(dtype: str) -> None:
    x = onp.full(70_000, 2, dtype)
    assert onp.mean(x).item() == 2 and onp.std(x).item() == 0
    assert onp.mean(x).dtype == onp.std(x).dtype == dtype


def test_quantiles_of_infinities_are_those_of_numpy() -> None:
    x, q = np.array([-np.inf, 1, 2, np.inf]), np.array([0, 1 / 3, 1])
    mine = onp.quantile(ox.array(x, "float64"), ox.array(q, "float64"))
    assert mine.tolist() == [-np.inf, 1, np.inf]  # as NumPy; JAX has NaN at the ends


def test_sums_are_accurate() -> None:
    assert abs(onp.sum(onp.full(10_000_000, 0.1)).item() - 1e6) < 1
    x = ox.array(1e4 + np.random.default_rng(0).random(100_000), "float32")
    assert abs(onp.var(x).item() - 1 / 12) < 1e-3
    assert abs(onp.cumsum(onp.full(1_000_000, 0.1))[-1].item() - 1e5) < 1


def test_reductions_of_nothing() -> None:
    x = onp.zeros((2, 3, 0))
    assert onp.sum(x, 1).shape == (2, 0) and onp.sum(x).item() == 0 and onp.prod(x).item() == 1
    assert np.isnan(onp.mean(x).item()) and onp.max(x, 1).shape == (2, 0)
    assert onp.max(x, initial=3).item() == 3
