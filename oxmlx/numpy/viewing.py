"""The bits of an array read as another dtype: words are split or joined along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import Dtype, as_dtype, is_complex, is_key, short_name
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.numpy.arguments import Array, as_bool, value
from oxmlx.numpy.shaping import between
from oxmlx.ops import logic
from oxmlx.ops.axes import broadcast
from oxmlx.ops.complex import complex_, imag, real
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.elementwise import mul
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate, iota


def view(a: Any, dtype: Any = None) -> Array:
    """The bits of an array read as another dtype, the low words first.

    Args:
        a: an array.
        dtype: another dtype; a narrower one makes the last axis longer, a wider one shorter.

    Raises:
        DtypeError: a shape is no dtype, and keys have no bits to read.
        ShapeError: the last axis has no whole number of the new elements, or there is none.

    >>> import oxmlx.numpy as np
    >>> np.array([1.0, -2.0]).view("uint32")
    array([1065353216, 3221225472], dtype=uint32)
    """
    x = value(a, "view")
    if isinstance(dtype, (int, tuple)):
        advice = f"Use x.reshape({dtype!r}) for another shape."
        raise DtypeError("view", f"reads the bits as another dtype, got {dtype!r}", advice)
    target = x.dtype if dtype is None else as_dtype(dtype, "view")
    if target == x.dtype:
        return x
    if is_key(x.dtype) or is_key(target):
        advice = "Use ox.random.key_data or ox.random.wrap_key_data."
        raise DtypeError("view", f"{x.aval} cannot be read as {short_name(target)}", advice)
    width = x.dtype.itemsize
    if width != target.itemsize and (not x.ndim or x.shape[-1] * width % target.itemsize):
        problem = f"{x.aval} has no last axis with a whole number of {short_name(target)}"
        raise ShapeError("view", problem)
    if is_complex(x.dtype):
        halves = [broadcast(part, (*x.shape, 1), (x.ndim,)) for part in (real(x), imag(x))]
        x = merged(concatenate(halves, x.ndim))
    if is_complex(target):
        x = parted(view(x, np.dtype(f"f{target.itemsize // 2}")), 2)
        return complex_(*(reshape(between(x, x.ndim - 1, k, k + 1), x.shape[:-1]) for k in (0, 1)))
    if x.dtype.kind == "b":
        x = cast(x, np.dtype(np.uint8))
    if target.kind == "b":
        return as_bool(words(x, np.dtype(np.uint8)))
    out = words(x, np.dtype(f"u{target.itemsize}"))
    return out if out.dtype == target else bitcast(out, target)


def words(x: Any, target: Dtype) -> Any:
    """The bits of real numbers as unsigned integers of another width."""
    own = np.dtype(f"u{x.dtype.itemsize}")
    x = x if x.dtype == own else bitcast(x, own)
    if own == target:
        return x
    narrow, wide = sorted((own, target), key=lambda d: d.itemsize)
    ratio = wide.itemsize // narrow.itemsize
    if target == narrow:
        shape = (*x.shape, ratio)
        whole = broadcast(x, shape, (x.ndim,))
        return merged(cast(logic.shift_right_logical(whole, shifts(wide, narrow, shape)), narrow))
    x = parted(x, ratio)
    parts = logic.shift_left(cast(x, wide), shifts(wide, narrow, x.shape))
    return reduce_or(parts, (x.ndim - 1,))


def merged(x: Any) -> Any:
    """The last two axes as one."""
    return reshape(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))


def parted(x: Any, count: int) -> Any:
    """The last axis as two, the last of which holds the parts of one new element."""
    return reshape(x, (*x.shape[:-1], x.shape[-1] // count, count))


def shifts(wide: Dtype, narrow: Dtype, shape: tuple[int, ...]) -> Any:
    """By how many bits each narrow word is shifted in a wide one, along the last axis."""
    return mul(iota(wide, shape, len(shape) - 1), wide.type(8 * narrow.itemsize))
