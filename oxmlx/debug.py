"""Look at values while a program runs, under every transformation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from string import Formatter
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import guard
from oxmlx.api.executable import plan_of, sources
from oxmlx.backends.base import backend_of
from oxmlx.config import config
from oxmlx.control.callables import check_callable
from oxmlx.control.callback import DebugCallback, host_call
from oxmlx.errors import ArgumentError
from oxmlx.ir.device import Device, as_device
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.jit import Jitted, jit
from oxmlx.ops.convert import NUMBERS

__all__ = ["callback", "kernels_compiled", "print", "show"]


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


def show(
    fun: Callable[..., Any], *, device: Device | str | None = None, source: bool = False
) -> Callable[..., None]:
    """Print what becomes of a function: the program that was traced, beside the plan that a device
    makes of it, and below them the kernels that the plan launches.

    A step on the host says why it has no kernel. `help(oxmlx.ir.plan)` has the words of a plan. Its
    variables have letters of their own: `d/a` is d, written over a if nobody else has that.

    Args:
        fun: a function, jitted or not.
        device: where it is to run, by default the default device.
        source: print the text of each kernel, too, in the language that it is compiled from.

    Returns:
        A function of the arguments of `fun`, which are not computed with.

    Raises:
        ArgumentError: `fun` is no function.
        DeviceError: there is no such device.

    >>> import oxmlx as ox
    >>> ox.debug.show(lambda x: ox.numpy.sum(ox.numpy.exp(x), 1), device="cpu")(ox.numpy.eye(3))
    { lambda ; a:f32[3,3]. let            │ plan (a)
        b:f32[3,3] = exp a                │   b = launch exp_reduce_sum a
        c:f32[3] = reduce_sum[axes=(1,)] b │   free a
      in (c,) }                           │   -> (b)
    <BLANKLINE>
    kernel exp_reduce_sum(a: f32[n0, n1]) -> (c: f32[n0])
      grid i0 < n0
        c[i0] = add k0<n1: exp(a[i0, k0])
    """
    check_callable("debug.show", fun)
    place = as_device(device)
    jitted = fun if isinstance(fun, Jitted) else jit(fun)

    def printed(*args: Any, **kwargs: Any) -> None:
        traced = jitted.trace(*args, **kwargs)
        backend = backend_of(place)
        plan = plan_of(traced.entry.prim.body, backend, config.strict, traced.entry.given)
        parts = [columns(str(traced.jaxpr), str(plan)), *map(str, plan.kernels)]
        if source:
            parts += sources(plan, backend)
        sys.stdout.write("\n\n".join(parts) + "\n")

    return printed


def kernels_compiled(device: Device | str | None = None) -> int:
    """How many kernels this process has compiled for a kind of device, to see what costs time; what
    was found on disk is not among them.

    Args:
        device: by default the default device.

    Raises:
        DeviceError: there is no such device.

    A new shape of a program that was compiled before needs none:

    >>> import oxmlx as ox
    >>> f = ox.jit(ox.nn.softmax)
    >>> with ox.default_device("cpu"):
    ...     y = f(ox.numpy.ones((3, 4)))
    ...     before = ox.debug.kernels_compiled()
    ...     y = f(ox.numpy.ones((500, 500)))
    ...     ox.debug.kernels_compiled() - before
    0
    """
    return backend_of(as_device(device)).kernels_compiled


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


def columns(left: str, right: str) -> str:
    """Two texts beside each other."""
    a, b = left.splitlines(), right.splitlines()
    width = max(map(len, a), default=0)
    lines = (f"{x:{width}} │ {y}".rstrip() for x, y in zip_longest(a, b, fillvalue=""))
    return "\n".join(lines)


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
