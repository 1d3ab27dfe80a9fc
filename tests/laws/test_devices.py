"""The laws of a primitive on devices that compute by kernels, in single precision: what a
transformation makes of it there is what it makes of it on the reference in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import F64, Case, avals_of, every_case, in_single, outputs, retyped
from laws.test_primitives import batch_of, batches
from metal_batch import compile_programs

import oxmlx as ox
from oxmlx import emulate
from oxmlx.backends.metal.scalars import MEMORY
from oxmlx.cached import cached_property
from oxmlx.dtypes import is_float, short_name
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy

BATCH = 32
TOLERANCE = {"float32": 2e-5, "bfloat16": 0.03, "float16": 4e-3}


class Transformed:
    """A case, and what every transformation makes of it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        rng = np.random.default_rng(0)
        self.axes = batches(case)[-2:]
        self.moved = [k for k, x in enumerate(case.operands) if is_float(x.dtype)]
        results = avals_of(case)[len(case.operands) :]
        moved = [case.operands[k] for k in self.moved]
        self.args = {
            "xs": case.operands,
            "dxs": [normal(rng, x.shape, x.dtype) for x in moved],
            "cts": [normal(rng, (3, *a.shape), a.dtype) for a in results if is_float(a.dtype)],
            "mapped": [
                [
                    x if a is None else batch_of(x, a)
                    for x, a in zip(case.operands, axes, strict=True)
                ]
                for axes in self.axes
            ],
        }
        self.jitted = ox.jit(self.transformed)

    def wide(self, x: np.ndarray) -> Any:
        """An argument as a double, if it is a float, and the case can be one of doubles."""
        double = is_float(x.dtype) and in_double(self.case) is not self.case
        return from_numpy(x.astype(F64) if double else x)

    def apply(self, *xs: Any) -> list[Any]:
        return outputs(self.case, bind(self.case.prim, *xs))

    def transformed(self, xs: Any, dxs: Any, cts: Any, mapped: Any) -> dict[str, Any]:
        """Values, and derivatives where there are any."""
        moved = [xs[k] for k in self.moved]

        def of_floats(*floats: Any) -> list[Any]:
            every = [*xs]
            for k, x in zip(self.moved, floats, strict=True):
                every[k] = x
            return [y for y in self.apply(*every) if is_float(y.dtype)]

        def pull(cts: Any, *floats: Any) -> Any:
            return ox.vjp(of_floats, *floats)[1](cts)

        out: dict[str, Any] = {
            "value": self.apply(*xs),
            "vmap": [
                ox.vmap(self.apply, in_axes=axes)(*ys)
                for axes, ys in zip(self.axes, mapped, strict=True)
            ],
        }
        if self.case.differentiable and moved and cts:
            first = [ct[0] for ct in cts]
            out["jvp"] = ox.jvp(of_floats, moved, dxs)[1]
            out["vjp"] = pull(first, *moved)
            out["vmap of vjp"] = ox.vmap(lambda cts: pull(cts, *moved))(cts)
            if self.case.smooth:
                out["jvp of vjp"] = ox.jvp(lambda *xs: pull(first, *xs), moved, dxs)[1]
        return out

    @cached_property
    def jaxpr(self) -> Jaxpr:
        """The whole as a program."""
        return self.jitted.trace(**ox.tree.map(from_numpy, self.args)).entry.prim.body


def normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return rng.normal(size=shape).astype(dtype)


def in_double(case: Case) -> Case:
    """The case with doubles for floats."""
    return retyped(case, lambda dtype: F64 if is_float(dtype) else dtype)


def some(cases: list[Case]) -> list[Case]:
    """One of each primitive that works element by element, the first and the last of others."""
    each: dict[type, list[Case]] = {}
    for case in cases:
        each.setdefault(type(case.prim), []).append(case)
    chosen: list[Case] = []
    for own in each.values():
        ends = own[:1] + own[1:][-1:]
        chosen += own[len(own) // 2 :][:1] if own[0].prim.kind == "map" else ends
    return chosen


def fits(case: Case) -> bool:
    """Has Metal its types?"""
    return all(short_name(a.dtype) in MEMORY for a in avals_of(case))


CASES = [Transformed(c) for c in some([c for c in map(in_single, every_case()) if fits(c)])]


@pytest.mark.parametrize("k", range(len(CASES)), ids=lambda k: str(CASES[k].case))
def test_transformations_of_primitives(device: str, k: int) -> None:
    own = CASES[k]
    with ox.default_device("reference"):
        want = own.transformed(**ox.tree.map(own.wide, own.args))
    with emulate.mode(instrumented=True, order="random", groups=2, threads_limit=64):
        if device == "metal":
            start = k // BATCH * BATCH
            compile_programs([other.jaxpr for other in CASES[start : start + BATCH]])
        got = own.jitted(**ox.tree.map(from_numpy, own.args))
    for name in want:
        for x, y in zip(ox.tree.leaves(got[name]), ox.tree.leaves(want[name]), strict=True):
            close(name, np.asarray(x), np.asarray(y))


def close(what: str, got: np.ndarray, want: np.ndarray) -> None:
    """Equal up to rounding at the scale of the whole."""
    assert got.shape == want.shape
    if not is_float(got.dtype):
        np.testing.assert_array_equal(got, want, what)
        return
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=0.0)
    tolerance = TOLERANCE[got.dtype.name]
    np.testing.assert_allclose(got.astype(F64), want, tolerance, tolerance * scale, err_msg=what)
