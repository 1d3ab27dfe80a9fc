"""Look at values while a program runs, under every transformation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from string import Formatter
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.control.callback import DebugCallback, host_call
from oxmlx.errors import ArgumentError
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.convert import NUMBERS

__all__ = ["callback", "print"]


def callback(
    callback: Callable[..., Any] | None = None,
    *args: Any,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a Python function for its effects; what it returns is dropped.

    It is called once where it stands: under `grad` in the forward pass, under `vmap` for one element
    after another, under `checkpoint` not again, in a branch if that is taken (in each branch, if a
    predicate is mapped).

    Args:
        callback: a function; arrays reach it as read-only NumPy arrays. Without it, this returns
            the function to call with callback and arguments.
        args, kwargs: pytrees; leaves that are no arrays or numbers are passed as they are.
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
    if callback is None:
        return partial(globals()["callback"], ordered=ordered)
    return None
