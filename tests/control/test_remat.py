"""checkpoint: what is kept, what is computed again, and what policies change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.api.remat import checkpoint_name
from oxmlx.ir.jaxpr import Eqn, Jaxpr
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import sin

W = from_numpy(np.random.default_rng(0).normal(size=(3, 3)))
X = from_numpy(np.random.default_rng(1).normal(size=3))


def total(x: Any) -> Any:
    return reduce_sum(x, (0,))


def equations(jaxpr: Jaxpr) -> Iterator[Eqn]:
    for eqn in jaxpr.eqns:
        bodies = [getattr(eqn.prim, f) for f in eqn.prim.fields]
        nested = [b for b in bodies if isinstance(b, Jaxpr)]
        if not nested:
            yield eqn
        for body in nested:
            yield from equations(body)


def count(f: Any, name: str) -> int:
    """How often a primitive stands in the gradient's program."""
    jaxpr = ox.make_jaxpr(ox.grad(f))(X).jaxpr
    return sum(e.prim.name == name for e in equations(jaxpr))


def net(x: Any) -> Any:
    return sin(matmul(W, sin(matmul(W, x))))


def test_the_forward_pass_runs_twice() -> None:
    assert count(lambda x: total(net(x)), "sin") == 2
    assert count(lambda x: total(ox.checkpoint(net)(x)), "sin") == 3  # the last is not needed again
    assert count(lambda x: total(ox.checkpoint(net)(x)), "dot_general") == 2 + 2 + 2


def test_residuals_are_inputs_only() -> None:
    """Between the forward and the backward program only the arguments are kept."""
    jaxpr = ox.make_jaxpr(ox.grad(lambda x: total(ox.checkpoint(net)(x))))(X).jaxpr
    (forward,) = [e for e in jaxpr.eqns if e.prim.name == "call"]
    assert len(forward.outputs) == 1


@pytest.mark.parametrize(
    ("policy", "dots"),
    [
        (ox.checkpoint_policies.nothing_saveable, 6),
        (ox.checkpoint_policies.everything_saveable, 4),
        (ox.checkpoint_policies.dots_saveable, 4),
        (ox.checkpoint_policies.dots_with_no_batch_dims_saveable, 4),
    ],
)
def test_policies_choose_what_to_keep(policy: Any, dots: int) -> None:
    f = lambda x: total(ox.checkpoint(net, policy=policy)(x))  # noqa: E731
    assert count(f, "dot_general") == dots
    np.testing.assert_allclose(
        np.asarray(ox.grad(f)(X)), np.asarray(ox.grad(lambda x: total(net(x)))(X)), rtol=1e-12
    )


def named(x: Any) -> Any:
    y = checkpoint_name(sin(x), "kept")
    z = checkpoint_name(sin(y * x), "again")
    return sin(z)


@pytest.mark.parametrize(
    ("policy", "sines"),
    [
        (ox.checkpoint_policies.save_only_these_names("kept"), 4),
        (ox.checkpoint_policies.save_only_these_names("kept", "again"), 3),
        (ox.checkpoint_policies.save_any_names_but_these("again"), 4),
        (ox.checkpoint_policies.nothing_saveable, 5),
        (
            ox.checkpoint_policies.save_from_both_policies(
                ox.checkpoint_policies.save_only_these_names("kept"),
                ox.checkpoint_policies.save_only_these_names("again"),
            ),
            3,
        ),
    ],
)
def test_policies_by_name(policy: Any, sines: int) -> None:
    f = lambda x: total(ox.checkpoint(named, policy=policy)(x))  # noqa: E731
    assert count(f, "sin") == sines


def test_static_arguments() -> None:
    f = ox.checkpoint(lambda x, n: sin(x) * n, static_argnums=1)
    assert float(ox.grad(lambda x: f(x, 2))(0.0)) == 2.0


def test_as_a_decorator() -> None:
    @ox.checkpoint(policy=ox.checkpoint_policies.everything_saveable)
    def f(x: Any) -> Any:
        return sin(x)

    assert float(ox.grad(f)(0.0)) == 1.0


def test_without_differentiation_it_is_the_function() -> None:
    assert float(ox.checkpoint(sin)(0.0)) == 0.0
    assert count(lambda x: total(ox.jit(ox.checkpoint(sin))(x)), "sin") == 1
