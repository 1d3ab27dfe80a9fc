"""vmap on pytrees: prefixes of axes, sizes, keyword arguments, and its errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError, AxisError, ShapeError, TreeError
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin


def array(*shape: int) -> Any:
    return from_numpy(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))


def total(x: Any) -> Any:
    return reduce_sum(x, tuple(range(x.ndim)))


def test_every_axis_in_and_out() -> None:
    x = array(2, 3, 4)
    for a in (0, 1, 2, -1, -3):
        for b in (0, 1, 2, -1):
            got = np.asarray(ox.vmap(lambda v: v * 2, in_axes=a, out_axes=b)(x))
            np.testing.assert_array_equal(got, np.moveaxis(np.asarray(x) * 2, a, b))


def test_prefixes_of_pytrees() -> None:
    params = {"w": array(2, 3), "b": (array(2), array(5))}
    f = ox.vmap(
        lambda p, x: {"y": p["w"] * x, "z": total(p["b"][1])},
        in_axes=({"w": 0, "b": (0, None)}, None),
        out_axes={"y": 1, "z": None},
    )
    out = f(params, 10.0)
    np.testing.assert_array_equal(np.asarray(out["y"]), np.asarray(params["w"]).T * 10)
    assert float(out["z"]) == 10


def test_keyword_arguments_are_mapped_over_axis_0() -> None:
    got = ox.vmap(lambda x, *, y: x * y)(array(3), y=array(3))
    assert got.tolist() == [0, 1, 4]


def test_axis_size_without_mapped_arguments() -> None:
    got = ox.vmap(lambda x: x * 2, in_axes=None, axis_size=3)(1.0)
    assert got.tolist() == [2, 2, 2]


def test_a_constant_output_is_repeated() -> None:
    assert ox.vmap(lambda x: 7.0)(array(3)).tolist() == [7, 7, 7]


def test_nested_maps_give_a_table() -> None:
    table = ox.vmap(ox.vmap(lambda x, y: x * 10 + y, (None, 0)), (0, None))
    np.testing.assert_array_equal(np.asarray(table(array(2), array(3))), [[0, 1, 2], [10, 11, 12]])


def test_gradients_of_each_example() -> None:
    w, xs = array(3), array(4, 3)
    each = ox.vmap(ox.grad(lambda w, x: total(sin(w * x))), in_axes=(None, 0))(w, xs)
    want = np.asarray(xs) * np.cos(np.asarray(w) * np.asarray(xs))
    np.testing.assert_allclose(np.asarray(each), want, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: ox.vmap(lambda x, y: x)(array(2), array(3)),
            ShapeError,
            r"argument\[0\] f32\[2\]",
        ),
        (lambda: ox.vmap(lambda x: x, in_axes=1)(array(2)), AxisError, "in_axes names axis 1"),
        (lambda: ox.vmap(lambda x: x, in_axes=None)(array(2)), ArgumentError, "axis_size"),
        (lambda: ox.vmap(lambda x: x, in_axes=(0, 0))(array(2)), ArgumentError, "2 items for 1"),
        (lambda: ox.vmap(lambda x: x, in_axes=("a",))(array(2)), ArgumentError, "ints or None"),
        (lambda: ox.vmap(lambda x: x, out_axes=None)(array(2)), ArgumentError, "varies along"),
        (lambda: ox.vmap(lambda x: x, out_axes=3)(array(2)), AxisError, "out_axes names axis 3"),
        (lambda: ox.vmap(lambda x: x, in_axes=([0, 0],))((array(2),)), TreeError, "in_axes"),
    ],
)
def test_refusals(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
