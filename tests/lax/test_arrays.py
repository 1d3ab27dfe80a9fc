"""Shapes, parts and dtypes of arrays, program by program against jax.lax."""

from __future__ import annotations

from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lax.oracle import Program, compared, normal, program, same_derivatives, same_value

import oxmlx as ox
from oxmlx.ops.convert import from_numpy

V, M, T = normal(3), normal(2, 3), normal(2, 1, 4)
I32 = np.arange(6, dtype=np.int32).reshape(2, 3)

LINEAR: list[Program] = [
    program("broadcast", lambda lax, x: lax.broadcast(x, (2, 4)), V),
    program("broadcast by nothing", lambda lax, x: lax.broadcast(x, ()), V),
    program("broadcast_in_dim", lambda lax, x: lax.broadcast_in_dim(x, (3, 2, 4), (0,)), V),
    program("broadcast_in_dim stretch", lambda lax, x: lax.broadcast_in_dim(
        x, (2, 5, 4), (0, 1, 2)), T),
    program("broadcast_in_dim of rank 0", lambda lax, x: lax.broadcast_in_dim(x, (2, 3), ()), 2.5),
    program("broadcast_to_rank", lambda lax, x: lax.broadcast_to_rank(x, 3), M),
    program("broadcast_like", lambda lax, x, y: lax.broadcast_like(x, y), V, M,
            since="0.10.0"),
    program("expand_dims", lambda lax, x: lax.expand_dims(x, (0, -1)), M),
    program("squeeze", lambda lax, x: lax.squeeze(x, (-2,)), T),
    program("collapse", lambda lax, x: lax.collapse(x, 1), T),
    program("collapse from the end", lambda lax, x: lax.collapse(x, -3, -1), T),
    program("reshape", lambda lax, x: lax.reshape(x, (3, 2)), M),
    program("reshape in another order", lambda lax, x: lax.reshape(x, (8,), (2, 0, 1)), T),
    program("transpose", lambda lax, x: lax.transpose(x, (2, 0, 1)), T),
    program("transpose by an array", lambda lax, x: lax.transpose(x, np.array([1, 0])), M),
    program("rev", lambda lax, x: lax.rev(x, (0, 1)), M),
    program("concatenate", lambda lax, x, y: lax.concatenate([x, y, x], 1), M, normal(2, 1)),
    program("concatenate rows", lambda lax, x: lax.concatenate(x, 0), M),
    program("concatenate one", lambda lax, x: lax.concatenate([x], 0), M),
    program("stack", lambda lax, x, y: lax.stack([x, y], -1), V, normal(3), since="0.10.1"),
    program("stack rows", lambda lax, x: lax.stack(x), M, since="0.10.1"),
    program("unstack", lambda lax, x: lax.unstack(x, 1)[1], M, since="0.10.1"),
    program("split", lambda lax, x: lax.split(x, (1, 0, 2), axis=1)[2], M),
    program("pad", lambda lax, x, v: lax.pad(x, v, [(1, 0, 2), (-1, 2, 0)]), M, 1.5),
    program("tile", lambda lax, x: lax.tile(x, (2, 3)), M, since="0.9.0"),
    program("tile by zero", lambda lax, x: lax.tile(x, (0, 1)), M, since="0.9.0"),
    program("slice", lambda lax, x: lax.slice(x, (0, 1), (2, 3)), M),
    program("slice by steps", lambda lax, x: lax.slice(x, (0, 0, 0), (2, 1, 4), (1, 1, 3)), T),
    program("slice_in_dim", lambda lax, x: lax.slice_in_dim(x, None, -1, axis=1), M),
    program("slice_in_dim by steps", lambda lax, x: lax.slice_in_dim(x, -3, None, 2, -1), M),
    program("slice_in_dim of nothing", lambda lax, x: lax.slice_in_dim(x, 2, -1, axis=1), M),
    program("index_in_dim", lambda lax, x: lax.index_in_dim(x, -1, 1), M),
    program("index_in_dim without the axis", lambda lax, x: lax.index_in_dim(x, 0, 1, False), M),
    program("index_take", lambda lax, x: lax.index_take(
        x, [np.array([0, 1, 3], np.int32), np.array([-1, 2, 5], np.int32)], (0, 1)), M),
    program("index_take of an axis", lambda lax, x: lax.index_take(
        x, (np.array([4, -1], np.int32),), (1,)), M),
    program("dynamic_slice", lambda lax, x: lax.dynamic_slice(x, (1, -2), (1, 2)), M),
    program("dynamic_slice, moved inside", lambda lax, x: lax.dynamic_slice(x, (5, 2), (1, 2)), M),
    program("dynamic_slice by an array", lambda lax, x: lax.dynamic_slice(
        x, np.array([-1, -9], np.int32), (1, 2)), M),
    program("dynamic_slice_in_dim", lambda lax, x: lax.dynamic_slice_in_dim(x, -2, 2, -1), M),
    program("dynamic_index_in_dim", lambda lax, x: lax.dynamic_index_in_dim(x, -1, 1), M),
    program("dynamic_index_in_dim without the axis", lambda lax, x: lax.dynamic_index_in_dim(
        x, 1, 1, keepdims=False), M),
    program("dynamic_update_slice", lambda lax, x, u: lax.dynamic_update_slice(
        x, u, (1, 5)), M, normal(1, 2)),
    program("dynamic_update_slice_in_dim", lambda lax, x, u: lax.dynamic_update_slice_in_dim(
        x, u, -1, 1), M, normal(2, 1)),
    program("dynamic_update_index_in_dim", lambda lax, x, u: lax.dynamic_update_index_in_dim(
        x, u, 1, 1), M, normal(2)),
    program("dynamic_update_index_in_dim with the axis",
        lambda lax, x, u: lax.dynamic_update_index_in_dim(x, u, 1, 1), M, normal(2, 1)),
    program("optimization_barrier", lambda lax, x: lax.optimization_barrier((x, x))[1], M),
    program("stage", lambda lax, x: lax.stage(x), M, since="0.10.1"),
    program("convert_element_type", lambda lax, x: lax.convert_element_type(x, np.complex128), M),
]  # fmt: skip

