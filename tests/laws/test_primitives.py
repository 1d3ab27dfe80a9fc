"""The laws of a primitive, over every case of every primitive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import Case, every_case, kernel_of_case, outputs, run, same

import oxmlx as ox
from oxmlx.backends import interpreter
from oxmlx.dtypes import is_inexact
from oxmlx.ir.aval import Aval
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy
from oxmlx.testing import check_grads, primitives
from oxmlx.testing.rules import has_rule

CASES = every_case()
every = pytest.mark.parametrize("case", CASES, ids=str)
FIRST_ORDER = [
    c
    for c in primitives()
    if c.kind != "program" and c.effect is None and "axis_name" not in c.fields
]


def arrays(case: Case) -> list[Any]:
    return [from_numpy(x) for x in case.operands]


def apply(case: Case, *xs: Any) -> list[Any]:
    return outputs(case, bind(case.prim, *xs))


@pytest.mark.parametrize("cls", FIRST_ORDER, ids=lambda c: c.name)
def test_every_primitive_has_cases(cls: Any) -> None:
    assert any(type(c.prim) is cls for c in CASES), f"add cases of {cls.name} to tests/cases"


@every
def test_abstract_is_the_type_of_impl(case: Case) -> None:
    avals = [Aval(x.shape, x.dtype) for x in case.operands]
    out = case.prim.abstract(*avals)
    for aval, x in zip(outputs(case, out), run(case), strict=True):
        assert (aval.shape, aval.dtype) == (x.shape, x.dtype)


@every
def test_eager_and_jit_are_impl_on_the_reference(case: Case) -> None:
    want = run(case)
    with ox.default_device("reference"):
        xs = arrays(case)
        for got in (apply(case, *xs), ox.jit(lambda *xs: apply(case, *xs))(*xs)):
            for x, y in zip(got, want, strict=True):
                assert (x.shape, x.dtype) == (y.shape, y.dtype)
                assert np.asarray(x).tobytes() == y.tobytes()


@pytest.mark.parametrize("case", [c for c in CASES if has_rule(type(c.prim), "lower")], ids=str)
def test_lower_is_impl(case: Case) -> None:
    same(interpreter.run(kernel_of_case(case), *case.operands)[0], run(case)[0])


def floating(case: Case) -> list[int]:
    return [k for k, x in enumerate(case.operands) if x.dtype in (np.float64, np.complex128)]


SMOOTH = [c for c in CASES if c.differentiable and floating(c)]


def smooth_part(case: Case) -> Any:
    """The function from the floating operands to the floating results."""
    xs = arrays(case)

    def f(*moved: Any) -> list[Any]:
        every = list(xs)
        for k, x in zip(floating(case), moved, strict=True):
            every[k] = x
        return [y for y in apply(case, *every) if is_inexact(y.dtype)]

    return f


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_derivatives_are_those_of_finite_differences(case: Case) -> None:
    xs = arrays(case)
    check_grads(smooth_part(case), [xs[k] for k in floating(case)], order=2 if case.smooth else 1)


def cotangents(case: Case, n: int) -> list[np.ndarray]:
    """A batch of `n` random ones for each floating result."""
    rng = np.random.default_rng(0)
    out: list[np.ndarray] = []
    for y in run(case):
        if is_inexact(y.dtype):
            parts = rng.normal(size=(2, n, *y.shape))
            out.append(parts[0] + 1j * parts[1] if y.dtype.kind == "c" else parts[0])
    return out


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_jit_of_vmap_of_vjp_is_a_stack_of_vjps(case: Case) -> None:
    xs = [case.operands[k] for k in floating(case)]
    cts = cotangents(case, 3)

    def pull(cts: Any, *xs: Any) -> Any:
        return ox.vjp(smooth_part(case), *xs)[1](cts)

    stacked = [from_numpy(np.stack([x, x, x])) for x in xs]
    got = ox.jit(ox.vmap(pull))([*map(from_numpy, cts)], *stacked)
    each = [
        pull([from_numpy(np.asarray(ct[k])) for ct in cts], *map(from_numpy, xs)) for k in range(3)
    ]
    for x, *ys in zip(got, *each, strict=True):
        same(x, np.stack(ys))


def batches(case: Case) -> list[tuple[int | None, ...]]:
    """Each operand mapped alone along each of its axes, and all of them together."""
    n = len(case.operands)
    alone = [
        tuple(axis if k == j else None for k in range(n))
        for j, x in enumerate(case.operands)
        for axis in range(x.ndim + 1)
    ]
    mixed = tuple(x.ndim if k % 2 else 0 for k, x in enumerate(case.operands))
    return list(dict.fromkeys([*alone, mixed, (0,) * n])) if n else []


def batch_of(x: np.ndarray, axis: int) -> np.ndarray:
    """Three versions of an operand: itself, itself reversed, and itself again."""
    other = x[tuple(slice(None, None, -1) for _ in x.shape)]
    return np.stack([x, other, x], axis=axis)


@every
def test_vmap_is_a_stack_of_maps(case: Case) -> None:
    for axes in batches(case):
        mapped = [
            x if a is None else batch_of(x, a) for x, a in zip(case.operands, axes, strict=True)
        ]
        got = ox.vmap(lambda *xs: apply(case, *xs), in_axes=axes)(*map(from_numpy, mapped))
        each = [
            run(
                Case(
                    case.prim,
                    *[
                        x if a is None else np.take(x, k, a)
                        for x, a in zip(mapped, axes, strict=True)
                    ],
                )
            )
            for k in range(3)
        ]
        for k, x in enumerate(got):
            same(x, np.stack([e[k] for e in each]))
