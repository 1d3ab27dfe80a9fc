"""Composites: functions that stay one named equation, which a backend may know by its name."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

from oxmlx import tree
from oxmlx.control.call import Call
from oxmlx.control.program import stage_flat
from oxmlx.errors import StaticValueError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.primitive import param_key
from oxmlx.ir.trace import BASE, bind, current_trace
from oxmlx.ir.value import Tracer
from oxmlx.ops.convert import as_value
from oxmlx.transforms.vmap import named_axes

F = TypeVar("F", bound=Callable[..., Any])
MAX_ENTRIES = 1024


def composite(name: str) -> Callable[[F], F]:
    """Make a function one equation, `name`, wherever it is traced; its body gives it all its rules.

    Args:
        name: the label of the `call` equation.

    Returns:
        A decorator of functions whose positional arguments are pytrees of arrays and whose keyword
        arguments are static. In eager code the function runs as it is.

    Raises:
        StaticValueError: a keyword argument is not hashable.

    >>> import oxmlx as ox
    >>> @composite("square_sum")
    ... def square_sum(x, *, axis):
    ...     return (x * x).sum(axis)
    >>> ox.make_jaxpr(lambda x: square_sum(x, axis=0))(ox.numpy.ones(3)).eqns[0].prim.label
    'square_sum'
    """

    def decorate(fun: F) -> F:
        cache: OrderedDict[Any, tuple[Call, list[Any], tree.PyTreeDef]] = OrderedDict()
        lock = RLock()

        @functools.wraps(fun)
        def called(*args: Any, **static: Any) -> Any:
            trace = current_trace()
            if trace is BASE:
                return fun(*args, **static)
            leaves, in_tree = tree.flatten(args)
            values = [as_value(x, name) for x in leaves]
            avals = tuple([get_aval(x) for x in values])
            key = in_tree, avals, static_key(name, static), tuple(named_axes(trace).items())
            entry = cache.get(key)
            if entry is None:
                body, consts, out_tree = stage_flat(
                    functools.partial(fun, **static), avals, in_tree, name
                )
                entry = Call(name, body), consts, out_tree
                if not any(isinstance(x, Tracer) for x in consts):
                    with lock:
                        cache[key] = entry
                        if len(cache) > MAX_ENTRIES:
                            cache.popitem(last=False)
            prim, consts, out_tree = entry
            return out_tree.unflatten(bind(prim, *consts, *values))

        wrapped: Any = called
        return wrapped

    return decorate


def static_key(name: str, static: dict[str, Any]) -> Any:
    """The keyword arguments by value and type."""
    try:
        return tuple((k, param_key(v)) for k, v in sorted(static.items()))
    except TypeError:
        raise StaticValueError(
            name,
            f"keyword arguments are static and must be hashable, got {static}",
            "Pass arrays by position.",
        ) from None
