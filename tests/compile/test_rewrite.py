"""Rewrites of kernels: what they make of an expression, and that it is the same number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx.backends import interpreter
from oxmlx.compile.fuse import fuse, no_obstacle
from oxmlx.compile.pipeline import make_plan
from oxmlx.compile.rewrite import rewrite
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.rows import keep_rows, make_rows
from oxmlx.ir.stage import stage

F64 = np.dtype("float64")


def jaxpr_of(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Jaxpr:
    def flat(*xs: Any) -> list[Any]:
        return ox.tree.leaves(f(*xs))

    return dce(stage(flat, [Aval(shape, F64) for shape in shapes])[0])


def kernel_of(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Kernel:
    (kernel,) = fuse(jaxpr_of(f, *shapes)).kernels
    return kernel


def softmax(x: Any) -> Any:
    e = np_.exp(x - np_.max(x, 1, keepdims=True))
    return e / np_.sum(e, 1, keepdims=True)


def layer_norm(x: Any) -> Any:
    centred = x - np_.mean(x, 1, keepdims=True)
    return centred / np_.sqrt(np_.mean(centred * centred, 1, keepdims=True) + 1e-5)


def vjp(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, ct: ox.vjp(f, x)[1](ct)[0]


def chosen(x: Any) -> Any:
    """The element of each row that x[:, 0] points at, by a comparison."""
    label = np_.asarray(x[:, 0], dtype="int32")
    hot = np_.arange(x.shape[1])[None] == label[:, None]
    return np_.sum(np_.where(hot, np_.exp(x), 0), 1)


PROGRAMS: dict[str, tuple[Callable[..., Any], int]] = {
    "softmax": (softmax, 1),
    "softmax vjp": (vjp(softmax), 2),
    "layer norm": (layer_norm, 1),
    "layer norm vjp": (vjp(layer_norm), 2),
    "one-hot sum": (chosen, 1),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("shape", [(5, 7), (6, 6), (3, 1)])
def test_the_numbers_stay(name: str, shape: tuple[int, int]) -> None:
    f, arity = PROGRAMS[name]
    rng = np.random.default_rng(0)
    for kernel in fuse(jaxpr_of(f, *[shape] * arity)).kernels:
        inputs = [rng.uniform(-3, 9, b.shape).astype(b.dtype) for b in kernel.inputs]
        want = interpreter.run(kernel, *inputs)
        for x, y in zip(interpreter.run(rewrite(kernel), *inputs), want, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


def test_elements_stay_as_they_are() -> None:
    """Another kernel may compute them too, and they must have the same bits in both."""
    kernel = kernel_of(softmax, (3, 4))
    assert str(rewrite(kernel)) == str(kernel)


def test_a_one_hot_sum_is_a_load() -> None:
    before = kernel_of(chosen, (3, 4))
    assert "add k0<" in str(before)
    assert "add k0<" not in str(rewrite(before))


def test_a_label_outside_chooses_nothing() -> None:
    kernel = rewrite(kernel_of(chosen, (4, 3)))
    x = np.zeros((4, 3))
    x[:, 0] = [-1, 0, 2, 3]
    (out,) = interpreter.run(kernel, x)
    np.testing.assert_array_equal(out, [0, 1, 1, 0])


def test_sums_of_the_backward_pass_start_earlier() -> None:
    kernel = kernel_of(vjp(layer_norm), (4, 8), (4, 8))
    assert len(make_rows(kernel).passes) == 5
    assert len(make_rows(rewrite(kernel)).passes) == 3


def test_strict_plans_have_no_rewrites() -> None:
    jaxpr = jaxpr_of(chosen, (3, 4))
    strict = make_plan(jaxpr, no_obstacle, strict=True).kernels
    (free,) = make_plan(jaxpr, no_obstacle).kernels
    assert any("add k0<" in str(kernel) for kernel in strict)
    assert "add k0<" not in str(free)


def test_dear_values_are_kept_along_the_row() -> None:
    kernel = rewrite(kernel_of(softmax, (3, 4)))
    rows = keep_rows(make_rows(kernel))
    (saved,) = rows.passes[1].saves
    assert saved[0].buffer is kernel.outputs[0]
    assert "exp" in str(saved[1])
    value = rows.passes[2].stores[0].value
    assert [e for e in value.kids() if e is saved[0]]
    assert rows.scratch == ()


def test_what_no_output_has_room_for_is_kept_in_scratch() -> None:
    def twice(x: Any) -> Any:
        e = np_.exp(x)
        return np_.sum(e / np_.sum(e, 1, keepdims=True) * x, 1)

    rows = keep_rows(make_rows(kernel_of(twice, (3, 4))))
    assert [b.shape for b in rows.scratch] == [(4,)]
