"""x[index], x.at[index] and iteration, installed on values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oxmlx.config import config
from oxmlx.dtypes import is_integer
from oxmlx.errors import ShapeError
from oxmlx.ir.value import Value
from oxmlx.ops.at import At
from oxmlx.ops.gather import gather
from oxmlx.ops.selection import selection, static_block, static_key


def getitem(x: Value, index: Any) -> Any:
    """The elements that a NumPy index expression selects.

    What is static takes no gather. An array reads NaN (the least, or greatest unsigned, integer)
    where it lies outside; from -n to -1 it counts from the end.

    Args:
        x: an array.
        index: an int, a slice, `None`, an ellipsis, an array of integers or bools, or a tuple.

    Raises:
        OutOfBoundsError: a static int lies outside.
        AxisError: there are more indices than axes, or a mask does not fit its axes.
        ShapeError: index arrays do not broadcast.
        DtypeError: an array of other numbers than integers and bools.
        ConcretizationError: a mask, or a bound of a slice, is traced.
        ArgumentError: something else.

    >>> import oxmlx as ox
    >>> x = ox.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    >>> x[:, ::-1]
    array([[2., 1., 0.],
           [5., 4., 3.]], dtype=float32)
    >>> x[0, ox.array([2, -1, 7])]
    array([ 2.,  2., nan], dtype=float32)
    """
    key = static_key(index)
    if key is not None:
        return static_block(key, x.shape).read(x)
    if isinstance(index, Value) and is_integer(index.dtype) and x.ndim and not config.check:
        return gather(x, (index,), (0,))
    return selection(index, x.shape, None).read(x, None, None)


def iterate(x: Value) -> Iterator[Any]:
    """The slices of `x` along its first axis.

    Raises:
        ShapeError: it has no axis.
    """
    if not x.ndim:
        raise ShapeError("iter", f"got {x.aval}, which has no axis", "Use .item() for its element.")
    return (getitem(x, k) for k in range(x.shape[0]))


def install() -> None:
    """Put indexing on `Value`, for arrays and tracers alike."""
    setattr(Value, "__getitem__", getitem)  # noqa: B010  # unknown to the class, on purpose
    setattr(Value, "__iter__", iterate)  # noqa: B010
    setattr(Value, "at", property(At))  # noqa: B010


install()
