"""The larger and the smaller of two, elementwise; complex ones are ordered by real part first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.dtypes import is_complex
from oxmlx.numpy.arguments import Array, ArrayLike, refuse_complex, value
from oxmlx.numpy.comparison import Predicate, lexicographic, may_be_complex
from oxmlx.ops import select as ops
from oxmlx.ops.elementwise import operands
from oxmlx.ops.logic import gt, lt, ne, or_


def maximum(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The larger of x and y; NaN if either is.

    >>> import oxmlx.numpy as np
    >>> np.maximum(np.array([-1.0, 2.0]), 0)
    array([0., 2.], dtype=float32)
    """
    return extremum("maximum", ops.maximum, gt, x, y)


def minimum(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The smaller of x and y; NaN if either is.

    >>> import oxmlx.numpy as np
    >>> np.minimum(np.array([-1.0, 2.0]), 0)
    array([-1.,  0.], dtype=float32)
    """
    return extremum("minimum", ops.minimum, lt, x, y)


def fmax(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The larger of x1 and x2; the number if one of them is NaN.

    >>> import oxmlx.numpy as np
    >>> np.fmax(np.array([np.nan, 2.0]), 1.0)
    array([1., 2.], dtype=float32)
    """
    x, y = operands("fmax", x1, x2)
    return ops.select(or_(wins(gt, x, y), ne(y, y)), x, y)


def fmin(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The smaller of x1 and x2; the number if one of them is NaN.

    >>> import oxmlx.numpy as np
    >>> np.fmin(np.array([np.nan, 2.0]), 1.0)
    array([1., 1.], dtype=float32)
    """
    x, y = operands("fmin", x1, x2)
    return ops.select(or_(wins(lt, x, y), ne(y, y)), x, y)


def clip(
    arr: ArrayLike,
    /,
    min: ArrayLike | None = None,
    max: ArrayLike | None = None,
) -> Array:
    """Each element kept between two bounds.

    Args:
        arr: numbers.
        min, max: the bounds; `None` for none.

    Raises:
        DtypeError: an operand is complex.

    >>> import oxmlx.numpy as np
    >>> np.clip(np.array([-1.0, 0.5, 2.0]), 0, 1)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    out = value(arr, "clip")
    refuse_complex("clip", out)
    if min is not None:
        out = ops.maximum(out, min)
    return out if max is None else ops.minimum(out, max)


def extremum(who: str, of: Callable[[Any, Any], Any], test: Predicate, x: Any, y: Any) -> Any:
    """`of` real operands; of complex ones the first if it wins or is NaN."""
    if not (may_be_complex(x) or may_be_complex(y)):
        return of(x, y)
    x, y = operands(who, x, y)
    return ops.select(or_(wins(test, x, y), ne(x, x)), x, y) if is_complex(x.dtype) else of(x, y)


def wins(test: Predicate, x: Any, y: Any) -> Any:
    """A strict comparison of operands of any dtype."""
    return lexicographic(test, test, x, y) if is_complex(x.dtype) else test(x, y)
