"""Normalisation layers."""

from __future__ import annotations

from math import prod
from typing import Any

from oxmlx import numpy as onp
from oxmlx.dtypes import DtypeLike
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.nn.fast.norms import layer_norm, rms_norm
from oxmlx.nn.fields import buffer
from oxmlx.nn.module import Module
from oxmlx.nn.precision import widen
from oxmlx.numpy.arguments import Array, ArrayLike, inexact
from oxmlx.ops.convert import cast
from oxmlx.ops.identity import stop_gradient
from oxmlx.ops.math import rsqrt


class LayerNorm(Module):
    """(x - mean) / √(variance + ε) · weight + bias over the last axis.

    Args:
        dims: the extent of the last axis.
        eps: added to the variance.
        affine: whether there is a weight.
        bias: whether there is a bias too.

    >>> import oxmlx as ox
    >>> LayerNorm(4, eps=0.0)(ox.numpy.array([1.0, 3.0, 1.0, 3.0]))
    array([-1.,  1., -1.,  1.], dtype=float32)
    """

    weight: Array | None
    bias: Array | None
    eps: float

    def __init__(
        self,
        dims: int,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        *,
        dtype: DtypeLike = "float32",
    ) -> None:
        self.weight = onp.ones(dims, dtype) if affine else None
        self.bias = onp.zeros(dims, dtype) if affine and bias else None
        self.eps = eps

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., dims] → [..., dims]"""
        return layer_norm(x, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """x / √(mean(x²) + ε) · weight over the last axis.

    Args:
        dims: the extent of the last axis.
        eps: added to the mean square.

    >>> import oxmlx as ox
    >>> RMSNorm(2, eps=0.0)(ox.numpy.array([3.0, -3.0]))
    array([ 1., -1.], dtype=float32)
    """

    weight: Array
    eps: float

    def __init__(self, dims: int, eps: float = 1e-5, *, dtype: DtypeLike = "float32") -> None:
        self.weight = onp.ones(dims, dtype)
        self.eps = eps

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., dims] → [..., dims]"""
        return rms_norm(x, self.weight, self.eps)


class GroupNorm(Module):
    """Normalise groups of neighbouring channels, each over its channels and all of space.

    The groups are those of torch: MLX's default takes channels that are `num_groups` apart.

    Args:
        num_groups: how many groups; divides dims.
        dims: the number of channels, the extent of the last axis.
        eps: added to the variance.
        affine: whether there are a weight and a bias for each channel.

    Raises:
        ArgumentError: num_groups does not divide dims.

    >>> import oxmlx as ox
    >>> GroupNorm(2, 4, eps=0.0)(ox.numpy.array([[1.0, 3.0, 10.0, 20.0]]))
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    weight: Array | None
    bias: Array | None
    num_groups: int
    eps: float

    def __init__(
        self,
        num_groups: int,
        dims: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DtypeLike = "float32",
    ) -> None:
        if num_groups < 1 or dims % num_groups:
            problem = f"{dims} channels cannot be divided into {num_groups} groups"
            raise ArgumentError("GroupNorm", problem, "num_groups must divide dims.")
        self.weight = onp.ones(dims, dtype) if affine else None
        self.bias = onp.zeros(dims, dtype) if affine else None
        self.num_groups, self.eps = num_groups, eps

    def __call__(self, x: ArrayLike) -> Array:
        """x [N, ..., dims] → [N, ..., dims]"""
        a = inexact(x, "GroupNorm")
        if a.ndim < 2 or a.shape[-1] % self.num_groups:
            problem = f"wants [batch, ..., channels] with {self.num_groups} groups, got {a.aval}"
            raise ShapeError("GroupNorm", problem)
        batch, *space, dims = a.shape
        grouped = (batch, prod(space), self.num_groups, dims // self.num_groups)
        rows = onp.moveaxis(onp.reshape(a, grouped), 2, 1)
        flat = onp.reshape(rows, (batch, self.num_groups, prod(space) * grouped[3]))
        y = onp.reshape(layer_norm(flat, None, None, self.eps), rows.shape)
        y = onp.reshape(onp.moveaxis(y, 1, 2), a.shape)
        return scaled(y, self.weight, self.bias)


def scaled(y: Any, weight: Any, bias: Any) -> Any:
    """y · weight + bias, each if there is one."""
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


class BatchNorm(Module):
    """Normalise each channel over batch and space, remembering mean and variance for evaluation.

    The state is explicit: a call returns the output and the layer with new running statistics,
    which in evaluation mode is the layer itself. So `Sequential` refuses it, and a module that has
    one returns a pair too: `y, norm = self.norm(x); return y, self.replace(norm=norm)`.

    Args:
        num_features: the number of channels, the extent of the last axis.
        eps: added to the variance.
        momentum: the weight of a new batch in the running statistics.
        affine: whether there are a weight and a bias for each channel.
        track_running_stats: without them, evaluation normalises by the batch as well.

    >>> import oxmlx as ox
    >>> norm = BatchNorm(1)
    >>> y, norm = norm(ox.numpy.array([[1.0], [3.0]]))
    >>> y[:, 0], norm.running_mean
    (array([-0.999995,  0.999995], dtype=float32), array([0.2], dtype=float32))
    """

    weight: Array | None
    bias: Array | None
    running_mean: Array | None = buffer()
    running_var: Array | None = buffer()
    eps: float
    momentum: float

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DtypeLike = "float32",
    ) -> None:
        self.weight = onp.ones(num_features, dtype) if affine else None
        self.bias = onp.zeros(num_features, dtype) if affine else None
        self.running_mean = onp.zeros(num_features, dtype) if track_running_stats else None
        self.running_var = onp.ones(num_features, dtype) if track_running_stats else None
        self.eps, self.momentum = eps, momentum

    def __call__(self, x: ArrayLike) -> tuple[Array, BatchNorm]:
        """x [N, ..., C] → ([N, ..., C], the layer afterwards)

        Raises:
            ShapeError: x has no batch axis, or training has one value a channel only.
        """
        a = inexact(x, "BatchNorm")
        if a.ndim < 2:
            raise ShapeError(
                "BatchNorm",
                f"wants [batch, ..., channels], got {a.aval}",
                "Add a batch axis with x[None].",
            )
        wide = widen(a)
        after: BatchNorm = self
        if self.running_mean is None or self.running_var is None or self.training:
            axes, number = tuple(range(a.ndim - 1)), a.size // max(a.shape[-1], 1)
            mean = wide.mean(axes)
            var = ((wide - mean) ** 2).mean(axes)
            if self.training and self.running_mean is not None:
                if number < 2:
                    problem = f"training needs two values a channel or more, got {a.aval}"
                    raise ShapeError("BatchNorm", problem, "Use model.eval() for evaluation.")
                after = self.remember(mean, var * (number / (number - 1)))
        else:
            mean, var = (stop_gradient(widen(s)) for s in (self.running_mean, self.running_var))
        y = (wide - mean) * rsqrt(var + self.eps)
        return scaled(cast(y, a.dtype), self.weight, self.bias), after

    def remember(self, mean: Any, var: Any) -> BatchNorm:
        """The layer whose running statistics have moved towards those of a batch."""

        def move(old: Any, new: Any) -> Any:
            return cast(stop_gradient((1 - self.momentum) * old + self.momentum * new), old.dtype)

        return self.replace(
            running_mean=move(self.running_mean, mean), running_var=move(self.running_var, var)
        )
