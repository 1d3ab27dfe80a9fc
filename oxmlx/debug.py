"""Look at values while a program runs, under every transformation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import guard
from oxmlx.api.showing import show
from oxmlx.control.callables import check_callable
from oxmlx.control.callback import DebugCallback, host_call
from oxmlx.errors import ArgumentError
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.convert import NUMBERS

__all__ = ["callback", "print", "show"]


def callback(
    callback: Callable[..., Any] | None = None, *args: Any, ordered: bool = False, **kwargs: Any
) -> Any:
    """Call a Python function for its effects; what it returns is dropped.

    It is called once, where it stands: under `grad` in the forward pass, under `vmap` for one
    element after another, under `checkpoint` not again, in a branch if that is taken (in each, if
    the predicate is mapped).

    Args:
        callback: a function; arrays and numbers reach it as read-only NumPy arrays. Without it, the
            result is a function to call with it and its arguments.
        args, kwargs: pytrees; leaves that are neither arrays nor numbers are passed as they are.
        ordered: accepted for JAX programs; effects keep the order of the program in any case.

    Raises:
        ArgumentError: `callback` cannot be called.

    >>> import oxmlx as ox
    >>> seen = []
    >>> def loss(x):
    ...     ox.debug.callback(lambda x: seen.append(x.item()), x)
    ...     return x * x
    >>> ox.grad(loss)(3.0), seen
    (array(6., dtype=float32), [3.0])
    """
    return watch if callback is None else watch(callback, *args, **kwargs)


def print(fmt: str | None = None, *args: Any, ordered: bool = False, **kwargs: Any) -> Any:
    """Print values when the program runs: `str.format` with its arguments known only then.

    Args:
        fmt: a format string; an f-string would show tracers. Without it, the result is a function
            to call with it and its arguments.
        args, kwargs: what it formats; arrays are formatted as NumPy's, with the print options that
            NumPy has when this is called.
        ordered: accepted for JAX programs; prints keep the order of the program in any case.

    Raises:
        ArgumentError: the format string and the arguments do not belong together.

    >>> import oxmlx as ox
    >>> @ox.jit
    ... def f(x):
    ...     ox.debug.print("x = {x:.2f}, {} of {}", 1, "three", x=x)
    ...     return x
    >>> y = f(2.0)
    x = 2.00, 1 of three
    """
    return print_later if fmt is None else print_later(fmt, *args, **kwargs)


def watch(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
    """`callback` itself: split off what is no array, and bind the rest."""
    check_callable("debug.callback", fun)
    leaves, structure = tree.flatten((args, kwargs))
    moving = [isinstance(x, (Value, *NUMBERS, np.ndarray, np.generic)) for x in leaves]

    def call(*values: Any) -> None:
        given = iter(values)
        every = [next(given) if m else x for m, x in zip(moving, leaves, strict=True)]
        xs, named = structure.unflatten(every)
        fun(*xs, **named)

    call.__name__ = getattr(fun, "__name__", type(fun).__name__)
    arrays = tuple(x for x, m in zip(leaves, moving, strict=True) if m)
    host, outs, operands = host_call("debug.callback", call, None, arrays, {})
    bind(DebugCallback(host, outs), *operands)


def print_later(fmt: str, /, *args: Any, **kwargs: Any) -> None:
    """`print` itself: check the format now, fill it in later."""
    checker = Checker()
    problem: str | None = None
    try:
        checker.format(fmt, *args, **kwargs)
    except (AttributeError, LookupError, ValueError) as e:
        problem = str(e)
    if checker.unused:
        problem = f"it does not use {checker.unused}"
    if problem is not None:
        raise ArgumentError(
            "debug.print",
            f"{fmt!r} does not go with {len(args)} arguments and names {sorted(kwargs)}: {problem}",
            "It formats later, as fmt.format(*args, **kwargs): pass values, not an f-string.",
        )
    options = np.get_printoptions()

    def print_values(*xs: Any, **named: Any) -> None:
        with np.printoptions(**options):
            sys.stdout.write(fmt.format(*xs, **named) + "\n")

    watch(print_values, *args, **kwargs)


class Checker(Formatter):
    """Finds the arguments of a format string without formatting them, and those it does not use."""

    unused: Sequence[int | str] = ()
    """The arguments that the format left out."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return ""

    def check_unused_args(
        self, used_args: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        self.unused = [k for k in (*range(len(args)), *kwargs) if k not in used_args]


guard(__name__)
