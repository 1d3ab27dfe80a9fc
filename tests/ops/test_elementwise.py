"""Elementwise, structural and contracting primitives against JAX under every transformation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import agree
from jax import lax

import oxmlx as ox
from oxmlx.ops import complex as cx
from oxmlx.ops import elementwise as ew
from oxmlx.ops import math as m
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.dot import dot_general, matmul
from oxmlx.ops.select import clamp, maximum, minimum, select
from oxmlx.ops.shape import broadcast_to, reshape, transpose

RNG = np.random.default_rng(5)


def between(low: float, high: float, *shape: int) -> np.ndarray:
    return RNG.uniform(low, high, shape or (2, 3))


def complex_(*shape: int) -> np.ndarray:
    shape = shape or (2, 3)
    return RNG.uniform(-1, 1, shape) + 1j * RNG.uniform(0.2, 1, shape)


UNARY: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[float, float]]] = {
    "neg": (ew.neg, lax.neg, (-2, 2)),
    "abs": (m.abs_, lax.abs, (0.3, 2)),
    "exp": (m.exp, lax.exp, (-2, 2)),
    "exp2": (m.exp2, lax.exp2, (-2, 2)),
    "expm1": (m.expm1, lax.expm1, (-2, 2)),
    "log": (m.log, lax.log, (0.2, 3)),
    "log1p": (m.log1p, lax.log1p, (-0.7, 3)),
    "sqrt": (m.sqrt, lax.sqrt, (0.2, 3)),
    "rsqrt": (m.rsqrt, lax.rsqrt, (0.2, 3)),
    "cbrt": (m.cbrt, lax.cbrt, (0.2, 3)),
    "sin": (m.sin, lax.sin, (-2, 2)),
    "cos": (m.cos, lax.cos, (-2, 2)),
    "tan": (m.tan, lax.tan, (-1, 1)),
    "asin": (m.asin, lax.asin, (-0.9, 0.9)),
    "acos": (m.acos, lax.acos, (-0.9, 0.9)),
    "atan": (m.atan, lax.atan, (-2, 2)),
    "sinh": (m.sinh, lax.sinh, (-2, 2)),
    "cosh": (m.cosh, lax.cosh, (-2, 2)),
    "tanh": (m.tanh, lax.tanh, (-2, 2)),
    "asinh": (m.asinh, lax.asinh, (-2, 2)),
    "acosh": (m.acosh, lax.acosh, (1.2, 3)),
    "atanh": (m.atanh, lax.atanh, (-0.9, 0.9)),
    "logistic": (m.logistic, lax.logistic, (-3, 3)),
    "erf": (m.erf, lax.erf, (-2, 2)),
    "erfc": (m.erfc, lax.erfc, (-2, 2)),
    "erf_inv": (m.erf_inv, lax.erf_inv, (-0.9, 0.9)),
    "lgamma": (m.lgamma, lax.lgamma, (1.2, 4)),
    "digamma": (m.digamma, lax.digamma, (0.5, 4)),
    "integer_pow": (lambda x: m.integer_pow(x, 5), lambda x: lax.integer_pow(x, 5), (-2, 2)),
    "reciprocal": (lambda x: m.integer_pow(x, -2), lambda x: lax.integer_pow(x, -2), (0.5, 2)),
}
COMPLEX = [
    "neg",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "atanh",
    "logistic",
]
BINARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (ew.add, lax.add),
    "sub": (ew.sub, lax.sub),
    "mul": (ew.mul, lax.mul),
    "div": (ew.div, lax.div),
    "pow": (m.power, lax.pow),
    "atan2": (m.atan2, lax.atan2),
    "max": (maximum, lax.max),
    "min": (minimum, lax.min),
    "rem": (m.rem, lax.rem),
}


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    ours, theirs, domain = UNARY[name]
    agree(ours, theirs, between(*domain))


@pytest.mark.parametrize("name", COMPLEX)
def test_unary_complex(name: str) -> None:
    ours, theirs, _ = UNARY[name]
    agree(ours, theirs, complex_())


@pytest.mark.parametrize("name", ["abs", "real", "imag", "conj"])
def test_parts_of_complex_numbers(name: str) -> None:
    ours = {"abs": m.abs_, "real": cx.real, "imag": cx.imag, "conj": cx.conj}[name]
    agree(ours, getattr(lax, name), complex_())


def test_complex_from_parts() -> None:
    agree(cx.complex_, lax.complex, between(-1, 1), between(-1, 1))


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    agree(*BINARY[name], between(0.5, 2.5), between(0.6, 2.0))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
def test_binary_complex(name: str) -> None:
    agree(*BINARY[name], complex_(), complex_())


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "max", "pow"])
def test_rank_0_beside_rank_2(name: str) -> None:
    ours, theirs = BINARY[name]
    scalar, matrix = np.asarray(1.3), between(0.5, 2.5)

    def wide(x: Any, y: Any) -> Any:
        return theirs(*jnp.broadcast_arrays(x, y))

    agree(ours, wide, scalar, matrix)
    agree(ours, wide, matrix, scalar)


def test_ties_halve_the_derivative() -> None:
    x = np.array([1.0, 2.0, 3.0])
    agree(maximum, lax.max, x, np.array([1.0, 2.5, 2.0]), skip=["jvp of vjp", "vjp of jvp"])


def test_select_and_clamp() -> None:
    cond = np.array([[True, False, True], [False, False, True]])
    ours = lambda x, y: select(cond, x, y)  # noqa: E731
    agree(ours, lambda x, y: lax.select(cond, x, y), between(-1, 1), between(-1, 1))
    low, high = np.asarray(-0.5), np.asarray(0.5)
    agree(
        lambda a, x, b: clamp(a, x, b),
        lambda a, x, b: lax.clamp(jnp.broadcast_to(a, x.shape), x, jnp.broadcast_to(b, x.shape)),
        low,
        between(-1, 1),
        high,
    )


def test_clamp_passes_on_or_drops() -> None:
    """Also an infinite cotangent is dropped; of bounds in the wrong order the upper one wins."""
    f = lambda a, x, b: x * clamp(a, x, b)  # noqa: E731
    theirs = lambda a, x, b: x * lax.clamp(a, x, b)  # noqa: E731
    for x in (-np.inf, -2.0, -1.0, 0.5, 1.0, 2.0, np.inf):
        args = np.float64(-1), np.float64(x), np.float64(1)
        got = ox.grad(f, (0, 1, 2))(*map(from_numpy, args))
        np.testing.assert_array_equal(got, jax.grad(theirs, (0, 1, 2))(*args))
    for x in (0.0, 1.5, 3.0):
        args = map(from_numpy, (np.float64(2), np.float64(x), np.float64(1)))
        assert [g.item() for g in ox.grad(clamp, (0, 1, 2))(*args)] == [0, 0, 1]


def test_cast() -> None:
    to = lambda x: cast(cast(x, np.dtype(np.complex128)), np.dtype(np.float64))  # noqa: E731
    theirs = lambda x: lax.real(lax.convert_element_type(x, np.complex128))  # noqa: E731
    agree(to, theirs, between(-1, 1), skip=["float32"])


def test_structure() -> None:
    x = RNG.normal(size=(2, 3, 4))
    agree(lambda x: transpose(x, (2, 0, 1)), lambda x: lax.transpose(x, (2, 0, 1)), x)
    agree(lambda x: reshape(x, (4, 6)), lambda x: lax.reshape(x, (4, 6)), x)
    agree(lambda x: reduce_sum(x, (0, 2)), lambda x: jnp.sum(x, (0, 2)), x)
    agree(lambda x: broadcast(x, (5, 2, 3, 4), (0,)), lambda x: lax.broadcast(x, (5,)), x)
    agree(lambda x: broadcast_to(x, (3, 2)), lambda x: jnp.broadcast_to(x, (3, 2)), x[0, :, :1])


DOTS: list[Any] = [
    ((2, 3), (3, 4), ((1,), (0,)), ((), ())),
    ((3, 2), (4, 3), ((0,), (1,)), ((), ())),
    ((2, 3, 4), (2, 4, 5), ((2,), (1,)), ((0,), (0,))),
    ((3, 2, 4), (2, 5, 3), ((0,), (2,)), ((1,), (0,))),
    ((4, 2, 3), (3, 4, 2), ((2, 0), (0, 1)), ((1,), (2,))),
    ((2,), (3,), ((), ()), ((), ())),
]


@pytest.mark.parametrize(("a", "b", "contract", "batch"), DOTS)
def test_dot_general(a: Any, b: Any, contract: Any, batch: Any) -> None:
    agree(
        lambda x, y: dot_general(x, y, contract, batch),
        lambda x, y: lax.dot_general(x, y, (contract, batch)),
        RNG.normal(size=a),
        RNG.normal(size=b),
    )


MATMULS: list[Any] = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((5, 2, 3), (5, 3, 4)),
    ((2, 1, 3, 4), (5, 4, 2)), ((1, 2, 3), (5, 3, 4)), ((6, 5, 2, 3), (5, 3, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), MATMULS)
def test_matmul(a: Any, b: Any) -> None:
    agree(matmul, jnp.matmul, RNG.normal(size=a), RNG.normal(size=b))
