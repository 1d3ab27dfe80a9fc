"""Equations that return their operand and mean something to a transformation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx import tree
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Expr, Operand
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import as_value
from oxmlx.ops.linear import Linear


class Identity(Primitive):
    """out = x"""

    kind = "move"

    def abstract(self, x: Aval) -> Aval:
        return x

    def impl(self, x: Any) -> Any:
        return x

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return x(index)


class StopGradient(Identity):
    """out = x, a constant to differentiation"""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None


class Name(Linear, Identity):
    """out = x, under a name that checkpoint policies can speak of"""

    label: str

    def transpose(self, ct: Any, x: Any) -> Sequence[Any]:
        return (ct,)


def stop_gradient(x: Any) -> Any:
    """The arrays of a pytree, as constants to differentiation.

    >>> import oxmlx as ox
    >>> ox.grad(lambda x: x * ox.lax.stop_gradient(x))(3.0)
    array(3., dtype=float32)
    """
    return tree.map(lambda leaf: bind(StopGradient(), as_value(leaf, "stop_gradient")), x)


def name_value(x: Any, label: str) -> Any:
    """`x` under a name for `ox.checkpoint_policies.save_only_these_names`."""
    return bind(Name(label), x)
