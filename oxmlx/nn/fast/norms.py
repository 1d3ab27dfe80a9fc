"""Normalisation over the last axis."""

from __future__ import annotations

from typing import Any

from oxmlx.control.composite import composite
from oxmlx.dtypes import Dtype, is_float
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.nn.precision import widen
from oxmlx.numpy.arguments import Array, ArrayLike, inexact
from oxmlx.ops.convert import cast, promote_dtypes
from oxmlx.ops.math import rsqrt


def normalised_dtype(who: str, x: Any, **scales: Any) -> Dtype:
    """The dtype of a norm of x with these factors of its last axis.

    Raises:
        DtypeError: x is complex.
        ShapeError: x has no axis, or a factor is not of its last axis' shape.
    """
    if not is_float(x.dtype):
        raise DtypeError(who, f"needs real numbers, got {x.aval}")
    if x.ndim == 0:
        raise ShapeError(who, f"needs at least one axis, got {x.aval}", "Add one with x[None].")
    given = {name: s for name, s in scales.items() if s is not None}
    for name, s in given.items():
        if s.shape != x.shape[-1:]:
            raise ShapeError(
                who, f"{name} must be of shape {x.shape[-1:]}, got {s.aval} for {x.aval}"
            )
    return promote_dtypes(who, x, *given.values())[0].dtype


def scale(who: str, x: Any) -> Any:
    """A factor of the last axis, if there is one."""
    return None if x is None else inexact(x, who)


def rms_norm(x: ArrayLike, weight: ArrayLike | None, eps: float) -> Array:
    """x / √(mean(x²) + ε) · weight over the last axis.

    Args:
        x: [..., D].
        weight: [D], or None for ones.
        eps: added to the mean square.

    Raises:
        ShapeError: the weight is not of the shape of the last axis.

    >>> import oxmlx as ox
    >>> rms_norm(ox.numpy.array([300.0, 300.0], ox.dtypes.float16), None, 1e-5)
    array([1., 1.], dtype=float16)
    """
    a, w = inexact(x, "rms_norm"), scale("rms_norm", weight)
    dtype = normalised_dtype("rms_norm", a, weight=w)
    return _rms_norm(a, w, eps=float(eps), dtype=dtype)


@composite("rms_norm")
def _rms_norm(x: Any, weight: Any, *, eps: float, dtype: Dtype) -> Any:
    x = widen(x)
    y = x * rsqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return cast(y if weight is None else y * widen(weight), dtype)


def layer_norm(x: ArrayLike, weight: ArrayLike | None, bias: ArrayLike | None, eps: float) -> Array:
    """(x - mean) / √(variance + ε) · weight + bias over the last axis, the variance in two passes.

    Args:
        x: [..., D].
        weight, bias: [D], or None for ones and zeros.
        eps: added to the variance.

    Raises:
        ShapeError: weight or bias is not of the shape of the last axis.

    >>> import oxmlx as ox
    >>> layer_norm(ox.numpy.array([10000.0, 10002.0]), None, None, 0.0)
    array([-1.,  1.], dtype=float32)
    """
    a, w, b = inexact(x, "layer_norm"), scale("layer_norm", weight), scale("layer_norm", bias)
    dtype = normalised_dtype("layer_norm", a, weight=w, bias=b)
    return _layer_norm(a, w, b, eps=float(eps), dtype=dtype)


@composite("layer_norm")
def _layer_norm(x: Any, weight: Any, bias: Any, *, eps: float, dtype: Dtype) -> Any:
    x = widen(x)
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    y = centred * rsqrt(variance + eps)
    y = y if weight is None else y * widen(weight)
    return cast(y if bias is None else y + widen(bias), dtype)