OTHERS: list[Program] = [
    *(program(f"{p.name} of integers", p.f, *(I32[: x.shape[0], : x.shape[1]] for x in p.operands),
              since=p.since)
      for p in LINEAR if all(x.ndim == 2 for x in p.operands)),
    program("every piece", lambda lax, x: lax.split(x, (1, 2), axis=-1), M),
    program("every slice", lambda lax, x: lax.unstack(x, -1), M, since="0.10.1"),
    program("full", lambda lax: lax.full((2, 3), 1.5, np.float16)),
    program("full of a bool", lambda lax: lax.full((2,), True)),
    program("full in a dtype", lambda lax: lax.full((2,), 1.7, np.int8)),
    program("full of a wide integer", lambda lax: lax.full((), 2**40, np.int64)),
    program("full of an array", lambda lax, x: lax.full((2,), x, np.float32), 1.5),
    program("full_like", lambda lax, x: lax.full_like(x, 2), M),
    program("full_like in a dtype", lambda lax, x: lax.full_like(x, 2.5, np.int32), M),
    program("full_like in a shape", lambda lax, x: lax.full_like(x, 2, shape=(4,)), I32),
    program("empty", lambda lax: lax.empty((2, 0, 3), np.float32), since="0.7.2"),
    program("iota", lambda lax: lax.iota(np.int8, 5)),
    program("iota of complex numbers", lambda lax: lax.iota(np.complex64, 3)),
    program("broadcasted_iota", lambda lax: lax.broadcasted_iota(np.float16, (2, 3, 2), 1)),
    program("shape_as_value", lambda lax: lax.convert_element_type(
        lax.shape_as_value((2, 3)), np.int32)),
    program("float to integer", lambda lax, x: lax.convert_element_type(x, np.uint8),
            [300.0, -5.0, np.nan, 1.9]),
    program("integer to integer", lambda lax, x: lax.convert_element_type(x, np.int8), [300, -5]),
    program("to bool", lambda lax, x: lax.convert_element_type(x, np.bool_), [0.0, 0.1, np.nan]),
    program("a number", lambda lax: lax.convert_element_type(2.7, np.int32)),
    program("a dtype", lambda lax, x: lax.full((), 1, lax.dtype(x)), I32),
]  # fmt: skip


@pytest.mark.parametrize("p", compared(LINEAR + OTHERS), ids=lambda p: p.name)
def test_values(p: Program) -> None:
    same_value(p)


