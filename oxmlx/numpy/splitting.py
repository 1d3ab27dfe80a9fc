"""Arrays split along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    axis_of,
    ints,
    static_int,
    value,
)
from oxmlx.numpy.shaping import between
from oxmlx.ops.shape import reshape


def unstack(x: ArrayLike, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices of an array along an axis.

    >>> import oxmlx.numpy as np
    >>> np.unstack(np.array([[1, 2], [3, 4]]))
    (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
    """
    y = value(x, "unstack")
    k = axis_of("unstack", axis, y.ndim)
    shape = (*y.shape[:k], *y.shape[k + 1 :])
    return tuple(reshape(between(y, k, i, i + 1), shape) for i in range(y.shape[k]))


def array_split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts of an array along an axis, as equal as they can be.

    Args:
        ary: an array.
        indices_or_sections: how many parts, or the places to cut at.
        axis: the axis to cut.

    >>> import oxmlx.numpy as np
    >>> np.array_split(np.arange(5), 2)
    [array([0, 1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    return cut("array_split", ary, indices_or_sections, axis, even=False)


def split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Equal parts of an array along an axis, or parts between given places.

    Raises:
        ArgumentError: there are no so many equal parts.

    >>> import oxmlx.numpy as np
    >>> np.split(np.arange(4), 2), np.split(np.arange(3), [1])[1]
    ([array([0, 1], dtype=int32), array([2, 3], dtype=int32)], array([1, 2], dtype=int32))
    """
    return cut("split", ary, indices_or_sections, axis)


def vsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the first axis.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.vsplit(np.zeros((4, 2)), 2)]
    [(2, 2), (2, 2)]
    """
    return cut("vsplit", ary, indices_or_sections, 0)


def hsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the second axis; of a vector, along the first.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.hsplit(np.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    x = value(ary, "hsplit")
    return cut("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1)


def dsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the third axis.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.dsplit(np.zeros((1, 1, 4)), 2)]
    [(1, 1, 2), (1, 1, 2)]
    """
    return cut("dsplit", ary, indices_or_sections, 2)


def cut(who: str, ary: Any, where: Any, axis: int, even: bool = True) -> list[Any]:
    """Parts of an array between places along an axis.

    Raises:
        ArgumentError: there are no so many parts, or no so many equal ones.
    """
    x = value(ary, who)
    k = axis_of(who, axis, x.ndim)
    n = x.shape[k]
    if np.ndim(where):
        stops = [min(max(i + n if i < 0 else i, 0), n) for i in ints(who, "places", where)]
        stops.append(n)
    else:
        parts = static_int(who, "sections", where)
        if parts < 1 or (even and n % parts):
            what = "equal parts" if even else "parts"
            raise ArgumentError(who, f"axis {k} of {x.aval} has no {parts} {what}")
        longer = n % parts
        stops = list(np.cumsum([n // parts + (i < longer) for i in range(parts)]))
    starts = [0, *stops[:-1]]
    return [between(x, k, i, max(i, j)) for i, j in zip(starts, map(int, stops), strict=True)]
