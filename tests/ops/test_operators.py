"""Operators: bools as in NumPy, quotients that fit remainders, operands of foreign classes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError

onp = ox.numpy

TRUTH = np.array([[True, True, False, False], [True, False, True, False]])
BINARY = {
    "+": lambda x, y: x + y,
    "*": lambda x, y: x * y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "**": lambda x, y: x**y,
}


@pytest.mark.parametrize("name", BINARY)
def test_bools_as_in_jax(name: str) -> None:
    f, (x, y) = BINARY[name], TRUTH
    y = y | (name in ("//", "%"))
    for got, want in (
        (f(onp.array(x), onp.array(y)), f(jnp.array(x), jnp.array(y))),
        (f(True, onp.array(y)), f(True, jnp.array(y))),
        (f(onp.array(x), True), f(jnp.array(x), True)),
    ):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == want.dtype
        assert got.dtype == (bool if name in "+*" else np.int32)


@pytest.mark.parametrize("f", [lambda x: x - x, lambda x: -x])
def test_bools_have_no_difference(f: Any) -> None:
    with pytest.raises(DtypeError):
        f(onp.array(TRUTH))


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)


@given(FLOATS, FLOATS)
def test_floor_division_is_numpys(x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        want = np.floor_divide(np.float32(x), np.float32(y))
    got = np.asarray(onp.array(x) // onp.array(y))
    np.testing.assert_array_equal(got, want)


def test_quotient_and_remainder_fit() -> None:
    assert onp.array(1.0) // 0.1 == 9  # 1 / 0.1 rounds to 10
    for x, y in ((1.0, 0.1), (-1.0, 0.1), (7.5, -2.0), (-7.5, -2.0), (-1.0, np.inf)):
        q, r = divmod(onp.array(x), onp.array(y))
        assert (float(q), float(r)) == tuple(map(float, divmod(np.float32(x), np.float32(y))))
    for x, y in ((7, 2), (-7, 2), (7, -2), (-7, -2), (-(2**31), -1)):
        with np.errstate(over="ignore"):
            q, r = np.divmod(np.int32(x), np.int32(y))
        assert (onp.array(x) // y).item() == q
        assert (onp.array(x) % y).item() == r


def test_the_derivative_of_a_quotient_rounded_down_is_zero() -> None:
    for x, y in ((7.5, 2.0), (-7.5, 2.0), (7.5, 0.0)):
        assert [g.item() for g in ox.grad(lambda x, y: x // y, (0, 1))(x, y)] == [0, 0]


@pytest.mark.parametrize("f", [lambda x: x**-1, lambda x: onp.power(x, -1)])
def test_an_integer_has_no_reciprocal(f: Any) -> None:
    with pytest.raises(DtypeError, match="Convert the base to a float first"):
        f(onp.array(2))
    assert f(onp.array(2.0)) == 0.5


class Metres:
    """Numbers that know what to do with arrays."""

    def __radd__(self, other: Any) -> str:
        return "sum"

    def __rmatmul__(self, other: Any) -> str:
        return "product"

    def __eq__(self, other: Any) -> Any:
        return "compared"

    __hash__ = None  # type: ignore[assignment]


def test_a_foreign_operand_may_have_methods_of_its_own() -> None:
    for x in (onp.ones(2), jnp.ones(2)):
        assert (x + Metres(), x @ Metres(), x == Metres()) == ("sum", "product", "compared")  # type: ignore[operator]
        assert (x == mock.ANY) is True
        assert (x == None, x != None, x in [None, "a"]) == (False, True, False)  # noqa: E711


@pytest.mark.parametrize("other", [None, "a", Fraction(1, 2)])
def test_a_foreign_operand_without_methods_is_a_type_error(other: Any) -> None:
    for x in (onp.ones(2), jnp.ones(2)):
        with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+"):
            x + other
        with pytest.raises(TypeError, match="not supported between instances"):
            _ = x < other


@pytest.mark.parametrize("other", [[1, 2], (1, 2), {1: 2}])
def test_a_container_is_not_taken_for_an_array(other: Any) -> None:
    with pytest.raises(ArgumentError, match=r"Convert it with ox.numpy.array"):
        onp.ones(2) + other
    with pytest.raises(TypeError):
        jnp.ones(2) + other
    with pytest.raises(ArgumentError):
        _ = onp.ones(2) == other
    with pytest.raises(TypeError):
        _ = jnp.ones(2) == other


def test_the_slope_of_a_cube_root_at_zero_is_infinite() -> None:
    xs = np.array([0.0, 8.0, -8.0, np.inf])
    for got, want in (
        (ox.vmap(ox.grad(onp.cbrt))(onp.array(xs)), jax.vmap(jax.grad(jnp.cbrt))(jnp.array(xs))),
    ):
        np.testing.assert_allclose(got[:3], want[:3], rtol=1e-6)
        assert got[3] == 0
