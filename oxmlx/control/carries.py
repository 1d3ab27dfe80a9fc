"""The types of what a loop carries: those of the first value, which every step must keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from oxmlx import tree
from oxmlx.dtypes import promote
from oxmlx.errors import ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of
from oxmlx.ops.convert import cast

Traced: TypeAlias = "tuple[Jaxpr, list[Any], tree.PyTreeDef]"


def carry_types(
    carry: list[Any], trace_body: Callable[[list[Aval]], Traced]
) -> tuple[list[Any], Traced]:
    """Trace a loop's body for carries of the types it returns: as in JAX, a weak carry to which the
    body gives another dtype takes the one that holds both, and is weak no more."""
    while True:
        traced = trace_body(avals_of(carry))
        outs = traced[0].out_avals
        wide = [
            cast(c, promote(c.aval.dtype, True, o.dtype, o.weak)[0])
            if c.aval.weak and c.aval.dtype != o.dtype
            else c
            for c, o in zip(carry, outs, strict=False)
        ] + carry[len(outs) :]
        if avals_of(wide) == avals_of(carry):
            return carry, traced
        carry = wide


def check_carries(who: str, avals: Sequence[Aval], outs: Sequence[Aval], init: Any = None) -> None:
    """Refuse a body that returns a carry of another type than it takes.

    Args:
        who: the loop.
        avals: of the carries that the body takes.
        outs: of what it returns, the carries first.
        init: the pytree of the first carries, if it is known, for the path of the one that changes.

    Raises:
        ShapeError: one changes its shape or dtype.
    """
    for k, (want, have) in enumerate(zip(avals, outs, strict=False)):
        if have.strong is not want.strong:
            path = tree.leaves_with_path(init)[k][0] if init is not None else ()
            raise changed(who, "carry", want, have, path)


def changed(who: str, what: str, want: Aval, have: Aval, path: tree.KeyPath) -> ShapeError:
    """The error for a body that takes something of one type and returns it with another."""
    place = f" at {tree.keystr(path)}" if path else ""
    problem = f"the body takes a {what} of type {want}{place} and returns {have}"
    if have.shape != want.shape:
        ways = f"start from one of shape {have.shape}, or return one of shape {want.shape}"
        return ShapeError(who, problem, f"A {what} keeps its shape: {ways}.")
    ways = f"start from one of dtype {have.dtype}, or return it with .astype({want.dtype.name!r})"
    return ShapeError(who, problem, f"A {what} keeps its dtype: {ways}.")
