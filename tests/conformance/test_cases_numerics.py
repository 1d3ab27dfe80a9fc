"""facts/cases.md, groups 15, 27-33: edges of arithmetic, and how exact sums are.

Where MLX and JAX disagree the name of a test says whom we follow.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from weighted import pull

import oxmlx as ox
from oxmlx.errors import DtypeError, OverflowingLiteralError

onp, nn = ox.numpy, ox.nn


def grad_at(f: Any, *xs: Any) -> Any:
    return ox.grad(f)(*(onp.array(x, dtype="float32") for x in xs))


def test_15_softmax() -> None:
    for x in ([1.0, 2.0, 3.0], [1000.0, 1001.0, 1002.0]):
        want = [0.0900306, 0.2447285, 0.6652409]
        np.testing.assert_allclose(nn.softmax(onp.array(x)), want, rtol=1e-6)
    x = onp.array(np.random.default_rng(0).normal(size=(5, 7)) * 30)
    np.testing.assert_allclose(onp.sum(nn.softmax(x), axis=-1), np.ones(5), atol=1e-6)
    half = nn.softmax(onp.array([6e4, 6e4], dtype="float16"))
    assert (half.tolist(), half.dtype) == ([0.5, 0.5], np.float16)


@pytest.mark.parametrize("x", [[-inf, -inf], [inf, 0.0], [nan, 0.0]])
def test_15_softmax_of_what_has_none_is_nan(x: list[float]) -> None:
    assert np.isnan(nn.softmax(onp.array(x))).all()


def test_27_gradients_at_kinks() -> None:
    assert grad_at(onp.maximum, 0.0, 0.0) == 0.5, "as JAX; MLX 0"
    assert grad_at(nn.relu, 0.0) == 0
    assert grad_at(onp.abs, 0.0) == 0, "as MLX; JAX 1"
    assert grad_at(onp.max, [2, 2, 1]).tolist() == [0.5, 0.5, 0]
    assert pull(lambda x: onp.max(x, keepdims=True), [3.0], onp.ones(2)).tolist() == [1.5, 1.5]
    assert grad_at(onp.sqrt, 0.0) == inf


def test_27_gradients_at_zero() -> None:
    assert grad_at(onp.prod, [0, 2, 3]).tolist() == [6, 0, 0]
    assert grad_at(onp.prod, [0, 0, 3]).tolist() == [0, 0, 0]
    assert np.isnan(grad_at(onp.linalg.norm, [0, 0])).all()
    for zero in (0, 0.0, onp.array(0.0)):  # 1 for every x, so 0; MLX and JAX: nan
        assert grad_at(lambda x, zero=zero: x**zero, 0.0) == 0
    unsafe = grad_at(lambda x: onp.where(x > 0, onp.log(x), 0.0), 0.0)
    assert np.isnan(unsafe), "0 · ∞ of the branch not taken: as MLX and JAX"
    safe = grad_at(lambda x: onp.where(x > 0, onp.log(onp.where(x > 0, x, 1.0)), 0.0), 0.0)
    assert safe == 0


def test_28_integer_division() -> None:
    x = onp.array(-3)
    assert ((x // 2).item(), (x % 2).item(), (-x // -2).item()) == (-2, 1, -2)
    assert (onp.array(1) // 0).item() == -1, "MLX 0, JAX -2"
    assert (onp.array(1) % 0).item() == 1, "so that x = y (x // y) + x % y; JAX 0"


def test_28_integer_powers_refuse_a_reciprocal_as_jax() -> None:
    for f in (lambda x: x**-1, lambda x: onp.power(x, -1)):
        with pytest.raises(DtypeError, match="Convert the base to a float first"):
            f(onp.array(2))
    assert onp.power(onp.array(2), onp.array(-1)).item() == 0, "an exponent that is data: as MLX"


def test_28_floats_saturate_to_integers_as_jax() -> None:
    x = onp.array([300.0, -5.0, nan, 3.9])
    assert x.astype("uint8").tolist() == [255, 0, 0, 3]
    assert onp.array([3.9, -3.9]).astype("int32").tolist() == [3, -3]
    far = onp.array([inf, -inf, 3e9]).astype("int32")
    assert far.tolist() == [2**31 - 1, -(2**31), 2**31 - 1]
    assert onp.array([300, -5]).astype("uint8").tolist() == [44, 251], "integers wrap"


def test_28_numbers_that_do_not_fit_raise_as_mlx_and_never_wrap() -> None:
    x = onp.array([1], dtype="uint8")
    for f in (lambda: x + 300, lambda: x - (-1), lambda: onp.full(2, 256, dtype="uint8")):
        with pytest.raises(OverflowingLiteralError, match="does not fit u8"):
            f()
    for f in (lambda: onp.array(2**40), lambda: onp.array([1]) + 2**40):
        with pytest.raises(OverflowError, match="does not fit i32"):
            f()
    assert onp.array(2**40, dtype="int64").item() == 2**40


def test_29_rounding_and_nan() -> None:
    half = onp.round(onp.array([0.5, 1.5, 2.5, -0.5]))
    assert half.tolist() == [0, 2, 2, 0] and np.signbit(half[3].item())
    x = onp.array([1.0, nan, 0.0, nan])
    np.testing.assert_array_equal(onp.sort(x), [0, 1, nan, nan])
    assert (onp.argmax(x).item(), onp.argmin(x).item()) == (1, 1)
    for f in (onp.max, onp.min):
        assert np.isnan(f(x).item()) and np.isnan(ox.jit(f)(x).item())
    for f in (onp.maximum, onp.minimum):
        for pair in ((1.0, nan), (nan, 1.0)):
            assert np.isnan(f(*pair).item())


def test_30_subnormals_are_kept_as_in_mlx() -> None:
    x = onp.array(1e-40)
    assert (x * 1).item() == pytest.approx(1e-40, rel=1e-4)
    assert ox.jit(lambda x: x + x)(x).item() == pytest.approx(2e-40, rel=1e-4)


def test_30_narrow_floats_round_to_nearest_even() -> None:
    x = onp.array([1 + 2**-8, 1 + 3 * 2**-8])
    assert x.astype("bfloat16").astype("float32").tolist() == [1.0, 1.015625]
    assert onp.array(70000.0).astype("float16").item() == inf
    assert onp.array(65519.0).astype("float16").item() == 65504


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [
        *(("uint8", "uint32"), ("uint16", "uint32"), ("uint32", "uint32"), ("uint64", "uint64")),
        *(("bool", "int32"), ("int8", "int32"), ("int32", "int32"), ("int64", "int64")),
        *(("float16", "float16"), ("bfloat16", "bfloat16"), ("float64", "float64")),
    ],
)
def test_31_dtypes_of_sums(dtype: str, wanted: str) -> None:
    total = onp.sum(onp.ones(300, dtype=dtype))
    assert total.dtype == ox.dtypes.as_dtype(wanted)
    assert float(total) == 300


def test_31_narrow_sums_accumulate_wide() -> None:
    assert onp.mean(onp.array([1, 2], dtype="int8")).item() == 1.5
    assert onp.sum(onp.ones(70_000, dtype="float16")).item() == inf
    assert onp.mean(onp.ones(70_000, dtype="float16")).item() == 1
    assert float(onp.sum(onp.ones(1000, dtype="bfloat16"))) == 1000
    tenth = onp.full(4096, 0.1, dtype="float16")
    assert (tenth @ onp.ones(4096, dtype="float16")).item() == 409.5


def test_32_sums_of_many_terms() -> None:
    """MLX: 1 087 937, 100 958 and 17 222.9."""
    assert abs(onp.sum(onp.full(10**7, 0.1)).item() - 1e6) <= 1
    assert abs(onp.cumsum(onp.full(10**6, 0.1))[-1].item() - 1e5) <= 1
    columns = onp.sum(onp.full((10**6, 2), 0.1), axis=0)
    np.testing.assert_allclose(columns, [1e5, 1e5], rtol=1e-6)
    x = (1e4 + np.random.default_rng(0).random(10**5)).astype(np.float32)
    assert onp.var(onp.array(x)).item() == pytest.approx(np.var(x, dtype=np.float64), rel=1e-5)
    pair = onp.array(np.stack([x, x], 1))
    np.testing.assert_allclose(onp.var(pair, axis=0), [np.var(x, dtype=np.float64)] * 2, rtol=1e-5)


def test_33_logarithms_of_sums() -> None:
    assert [nn.logsumexp(onp.array([a, a])).item() for a in (-inf, inf)] == [-inf, inf]
    assert onp.logaddexp(-inf, -inf).item() == -inf
    loss = nn.losses.cross_entropy(onp.array([1e4, 0.0]), onp.array(1))
    assert loss.item() == 1e4
    assert np.isnan(onp.var(onp.array([1.0]), ddof=1).item())


@pytest.mark.parametrize("x", [-inf, inf])
def test_33_gradients_of_logaddexp_at_infinity_add_up_to_one_where_mlx_and_jax_do_not(
    x: float,
) -> None:
    slopes = ox.grad(onp.logaddexp, argnums=(0, 1))(x, x)
    assert sum(s.item() for s in slopes) == 1
