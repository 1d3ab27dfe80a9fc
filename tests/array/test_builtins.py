"""Python's own functions of numbers, on arrays."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import DtypeError

FLOATS = [2.5, -2.5, 0.4, 3.6, np.nan, 6e4, -np.inf]
OPERANDS = [
    *(np.array(FLOATS, t) for t in ("float16", "float32", ox.bfloat16.dtype)),
    *(np.array([3, 100], t) for t in ("uint8", "int16", "int32")),
    np.asarray(1e12, np.float32),
    np.zeros((2, 0), np.float32),
]


@pytest.mark.parametrize("digits", [(), (None,), (0,), (1,)], ids=str)
@pytest.mark.parametrize("x", OPERANDS, ids=lambda x: f"{x.dtype}{x.shape}")
def test_round_is_that_of_jax(x: np.ndarray[Any, Any], digits: Any) -> None:
    """Without a number of digits the nearest integers, as Python's round of a float."""
    with np.errstate(all="ignore"):
        got, want = round(ox.array(x), *digits), round(jnp.asarray(x), *digits)
    assert (got.dtype, got.shape, got.weak_type) == (want.dtype, want.shape, want.weak_type)
    if digits != (1,):  # a decimal has other last bits
        np.testing.assert_array_equal(*(np.asarray(y, np.float32) for y in (got, want)))


def test_round_loses_nothing_that_64_bits_hold() -> None:
    """JAX has no 64-bit numbers without its flag, and wraps unsigned ones."""
    assert round(ox.array(1e12, "float64")).item() == 10**12
    for dtype in ("int64", "uint32", "uint64"):
        assert round(ox.array(2**32 - 1, dtype)).tolist() == 2**32 - 1
    with pytest.raises(DtypeError, match="c64"):
        round(ox.array(1 + 2j))


def test_round_of_a_traced_value() -> None:
    assert ox.jit(round)(2.5).dtype == np.int32
    with pytest.raises(TypeError):
        ox.grad(round)(2.5)
