"""Dropout."""

from __future__ import annotations

from typing import Any

from oxmlx import numpy as onp
from oxmlx import random
from oxmlx.errors import ArgumentError, KeyTypeError
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, inexact


class Dropout(Module):
    """In training, zero each element with probability p and divide the others by 1 - p.

    Args:
        p: the probability, in [0, 1].

    Raises:
        ArgumentError: p is no probability.

    >>> import oxmlx as ox
    >>> drop, x = Dropout(0.5), ox.numpy.ones(4)
    >>> sorted({float(y) for y in drop(x, key=ox.random.key(0))} | {0.0, 2.0})
    [0.0, 2.0]
    >>> drop.eval()(x)
    array([1., 1., 1., 1.], dtype=float32)
    """

    p: float

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError("Dropout", f"p must lie in [0, 1], got {p}")
        self.p = p

    def __call__(self, x: ArrayLike, *, key: Any = None) -> Array:
        """x of any shape; the key says which elements go.

        Raises:
            KeyTypeError: there is no key, in training.
        """
        a = inexact(x, "Dropout")
        if not self.training or self.p == 0:
            return a
        if key is None:
            raise KeyTypeError(
                "Dropout",
                "there is no key, and the layer is in training mode",
                "Pass key=ox.random.key(...), a new one each step; or use model.eval().",
            )
        if self.p == 1:
            return onp.zeros_like(a)
        return onp.where(random.bernoulli(key, 1 - self.p, a.shape), a / (1 - self.p), 0.0)
