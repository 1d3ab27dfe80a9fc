"""Sums and products of all elements up to each one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError
from oxmlx.numpy.arguments import BOOL, INT32, Array, ArrayLike, axis_of, refuse_out, value
from oxmlx.numpy.nan_reductions import replaced
from oxmlx.numpy.reductions import wide
from oxmlx.ops import cumulative, slicing
from oxmlx.ops.convert import cast
from oxmlx.ops.shape import reshape

Scan = Callable[[Any, int], Any]


def cumsum(a: ArrayLike, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """The sum of the elements up to each one along an axis.

    Args:
        a: numbers; bools are counted as int32.
        axis: the axis; `None` flattens.
        dtype: the dtype to sum in; by default that of the array.
        out: not supported.

    >>> import oxmlx.numpy as np
    >>> np.cumsum(np.array([1, 2, 3]))
    array([1, 3, 6], dtype=int32)
    """
    refuse_out("cumsum", out)
    return scanned("cumsum", cumulative.cumsum, value(a, "cumsum"), axis, dtype)


def cumprod(a: ArrayLike, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """The product of the elements up to each one along an axis.

    >>> import oxmlx.numpy as np
    >>> np.cumprod(np.array([1, 2, 3]))
    array([1, 2, 6], dtype=int32)
    """
    refuse_out("cumprod", out)
    return scanned("cumprod", cumulative.cumprod, value(a, "cumprod"), axis, dtype)


def nancumsum(a: ArrayLike, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """The sum of the elements up to each one that are not NaN.

    >>> import oxmlx.numpy as np
    >>> np.nancumsum(np.array([1.0, np.nan, 3.0]))
    array([1., 1., 4.], dtype=float32)
    """
    refuse_out("nancumsum", out)
    return scanned("nancumsum", cumulative.cumsum, replaced("nancumsum", a, 0), axis, dtype)


def nancumprod(a: ArrayLike, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """The product of the elements up to each one that are not NaN.

    >>> import oxmlx.numpy as np
    >>> np.nancumprod(np.array([2.0, np.nan, 3.0]))
    array([2., 2., 6.], dtype=float32)
    """
    refuse_out("nancumprod", out)
    return scanned("nancumprod", cumulative.cumprod, replaced("nancumprod", a, 1), axis, dtype)


def cumulative_sum(
    x: ArrayLike,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Array:
    """The sum of the elements up to each one along an axis, small integers in 32 bits.

    Args:
        x: numbers.
        axis: the axis, which may be left out for a vector.
        dtype: the dtype to sum in.
        include_initial: start with the sum of nothing.

    Raises:
        ArgumentError: no axis is given for an array of several.

    >>> import oxmlx.numpy as np
    >>> np.cumulative_sum(np.array([1, 2, 3]), include_initial=True)
    array([0, 1, 3, 6], dtype=int32)
    """
    return standard("cumulative_sum", cumulative.cumsum, x, axis, dtype, 0, include_initial)


def cumulative_prod(
    x: ArrayLike,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Array:
    """The product of the elements up to each one along an axis, small integers in 32 bits.

    >>> import oxmlx.numpy as np
    >>> np.cumulative_prod(np.array([1, 2, 3]), include_initial=True)
    array([1, 1, 2, 6], dtype=int32)
    """
    return standard("cumulative_prod", cumulative.cumprod, x, axis, dtype, 1, include_initial)


def scanned(who: str, scan: Scan, x: Any, axis: int | None, dtype: Any) -> Any:
    """A scan along one axis, or of the flattened array."""
    if axis is None:
        x, axis = reshape(x, (x.size,)), 0
    own = x.dtype if dtype is None else as_dtype(dtype, who)
    return scan(cast(x, INT32 if own == BOOL else own), axis_of(who, axis, x.ndim))


def standard(
    who: str, scan: Scan, a: Any, axis: int | None, dtype: Any, identity: int, initial: bool
) -> Any:
    """A scan as the array API has it.

    Raises:
        ArgumentError: no axis is given for an array of several, or there is none.
    """
    x = value(a, who)
    if x.ndim == 0 or (axis is None and x.ndim > 1):
        raise ArgumentError(who, f"which axis of {x.aval}?", "Name it with axis=.")
    k = axis_of(who, 0 if axis is None else axis, x.ndim)
    out = scanned(who, scan, x, k, wide(x.dtype) if dtype is None else dtype)
    if not initial:
        return out
    return slicing.pad(out, identity, [(int(a == k), 0, 0) for a in range(x.ndim)])
