"""See programs and types: make_jaxpr, eval_shape, ShapeDtypeStruct."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.control.callables import check_callable
from oxmlx.control.program import stage_flat
from oxmlx.dtypes import as_dtype, is_key, short_name
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.pretty import show_jaxpr
from oxmlx.ir.value import Value


class ShapeDtypeStruct:
    """The shape and dtype of an array without its elements.

    Args:
        shape: the extents.
        dtype: anything that names a dtype.

    >>> import oxmlx as ox
    >>> ox.eval_shape(lambda x: x @ x.T, ox.ShapeDtypeStruct((3, 4), "float32"))
    ShapeDtypeStruct(shape=(3, 3), dtype=float32)
    """

    def __init__(self, shape: Sequence[int], dtype: Any, weak_type: bool = False) -> None:
        self.shape = tuple(int(n) for n in shape)
        self.dtype = as_dtype(dtype)
        self.weak_type = weak_type

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeDtypeStruct) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> tuple[Any, ...]:
        """What two equal structs share."""
        return self.shape, self.dtype, self.weak_type

    def __repr__(self) -> str:
        name = short_name(self.dtype) if is_key(self.dtype) else self.dtype.name
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={name})"


class ClosedJaxpr:
    """A program and the values of its free variables, as `make_jaxpr` returns it."""

    def __init__(self, jaxpr: Jaxpr, consts: Sequence[Any]) -> None:
        self.jaxpr, self.consts = jaxpr, list(consts)

    @property
    def eqns(self) -> Any:
        """The equations."""
        return self.jaxpr.eqns

    @property
    def in_avals(self) -> list[Aval]:
        """The types of the arguments."""
        return self.jaxpr.in_avals[len(self.consts) :]

    @property
    def out_avals(self) -> list[Aval]:
        """The types of the outputs."""
        return self.jaxpr.out_avals

    def pretty(self, source: bool = False) -> str:
        """The text; `source` adds the user's file:line to each equation."""
        return show_jaxpr(self.jaxpr, source=source)

    def __repr__(self) -> str:
        return repr(self.jaxpr)


def as_aval_leaf(x: Any, who: str) -> Aval:
    """The aval of an argument that is an array, a number, or a ShapeDtypeStruct."""
    if isinstance(x, ShapeDtypeStruct) or (
        not isinstance(x, Value)
        and hasattr(x, "shape")
        and hasattr(x, "dtype")
        and not isinstance(x, (np.ndarray, np.generic))
    ):
        return Aval(tuple(x.shape), as_dtype(x.dtype), bool(getattr(x, "weak_type", False)))
    values, _ = flatten_values(x, who)
    return values[0].aval


def make_jaxpr(
    fun: Callable[..., Any], static_argnums: int | Sequence[int] = (), return_shape: bool = False
) -> Callable[..., Any]:
    """A function that returns the program of `fun` for arguments of given types.

    Args:
        fun: a function of pytrees of arrays.
        static_argnums: arguments that are passed as they are.
        return_shape: also return the structure of the output with ShapeDtypeStructs.

    >>> import oxmlx as ox
    >>> ox.make_jaxpr(lambda x: 2.0 * ox.numpy.sin(x))(ox.numpy.ones(3))
    { lambda ; a:f32[3]. let
        b:f32[3] = sin a
        c:f32[3] = mul 2.0:f32[] b
      in (c,) }
    """
    check_callable("make_jaxpr", fun)
    static = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)

    @boundary
    @functools.wraps(fun)
    def made(*args: Any, **kwargs: Any) -> Any:
        jaxpr, consts, out_tree = trace_abstract(fun, args, kwargs, static, "make_jaxpr")
        closed = ClosedJaxpr(jaxpr, consts)
        return (closed, structs(jaxpr, out_tree)) if return_shape else closed

    return made


def trace_abstract(
    fun: Callable[..., Any], args: Any, kwargs: Any, static: Sequence[int], who: str
) -> tuple[Jaxpr, list[Any], tree.PyTreeDef]:
    """Trace `fun` on the types of its arguments."""
    fixed = {k % len(args): args[k % len(args)] for k in static}
    moving = tuple(x for k, x in enumerate(args) if k not in fixed)
    leaves, in_tree = tree.flatten((moving, kwargs))
    avals = [as_aval_leaf(x, who) for x in leaves]

    def f(xs: Any, kw: Any) -> Any:
        it = iter(xs)
        return fun(*(fixed[k] if k in fixed else next(it) for k in range(len(args))), **kw)

    return stage_flat(f, avals, in_tree, who)


def structs(jaxpr: Jaxpr, out_tree: tree.PyTreeDef) -> Any:
    """The outputs' types as ShapeDtypeStructs."""
    return out_tree.unflatten([ShapeDtypeStruct(a.shape, a.dtype, a.weak) for a in jaxpr.out_avals])


@boundary
def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The types that `fun` returns, without computing anything.

    Args:
        fun: a function of pytrees of arrays.
        args, kwargs: arrays, numbers or ShapeDtypeStructs.

    Returns:
        A pytree of ShapeDtypeStruct.

    >>> import oxmlx as ox
    >>> ox.eval_shape(lambda x: {"mean": x.mean(0)}, ox.numpy.ones((3, 4)))
    {'mean': ShapeDtypeStruct(shape=(4,), dtype=float32)}
    """
    check_callable("eval_shape", fun)
    jaxpr, _, out_tree = trace_abstract(fun, args, kwargs, (), "eval_shape")
    return structs(jaxpr, out_tree)
