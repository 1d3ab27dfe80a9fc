"""Printing, errors, what can change, trees."""

from __future__ import annotations

import sys
from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx import errors

onp = ox.numpy


@row("printing")
def printing() -> None:
    seen: list[str] = []
    for L, np in ((jax, jnp), (ox, onp)):
        assert str(np.array([1.5])) == "[1.5]"
        seen.append(repr(np.array([1.0, 2.5])))
        seen.append(repr(np.asarray(1.0)))
        L.make_jaxpr(lambda x: seen.append(repr(x)))(np.ones(3))
        seen.append(repr(L.random.key(0)))
    assert seen.pop(2) in ("JitTracer(float32[3])", "Traced<float32[3]>with<DynamicJaxprTrace>")
    assert seen == [
        "Array([1. , 2.5], dtype=float32)",
        "Array(1., dtype=float32, weak_type=True)",
        "Array((), dtype=key<fry>) overlaying:\n[0 0]",
        "array([1. , 2.5], dtype=float32)",
        "array(1., dtype=float32)",
        "Traced<f32[3]>",
        "array((), dtype=key<threefry>) overlaying [0 0]",
    ]


MISTAKES = [
    (lambda L, np: np.ones(3) + np.ones(4), TypeError, errors.ShapeError),
    (lambda L, np: np.ones((2, 3)) @ np.ones((2, 3)), TypeError, errors.ShapeError),
    (lambda L, np: np.sum(np.ones(3), axis=1), ValueError, errors.AxisError),
    (lambda L, np: np.concatenate([]), ValueError, errors.ArgumentError),
    (lambda L, np: np.zeros((3, 2))[0, 0, 0], IndexError, errors.AxisError),
    (lambda L, np: L.tree.map(max, [1], [1, 2]), ValueError, errors.TreeError),
    (lambda L, np: L.grad(lambda x: x)(np.ones(2)), TypeError, errors.GradientError),
    (lambda L, np: L.jit(lambda x: bool(x))(1.0), TypeError, errors.ConcretizationError),
    (lambda L, np: L.random.normal((3,)), TypeError, errors.KeyTypeError),
    (lambda L, np: np.ones(2).__setitem__(0, 1), TypeError, errors.ImmutableError),
]


@row("classes of errors")
def error_classes() -> None:
    for mistake, theirs, ours in MISTAKES:
        with pytest.raises(theirs):
            mistake(jax, jnp)
        with pytest.raises(ours) as caught:
            mistake(ox, onp)
        assert isinstance(caught.value, errors.OxmlxError) and isinstance(caught.value, theirs)


@row("Python's buffer protocol")
def buffers() -> None:
    x = onp.arange(3.0)
    assert numpy.asarray(memoryview(jnp.arange(3.0))).tolist() == [0, 1, 2]
    shared = memoryview(numpy.asarray(x))
    assert numpy.shares_memory(numpy.from_dlpack(x), shared)
    if sys.version_info >= (3, 12):
        assert numpy.shares_memory(memoryview(x), shared)
    else:
        with pytest.raises(TypeError, match="bytes-like"):
            memoryview(x)


@row("attributes of arrays")
def attributes() -> None:
    x = jnp.ones(2)
    x.foo = 1
    assert x.foo == 1
    with pytest.raises(AttributeError, match="foo"):
        onp.ones(2).foo = 1


@row("NumPy arrays given to device_put")
def device_put() -> None:
    # JAX on the CPU shares what lies at a multiple of 64 bytes.
    room = numpy.zeros(256, numpy.uint8)
    x = room[-room.ctypes.data % 64 :][:64].view(numpy.float32)
    theirs, ours = jax.device_put(x), ox.device_put(x)
    x[0] = 7
    assert (theirs[0].item(), ours[0].item()) == (7, 0)


class Tagged:
    """A node whose metadata is a number."""

    def __init__(self, x: Any, tag: Any) -> None:
        self.x, self.tag = x, tag


class Single(namedtuple("Pair", "a b")):
    """A named tuple made of one argument."""

    def __new__(cls, pair: Any) -> Any:
        return super().__new__(cls, *pair)


for library in (jax, ox):
    library.tree_util.register_pytree_node(
        Tagged, lambda t: ((t.x,), t.tag), lambda tag, xs: Tagged(xs[0], tag)
    )


@row("metadata of nodes")
def metadata() -> None:
    def same(L: Any, a: Any, b: Any) -> bool:
        return L.tree.structure(Tagged(0, a)) == L.tree.structure(Tagged(0, b))

    for a, b in ((1, 1.0), (1, True), (0.0, -0.0)):
        assert same(jax, a, b) and not same(ox, a, b)
    assert same(ox, 1, 1)


@row("named tuples with a constructor of their own")
def named_tuples() -> None:
    pair = Single((1, 2))
    with pytest.raises(TypeError, match="positional arguments"):
        jax.tree.map(lambda x: x, pair)
    again = ox.tree.map(lambda x: x + 1, pair)
    assert type(again) is Single and again == (2, 3)