# The others are single primitives, whose derivatives tests/laws checks.
COMPOSED = ("index_take", "tile", "broadcast_in_dim", "unstack", "stack", "dynamic_update", "pad")


@pytest.mark.parametrize(
    "p", compared(p for p in LINEAR if p.name.startswith(COMPOSED)), ids=lambda p: p.name
)
def test_derivatives(p: Program) -> None:
    same_derivatives(p)


def test_gradients_stopped_in_a_tree() -> None:
    def f(x: Any) -> Any:
        held = ox.lax.stop_gradient({"a": x, "n": 3})
        return ox.lax.mul(x, held["a"]), held["n"]

    dx, n = ox.grad(f, has_aux=True)(2.0)
    assert (float(dx), int(n)) == (2, 3)


def test_numbers_that_are_written() -> None:
    x = from_numpy(np.zeros(2))
    assert ox.lax.dynamic_update_index_in_dim(x, 0.1, 1, 0).tolist() == [0, 0.1]
    assert ox.lax.pad(x, 0.1, [(0, 1, 0)]).tolist() == [0, 0, 0.1]


def test_negative_starts_that_do_not_count_from_the_end() -> None:
    """JAX refuses those that it sees."""
    x, i = from_numpy(M), np.array([-1, -1], np.int32)
    lax = ox.lax
    for starts in (i, (-1, -1)):
        got = lax.dynamic_slice(x, starts, (1, 2), allow_negative_indices=(True, False))
        np.testing.assert_array_equal(got, M[1:, :2])
        y = lax.dynamic_update_slice(x, -got, starts, allow_negative_indices=False)
        np.testing.assert_array_equal(y[:1, :2], -M[1:, :2])
    got = lax.dynamic_index_in_dim(x, -1, 1, allow_negative_indices=False)
    np.testing.assert_array_equal(got, M[:, :1])


def test_starts_that_are_traced() -> None:
    x = from_numpy(M)
    f = ox.jit(lambda i: ox.lax.dynamic_slice(x, (0, i), (2, 1)))
    for k in (-1, 0, 2, 7):
        at = min(k % 3 if k < 0 else k, 2)
        np.testing.assert_array_equal(f(k), M[:, at : at + 1])


def test_shapes() -> None:
    assert ox.lax.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    assert ox.lax.broadcast_shapes() == ()


WIDTHS: list[Any] = [
    *(np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64),
    *(np.float16, ml_dtypes.bfloat16, np.float32, np.float64),
]


@given(st.sampled_from(WIDTHS), st.sampled_from(WIDTHS), st.binary(min_size=16, max_size=16))
def test_bitcast_of_any_bits(source: Any, target: Any, data: bytes) -> None:
    old, new = np.dtype(source), np.dtype(target)
    x = np.frombuffer(data, old)
    x = x.reshape(2, -1, new.itemsize // old.itemsize) if new.itemsize > old.itemsize else x
    got = np.asarray(ox.lax.bitcast_convert_type(from_numpy(x), target))
    assert got.dtype == new
    assert got.tobytes() == data
    if new.itemsize > old.itemsize:
        assert got.shape == x.shape[:-1]
    else:
        ratio = old.itemsize // new.itemsize
        assert got.shape == (*x.shape, *([ratio] if ratio > 1 else []))


@pytest.mark.parametrize(("source", "target"), [(np.float32, np.uint8), (np.uint16, np.float64)])
def test_bitcast_is_that_of_jax(source: Any, target: Any) -> None:
    ratio = np.dtype(target).itemsize // np.dtype(source).itemsize
    x = (
        (np.arange(3 * max(ratio, 1)) * 1000 + 7)
        .astype(source)
        .reshape(3, *([ratio] if ratio else []))
    )
    with jax.enable_x64(True):
        want = np.asarray(jax.lax.bitcast_convert_type(x, target))
    got = np.asarray(ox.lax.bitcast_convert_type(from_numpy(x), target))
    assert got.shape == want.shape
    assert got.tobytes() == want.tobytes()


def test_bitcast_to_itself() -> None:
    x = from_numpy(np.array([True, False]))
    assert ox.lax.bitcast_convert_type(x, bool) is x


def test_like_a_type() -> None:
    x = ox.lax.full_like(ox.ShapeDtypeStruct((2,), np.int8), 3)
    assert x.dtype == np.int8
    assert x.tolist() == [3, 3]
