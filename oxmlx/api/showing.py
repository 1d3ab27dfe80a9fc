"""`debug.show`: one program at every stage, from what was traced to what runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.control.callables import check_callable
from oxmlx.ir.device import Device, as_device
from oxmlx.jit import Jitted, jit


def show(
    fun: Callable[..., Any], *, device: Device | str | None = None, source: bool = False
) -> Callable[..., None]:
    """Print what becomes of a function: the program that was traced, beside the plan that a device
    makes of it, and below them the kernels that the plan launches.

    A step on the host says why it has no kernel.

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
    kernel exp_reduce_sum(a: f32[n0, n0]) -> (c: f32[n0])
      grid i0 < n0
        c[i0] = add k0<n0: exp(a[i0, k0])
    """
    check_callable("debug.show", fun)
    place = as_device(device)
    jitted = fun if isinstance(fun, Jitted) else jit(fun)

    def printed(*args: Any, **kwargs: Any) -> None:
        traced = jitted.trace(*args, **kwargs)
        plan = plan_of(traced.entry.prim.body, place)
        kernels = dict.fromkeys(plan.kernels)
        parts = [columns(str(traced.jaxpr), str(plan)), *map(str, kernels)]
        if source:
            parts += dict.fromkeys(map(backend_of(place).source, kernels))
        print("\n\n".join(parts))

    return printed


def columns(left: str, right: str) -> str:
    """Two texts beside each other."""
    a, b = left.splitlines(), right.splitlines()
    width = max(map(len, a), default=0)
    lines = (f"{x:{width}} │ {y}".rstrip() for x, y in zip_longest(a, b, fillvalue=""))
    return "\n".join(lines)
