"""Operations as programs to try on a device: forward in every dtype of floats, and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import oxmlx.numpy as jnp
from oxmlx import tree
from oxmlx.api.autodiff import grad
from oxmlx.dtypes import as_dtype, is_inexact
from oxmlx.ir.device import Device, use_device
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.jit import Jitted, jit
from oxmlx.testing.operations import SIZES, Operation

DTYPES = ("float32", "bfloat16", "float16")


class Trial:
    """A program, and what to call it with."""

    def __init__(self, function: Callable[..., Any], operands: list[np.ndarray]) -> None:
        self.jitted: Jitted = jit(function)
        self.operands = operands

    @property
    def dtype(self) -> str:
        """Of its operands."""
        return self.operands[0].dtype.name

    @property
    def jaxpr(self) -> Jaxpr:
        """The program."""
        return self.jitted.trace(*self.operands).entry.prim.body

    def run(self, device: Device, compiled: bool = True) -> list[np.ndarray]:
        """What it gives on a device."""
        with use_device(device):
            args = [jnp.asarray(x) for x in self.operands]
            out = (self.jitted if compiled else self.jitted.fun)(*args)
            return [np.asarray(y) for y in tree.leaves(out)]

    def __str__(self) -> str:
        return f"{self.dtype} {' '.join(str(list(x.shape)) for x in self.operands)}"


def trials(op: Operation, gradient: bool) -> Iterator[Trial]:
    """Its programs: in all dtypes and sizes, gradients in float32."""
    function = weighted_gradient(op.function) if gradient else op.function
    for dtype in DTYPES[:1] if gradient else DTYPES:
        for size in SIZES:
            yield Trial(function, op.operands(size, as_dtype(dtype)))


def weighted_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient of a weighted sum of what `f` gives: that of a plain one may be zero."""

    def weighted(y: Any) -> Any:
        return jnp.sum(y * np.cos(np.arange(y.size, dtype=np.float32)).reshape(y.shape))

    def total(*xs: Any) -> Any:
        return sum(weighted(y) for y in tree.leaves(f(*xs)) if is_inexact(y.dtype))

    return lambda *xs: grad(total, argnums=tuple(range(len(xs))))(*xs)
