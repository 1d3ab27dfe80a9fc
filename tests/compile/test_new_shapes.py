"""A new shape of a known program compiles nothing, be it square or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import PROGRAMS, Program, Sizes

import oxmlx as ox
from oxmlx.backends.llvm.render import Renderer
from oxmlx.compile.pipeline import make_plan

SHAPES = {
    "larger": Sizes(64, 33, 5, 17, 8, 129, 50),
    "square": Sizes(8, 8, 8, 8, 8, 8, 8),
    "as long as a product": Sizes(12, 12, 3, 12, 4, 12, 12),
}
ONE = {
    "one row": Sizes(rows=1),
    "one feature": Sizes(columns=1),
    "one example": Sizes(batch=1),
    "one time": Sizes(time=1),
}
"""An axis of length 1 has no loop, so a program over one may be another program."""


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def texts(program: Program, sizes: Sizes) -> set[str]:
    """What would be compiled."""
    plan = make_plan(program.jaxpr(sizes), no_contractions)
    return {Renderer(k, 16).text() for k in plan.kernels}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_new_shape_needs_no_new_text(name: str, shape: str) -> None:
    assert texts(PROGRAMS[name], SHAPES[shape]) == texts(PROGRAMS[name], Sizes())


@pytest.mark.parametrize("shape", ONE)
@pytest.mark.parametrize("name", ["softmax", "softmax_vjp", "cross_entropy", "gelu_gelu_grad"])
def test_an_axis_of_length_1_changes_only_what_runs_along_it(name: str, shape: str) -> None:
    new = texts(PROGRAMS[name], ONE[shape]) - texts(PROGRAMS[name], Sizes())
    assert bool(new) == (shape == "one feature" and name != "gelu_gelu_grad")


def doubled(x: Any) -> Any:
    """Floats in twice the precision: in their own, the reference has errors as large as ours."""
    x = np.asarray(x)
    return ox.array(x, dtype="float64") if x.dtype.kind == "f" else x


@pytest.fixture(scope="module")
def _entries() -> None:
    """The ways into kernels are code of their own, which comes with the first array so large."""
    with ox.default_device("cpu"):
        for n in (4, 100_000, 4_000_000):
            ox.jit(lambda x: x + x)(np.zeros(n, np.float32)).block_until_ready()


@pytest.mark.usefixtures("_entries")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_known_program_compiles_nothing(name: str) -> None:
    """The counter says so, and the results are right."""
    program = PROGRAMS[name]
    f = ox.jit(program.fun)
    with ox.config.context(cache="off"), ox.default_device("cpu"):
        ox.tree.map(np.asarray, f(*program.args(Sizes())))
        before = ox.debug.kernels_compiled()
        outs = {shape: f(*program.args(s)) for shape, s in SHAPES.items()}
        leaves = {
            shape: [np.asarray(x) for x in ox.tree.leaves(out)] for shape, out in outs.items()
        }
        assert ox.debug.kernels_compiled() == before
    with ox.default_device("reference"):
        for shape, s in SHAPES.items():
            want = ox.tree.leaves(f(*ox.tree.map(doubled, program.args(s))))
            for x, y in zip(leaves[shape], map(np.asarray, want), strict=True):
                scale = max(1.0, np.abs(y).max())  # sums cancel
                np.testing.assert_allclose(x, y, rtol=0, atol=1e-4 * scale)
