"""The methods of arrays: NumPy's functions, installed on arrays and tracers alike."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from oxmlx.api.boundary import boundary
from oxmlx.api.donation import is_deleted
from oxmlx.api.evaluation import block_until_ready, device_put
from oxmlx.errors import ArgumentError
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device
from oxmlx.ir.value import Value
from oxmlx.numpy.complexes import conjugate, imag, real
from oxmlx.numpy.creation import astype, copy
from oxmlx.numpy.diagonals import diagonal, trace
from oxmlx.numpy.extrema import clip
from oxmlx.numpy.indexing import choose, compress, take
from oxmlx.numpy.products import dot
from oxmlx.numpy.reductions import all, any, max, mean, min, prod, ptp, std, sum, var
from oxmlx.numpy.repeating import repeat
from oxmlx.numpy.rounding import round
from oxmlx.numpy.scans import cumprod, cumsum
from oxmlx.numpy.searching import argmax, argmin, nonzero, searchsorted
from oxmlx.numpy.shaping import (
    matrix_transpose,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from oxmlx.numpy.sorting import argpartition, argsort, partition, sort
from oxmlx.numpy.viewing import view

FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *(all, any, argmax, argmin, argpartition, argsort, choose, clip, conjugate, copy, cumprod),
    *(cumsum, diagonal, dot, max, mean, min, nonzero, partition, prod, ptp, ravel, repeat, round),
    *(searchsorted, sort, squeeze, std, sum, swapaxes, take, trace, var, view, block_until_ready),
)
"""Functions that are methods as they are."""


def reshape_method(x: Value, *shape: Any, order: str = "C", copy: bool | None = None) -> Value:
    """The same elements in another shape, given as extents or as one tuple."""
    extents = shape[0] if len(shape) == 1 else shape
    return reshape(x, extents, order, copy=copy)


def transpose_method(x: Value, *axes: Any) -> Value:
    """The axes in another order, given as numbers or as one tuple; reversed by default."""
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return transpose(x, order or None)


def astype_method(
    x: Value, dtype: Any, copy: bool = False, device: Device | str | None = None
) -> Value:
    """The array with another dtype."""
    return astype(x, dtype, copy=copy, device=device)


def compress_method(x: Value, condition: Any, axis: int | None = None, **options: Any) -> Value:
    """The slices along an axis where a condition holds."""
    return compress(condition, x, axis, **options)


def flatten(x: Value, order: str = "C") -> Value:
    """The elements along one axis."""
    return ravel(x, order)


def to_device(x: Value, device: Device | str, /, *, stream: None = None) -> Value:
    """The array on a device."""
    return device_put(x, device)


def devices(x: Value) -> set[Device]:
    """The devices that hold the array: one."""
    return {x.device} if isinstance(x, Array) else set()


def no_device(x: Value) -> None:
    """Where a traced value lives: where the program will run."""
    return None


def array_namespace(x: Value, /, *, api_version: str | None = None) -> Any:
    """The module with the functions of the array API.

    Raises:
        ArgumentError: a version of the standard that it does not follow.
    """
    if api_version not in (None, *VERSIONS):
        known = ", ".join(VERSIONS)
        raise ArgumentError("__array_namespace__", f"version {api_version!r}", f"It knows {known}.")
    return import_module("oxmlx.numpy")


def attribute(f: Callable[[Any], Any]) -> property:
    """A function that is called by naming it: methods are guarded later, what is none is here."""
    return property(boundary(f))


VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")

METHODS: dict[str, Any] = {
    **{f.__name__: f for f in FUNCTIONS},
    "astype": astype_method,
    "compress": compress_method,
    "conj": conjugate,
    "devices": devices,
    "flatten": flatten,
    "is_deleted": is_deleted,
    "reshape": reshape_method,
    "to_device": to_device,
    "transpose": transpose_method,
    "__array_namespace__": array_namespace,
    "T": attribute(transpose),
    "device": property(no_device),  # arrays have their own
    "imag": attribute(imag),
    "mT": attribute(matrix_transpose),
    "real": attribute(real),
}


def install() -> None:
    """Put the methods on values."""
    for name, method in METHODS.items():
        setattr(Value, name, method)
