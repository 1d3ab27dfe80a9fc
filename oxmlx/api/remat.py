"""checkpoint: trade computing again for memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.control.callables import check_callable
from oxmlx.control.program import call_on_values, stage_flat
from oxmlx.control.remat import Policy, Remat
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import avals_of
from oxmlx.ir.trace import BASE, bind, current_trace
from oxmlx.ops.identity import Name, name_value


def checkpoint(
    fun: Callable[..., Any] | None = None,
    *,
    prevent_cse: bool = True,
    policy: Policy | None = None,
    static_argnums: int | Sequence[int] = (),
) -> Any:
    """A function whose intermediate values are computed again in the backward pass.

    Args:
        fun: a function of pytrees of arrays.
        prevent_cse: accepted for JAX programs; recomputation never merges with the forward pass.
        policy: which values may be kept all the same; see `ox.checkpoint_policies`.
        static_argnums: arguments that are passed as they are.

    >>> import oxmlx as ox
    >>> f = ox.checkpoint(lambda x: ox.numpy.sin(ox.numpy.sin(x)))
    >>> ox.grad(f)(0.0)
    array(1., dtype=float32)
    """
    if fun is None:
        return functools.partial(
            checkpoint, prevent_cse=prevent_cse, policy=policy, static_argnums=static_argnums
        )
    check_callable("checkpoint", fun)
    function = fun
    static = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    keep = policies.nothing_saveable if policy is None else policy

    @boundary
    @functools.wraps(function)
    def rematerialized(*args: Any, **kwargs: Any) -> Any:
        fixed = {k % len(args): args[k] for k in static}
        moving = tuple(x for k, x in enumerate(args) if k not in fixed)

        def f(xs: Any, kw: Any) -> Any:
            it = iter(xs)
            return function(*(fixed[k] if k in fixed else next(it) for k in range(len(args))), **kw)

        if current_trace() is BASE:
            return call_on_values(f, (moving, kwargs), "checkpoint")
        values, in_tree = flatten_values((moving, kwargs), "checkpoint")
        jaxpr, consts, out_tree = stage_flat(f, avals_of(values), in_tree, "checkpoint")
        label = getattr(function, "__name__", "checkpoint")
        return out_tree.unflatten(bind(Remat(label, jaxpr, keep), *consts, *values))

    return rematerialized


def checkpoint_name(x: Any, name: str) -> Any:
    """`x`, with a name that a policy can speak of; a pytree's leaves all get it."""
    return tree.map(lambda v: name_value(v, name), x)


class policies:  # a namespace, spelled as in JAX
    """Which values `checkpoint` may keep: functions of (primitive, *avals of its operands).

    >>> import oxmlx as ox
    >>> f = lambda w, x: ox.numpy.sin(x @ w).sum()
    >>> cheap = ox.checkpoint(f, policy=ox.checkpoint_policies.dots_saveable)
    >>> ox.grad(cheap)(ox.numpy.zeros(2), ox.numpy.ones((3, 2)))
    array([3., 3.], dtype=float32)
    """

    @staticmethod
    def everything_saveable(prim: Primitive, *_: Any) -> bool:
        """Keep everything, as without checkpoint."""
        return True

    @staticmethod
    def nothing_saveable(prim: Primitive, *_: Any) -> bool:
        """Compute everything again; the default."""
        return False

    @staticmethod
    def dots_saveable(prim: Primitive, *_: Any) -> bool:
        """Keep the results of matrix products and convolutions."""
        return prim.name in ("dot_general", "conv_general")

    checkpoint_dots = dots_saveable

    @staticmethod
    def dots_with_no_batch_dims_saveable(prim: Any, *_: Any) -> bool:
        """Keep the results of matrix products without batch axes: those with weights."""
        return prim.name == "dot_general" and not prim.batch[0]

    checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable

    @staticmethod
    @functools.cache
    def save_only_these_names(*names: str) -> Policy:
        """Keep the values given one of these names by `checkpoint_name`."""
        return lambda prim, *_: isinstance(prim, Name) and prim.label in names

    @staticmethod
    @functools.cache
    def save_any_names_but_these(*names: str) -> Policy:
        """Keep the named values whose names are not among these."""
        return lambda prim, *_: isinstance(prim, Name) and prim.label not in names

    @staticmethod
    @functools.cache
    def save_anything_except_these_names(*names: str) -> Policy:
        """Keep everything but the values given one of these names."""
        return lambda prim, *_: not (isinstance(prim, Name) and prim.label in names)

    @staticmethod
    @functools.cache
    def save_from_both_policies(first: Policy, second: Policy) -> Policy:
        """Keep what either policy keeps."""
        return lambda prim, *avals: first(prim, *avals) or second(prim, *avals)
