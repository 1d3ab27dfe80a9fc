"""A computation of two scalars that the caller gives: what it is, and folds of arrays with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.control.program import stage_flat
from oxmlx.errors import ShapeError, TreeError
from oxmlx.ir.array import Array
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.mapped import MappedAxis
from oxmlx.ir.monoid import MONOIDS
from oxmlx.ir.stage import eval_jaxpr
from oxmlx.lax.arguments import as_scalar, same_shape, value
from oxmlx.ops.axes import broadcast_scalar
from oxmlx.ops.shape import reshape
from oxmlx.transforms.vmap import vmap_body

State = list[Any]


class Computation(NamedTuple):
    """(a, b) ↦ a ⊕ b on states of one or more scalars, traced."""

    body: Jaxpr
    consts: list[Any]
    """The arrays that it closes over, leading inputs of the body."""

    @property
    def monoid(self) -> str | None:
        """The name of the one scalar operation that it consists of, if it does."""
        body = self.body
        if len(body.eqns) != 1 or len(body.inputs) != 2:
            return None
        (eqn,) = body.eqns
        whole = set(eqn.inputs) == set(body.inputs) and body.outputs == eqn.outputs
        return eqn.prim.name if whole and eqn.prim.name in MONOIDS else None

    def combine(self, a: State, b: State) -> State:
        """a ⊕ b, elementwise on arrays of one shape."""
        shape = get_aval(a[0]).shape
        if not shape:
            return eval_jaxpr(self.body, [*self.consts, *a, *b])
        size = get_aval(a[0]).size
        flat = [reshape(x, (size,)) for x in (*a, *b)]
        mapped = [False] * len(self.consts) + [True] * len(flat)
        every = [True] * len(a)
        body = vmap_body(self.body, MappedAxis(size), mapped, every)[0]
        return [reshape(x, shape) for x in eval_jaxpr(body, [*self.consts, *flat])]

    def start(self, inits: State, total: State) -> State:
        """init ⊕ total"""
        shape = get_aval(total[0]).shape
        return self.combine([broadcast_scalar(x, shape) for x in inits], total)


class Folded(NamedTuple):
    """What `reduce` and `reduce_window` take apart."""

    xs: State
    inits: State
    computation: Computation
    treedef: tree.PyTreeDef


def folded(
    who: str, operands: Any, init_values: Any, computation: Callable[[Any, Any], Any]
) -> Folded:
    """Arrays of one shape, their initial values of rank 0, and the traced computation.

    Raises:
        TreeError: operands, initial values and results differ in structure.
        ShapeError: operands differ in shape, or a result is not of the type of its operand.
    """
    leaves, treedef = tree.flatten(operands)
    starts, start_tree = tree.flatten(init_values)
    if start_tree != treedef or not leaves:
        problem = f"operands are {treedef}, initial values {start_tree}"
        raise TreeError(who, problem, "Wanted one initial value for each operand.")
    xs = [value(x, who) for x in leaves]
    same_shape(who, *xs)
    inits = [as_scalar(who, "an initial value", i, x.aval) for i, x in zip(starts, xs, strict=True)]
    scalars = [Aval((), x.dtype) for x in xs]
    pair = tree.treedef_tuple([treedef, treedef])
    body, consts, out_tree = stage_flat(computation, [*scalars, *scalars], pair, who)
    if out_tree != treedef:
        raise TreeError(who, f"the computation takes {treedef} and returns {out_tree}")
    if [a.strong for a in body.out_avals] != scalars:
        problem = f"the computation takes {scalars} and returns {body.out_avals}"
        raise ShapeError(who, problem, "A computation must return what it takes.")
    return Folded(xs, inits, Computation(body, consts), treedef)


def is_identity(x: Any, monoid: str) -> bool:
    """Whether an initial value is known to change nothing."""
    if type(x) is not Array:
        return False
    return bool(np.all(x.buffer == MONOIDS[monoid].identity(x.dtype)[0]))


def pairwise_fold(items: Sequence[State], computation: Computation) -> State:
    """x₀ ⊕ x₁ ⊕ …, in order, as a tree."""
    states = list(items)
    while len(states) > 1:
        pairs = zip(states[::2], states[1::2], strict=False)
        rest = states[-1:] if len(states) % 2 else []
        states = [computation.combine(a, b) for a, b in pairs] + rest
    return states[0]
