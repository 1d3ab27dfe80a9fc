"""Gradients of weighted sums: those of a plain sum are often zero, and prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import oxmlx as ox


def pull(f: Callable[..., Any], w: Any, *xs: Any) -> Any:
    """The gradients of Σ w f(*xs): one array, or a tuple of them for several operands."""
    w = w if isinstance(w, ox.Array) else ox.numpy.array(w)

    def loss(*xs: Any) -> Any:
        return ox.numpy.sum(f(*xs) * w)

    grads = ox.grad(loss, argnums=tuple(range(len(xs))))(*xs)
    return grads[0] if len(xs) == 1 else grads


def weights(*shape: int, dtype: str = "float32") -> Any:
    """Weights that tell every element from the others."""
    return ox.numpy.array(np.cos(1 + np.arange(np.prod(shape)).reshape(shape)), dtype=dtype)
