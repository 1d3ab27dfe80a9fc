"""Convolutions, channels last."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any, ClassVar

from oxmlx import random
from oxmlx.dtypes import DtypeLike
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.nn.extents import check_extents
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, value
from oxmlx.ops.conv import conv_general


def per_axis(who: str, name: str, x: Any, rank: int, least: int) -> tuple[int, ...]:
    """One number for all spatial axes, or one for each.

    Raises:
        ArgumentError: it is neither, or a number is too small.
    """
    numbers = (x,) * rank if isinstance(x, int) else tuple(x)
    if len(numbers) != rank or any(not isinstance(n, int) or n < least for n in numbers):
        problem = f"{name} must be {rank} integers ≥ {least}, or one for all axes, got {x!r}"
        raise ArgumentError(who, problem)
    return numbers


class Conv(Module):
    """A convolution over `rank` axes: y[n, p, o] = Σ x[n, p · stride + q · dilation - padding, i]
    w[o, q, i] + b[o]."""

    rank: ClassVar[int]

    weight: Array
    bias: Array | None
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        key: Any,
        dtype: DtypeLike = "float32",
    ) -> None:
        who, rank = type(self).__name__, self.rank
        check_extents(who, in_channels=in_channels, out_channels=out_channels)
        if groups < 1 or in_channels % groups or out_channels % groups:
            problem = f"{in_channels} and {out_channels} channels do not fall into {groups} groups"
            raise ArgumentError(who, problem, "groups= must divide in_channels and out_channels.")
        size = per_axis(who, "kernel_size", kernel_size, rank, 1)
        shape = (out_channels, *size, in_channels // groups)
        bound = 1 / sqrt(max(prod(shape[1:]), 1))
        for_weight, for_bias = random.split(key)
        self.weight = random.uniform(for_weight, shape, dtype, -bound, bound)
        self.bias = random.uniform(for_bias, shape[:1], dtype, -bound, bound) if bias else None
        self.stride = per_axis(who, "stride", stride, rank, 1)
        self.padding = per_axis(who, "padding", padding, rank, 0)
        self.dilation = per_axis(who, "dilation", dilation, rank, 1)
        self.groups = groups

    def __call__(self, x: ArrayLike) -> Array:
        """x [N, *space, in] → [N, *space, out]

        Raises:
            ShapeError: x has another rank, or another number of channels.
        """
        a = value(x, type(self).__name__)
        channels = self.weight.shape[-1] * self.groups
        if a.ndim != self.rank + 2 or a.shape[-1] != channels:
            wanted = f"[batch, {'height, width' if self.rank == 2 else 'time'}, {channels}]"
            raise ShapeError(
                type(self).__name__,
                f"wants {wanted}, got {a.aval}",
                "Channels come last; .transpose moves them, and x[None] adds a batch axis.",
            )
        y = conv_general(
            a,
            self.weight,
            strides=self.stride,
            padding=tuple((p, p) for p in self.padding),
            rhs_dilation=self.dilation,
            feature_groups=self.groups,
        )
        return y if self.bias is None else y + self.bias


class Conv1d(Conv):
    """y[n, p, o] = Σ x[n, p · stride + q · dilation - padding, i] w[o, q, i] + b[o]

    Args:
        in_channels, out_channels: the extents of the last axis of input and output.
        kernel_size: how many q.
        stride, padding, dilation: as in the equation; x is zero outside.
        groups: o sees the channels of its own group only.
        bias: whether there is a b.
        key: for w and b, uniform in ±1 / √(number of terms).
        dtype: of w and b.

    Raises:
        ArgumentError: the groups do not divide the channels, or a number is too small.

    >>> import oxmlx as ox
    >>> Conv1d(3, 8, 5, padding=2, key=ox.random.key(0))(ox.numpy.ones((1, 10, 3))).shape
    (1, 10, 8)
    """

    rank = 1


class Conv2d(Conv):
    """y[n, p, o] = Σ x[n, p · stride + q · dilation - padding, i] w[o, q, i] + b[o], p and q pairs

    Args:
        in_channels, out_channels: the extents of the last axis of input and output.
        kernel_size: (height, width), or one number for both; so are stride, padding and dilation.
        stride, padding, dilation: as in the equation; x is zero outside.
        groups: o sees the channels of its own group only.
        bias: whether there is a b.
        key: for w and b, uniform in ±1 / √(number of terms).
        dtype: of w and b.

    Raises:
        ArgumentError: the groups do not divide the channels, or a number is too small.

    >>> import oxmlx as ox
    >>> layer = Conv2d(3, 8, 3, stride=2, padding=1, key=ox.random.key(0))
    >>> layer.weight.shape, layer(ox.numpy.ones((1, 28, 28, 3))).shape
    ((8, 3, 3, 3), (1, 14, 14, 8))
    """

    rank = 2
