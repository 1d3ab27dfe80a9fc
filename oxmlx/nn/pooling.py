"""Pooling, channels last."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.nn.conv import per_axis
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, inexact
from oxmlx.ops.window import reduce_window


class Pool(Module):
    """A reduction of windows over `rank` axes."""

    rank: ClassVar[int]
    kind: ClassVar[str]

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ) -> None:
        who, rank = type(self).__name__, self.rank
        self.kernel_size = per_axis(who, "kernel_size", kernel_size, rank, 1)
        self.stride = per_axis(who, "stride", kernel_size if stride is None else stride, rank, 1)
        self.padding = per_axis(who, "padding", padding, rank, 0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            problem = f"padding {self.padding} is more than half of the window {self.kernel_size}"
            raise ArgumentError(who, problem)

    def windows(self, x: ArrayLike) -> Any:
        """The reduction of each window of x [N, *space, C]."""
        a = inexact(x, type(self).__name__)
        if a.ndim != self.rank + 2:
            wanted = f"[batch, {'height, width' if self.rank == 2 else 'time'}, channels]"
            raise ShapeError(
                type(self).__name__,
                f"wants {wanted}, got {a.aval}",
                "Channels come last; .transpose moves them, and x[None] adds a batch axis.",
            )
        padding = ((0, 0), *((p, p) for p in self.padding), (0, 0))
        window, strides = (1, *self.kernel_size, 1), (1, *self.stride, 1)
        return reduce_window(a, self.kind, window, strides, padding)


class MaxPool(Pool):
    """The largest element of each window."""

    kind = "max"

    def __call__(self, x: ArrayLike) -> Array:
        """x [N, *space, C] → [N, *space, C]"""
        return self.windows(x)


class AvgPool(Pool):
    """The mean of each window; padding counts as zeros."""

    kind = "sum"

    def __call__(self, x: ArrayLike) -> Array:
        """x [N, *space, C] → [N, *space, C]"""
        return self.windows(x) * (1 / prod(self.kernel_size))


class MaxPool1d(MaxPool):
    """The largest element of each window of one axis.

    Args:
        kernel_size: the extent of the window.
        stride: how far apart windows are; by default the extent of one.
        padding: at either end, with -∞; at most half of the window.

    >>> import oxmlx as ox
    >>> MaxPool1d(2)(ox.numpy.arange(6.0).reshape(1, 6, 1))[0, :, 0]
    array([1., 3., 5.], dtype=float32)
    """

    rank = 1


class MaxPool2d(MaxPool):
    """The largest element of each window of two axes.

    Args:
        kernel_size: (height, width) of the window, or one number for both; so are the others.
        stride: how far apart windows are; by default the extents of one.
        padding: on either side, with -∞; at most half of the window.

    >>> import oxmlx as ox
    >>> MaxPool2d(2)(ox.numpy.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """

    rank = 2


class AvgPool1d(AvgPool):
    """The mean of each window of one axis; arguments as for `MaxPool1d`, but zeros as padding.

    >>> import oxmlx as ox
    >>> AvgPool1d(2)(ox.numpy.arange(6.0).reshape(1, 6, 1))[0, :, 0]
    array([0.5, 2.5, 4.5], dtype=float32)
    """

    rank = 1


class AvgPool2d(AvgPool):
    """The mean of each window of two axes; arguments as for `MaxPool2d`, but zeros as padding.

    >>> import oxmlx as ox
    >>> AvgPool2d(2)(ox.numpy.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """

    rank = 2
