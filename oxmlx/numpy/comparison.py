"""Comparisons, elementwise and of whole arrays. Complex numbers are ordered by real part first."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from oxmlx.dtypes import is_complex
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import (
    BOOL,
    Array,
    ArrayLike,
    inexacts,
    refuse_complex,
    refuse_out,
    value,
)
from oxmlx.numpy.complexes import parts
from oxmlx.ops import logic, math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import broadcast_shapes
from oxmlx.ops.elementwise import add, mul, operands, sub
from oxmlx.ops.logic import and_, eq, gt, le, lt, ne, or_
from oxmlx.ops.math import constant
from oxmlx.ops.reduction import reduce_and

Predicate = Callable[[Any, Any], Any]


def equal(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x = y

    >>> import oxmlx.numpy as np
    >>> np.equal(np.array([1, 2]), 1.0)
    array([ True, False], dtype=bool)
    """
    return logic.eq(x, y)


def not_equal(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x ≠ y

    >>> import oxmlx.numpy as np
    >>> np.not_equal(np.array([1, 2]), 1.0)
    array([False,  True], dtype=bool)
    """
    return logic.ne(x, y)


def less(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x < y

    >>> import oxmlx.numpy as np
    >>> np.less(np.array([1, 2]), 2)
    array([ True, False], dtype=bool)
    """
    return compare("less", lt, lt, x, y)


def less_equal(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x ≤ y

    >>> import oxmlx.numpy as np
    >>> np.less_equal(np.array([1, 2, 3]), 2)
    array([ True,  True, False], dtype=bool)
    """
    return compare("less_equal", le, lt, x, y)


def greater(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x > y

    >>> import oxmlx.numpy as np
    >>> np.greater(np.array([1, 2, 3]), 2)
    array([False, False,  True], dtype=bool)
    """
    return compare("greater", gt, gt, x, y)


def greater_equal(x: ArrayLike, y: ArrayLike, /) -> Array:
    """x ≥ y

    >>> import oxmlx.numpy as np
    >>> np.greater_equal(np.array([1, 2, 3]), 2)
    array([False,  True,  True], dtype=bool)
    """
    return compare("greater_equal", logic.ge, gt, x, y)


def isnan(x: ArrayLike, /) -> Array:
    """Whether each element is NaN.

    >>> import oxmlx.numpy as np
    >>> np.isnan(np.array([0.0, np.nan, np.inf]))
    array([False,  True, False], dtype=bool)
    """
    return any_part(value(x, "isnan"), lambda part: ne(part, part))


def isinf(x: ArrayLike, /) -> Array:
    """Whether each element is ∞ or -∞.

    >>> import oxmlx.numpy as np
    >>> np.isinf(np.array([0.0, np.nan, -np.inf]))
    array([False, False,  True], dtype=bool)
    """
    return any_part(value(x, "isinf"), lambda part: is_infinite(math.abs_(part), np.inf))


def isfinite(x: ArrayLike, /) -> Array:
    """Whether each element is neither infinite nor NaN.

    >>> import oxmlx.numpy as np
    >>> np.isfinite(np.array([0.0, np.nan, -np.inf]))
    array([ True, False, False], dtype=bool)
    """
    y = value(x, "isfinite")
    tests = [math.is_finite(part) for part in parts(y)]
    return reduce(and_, tests) if tests else full(y.shape, True, BOOL)


def isposinf(x: ArrayLike, /, out: None = None) -> Array:
    """Whether each element is ∞.

    Raises:
        DtypeError: x is complex.

    >>> import oxmlx.numpy as np
    >>> np.isposinf(np.array([0.0, np.inf, -np.inf]))
    array([False,  True, False], dtype=bool)
    """
    refuse_out("isposinf", out)
    return any_part(real_array("isposinf", x), lambda part: is_infinite(part, np.inf))


def isneginf(x: ArrayLike, /, out: None = None) -> Array:
    """Whether each element is -∞.

    Raises:
        DtypeError: x is complex.

    >>> import oxmlx.numpy as np
    >>> np.isneginf(np.array([0.0, np.inf, -np.inf]))
    array([False, False,  True], dtype=bool)
    """
    refuse_out("isneginf", out)
    return any_part(real_array("isneginf", x), lambda part: is_infinite(part, -np.inf))


def isclose(
    a: ArrayLike,
    b: ArrayLike,
    rtol: ArrayLike = 1e-5,
    atol: ArrayLike = 1e-8,
    equal_nan: bool = False,
) -> Array:
    """Whether |a - b| ≤ atol + rtol |b|.

    Args:
        a, b: numbers, broadcast to one shape.
        rtol, atol: the tolerances.
        equal_nan: whether NaN is close to NaN.

    >>> import oxmlx.numpy as np
    >>> np.isclose(np.array([1.0, np.nan]), np.array([1.000001, np.nan]))
    array([ True, False], dtype=bool)
    """
    x, y = inexacts("isclose", a, b)
    size = math.abs_(y)
    near = le(math.abs_(sub(x, y)), add(atol, mul(rtol, size)))
    close = or_(eq(x, y), and_(near, and_(isfinite(x), isfinite(y))))
    return or_(close, and_(ne(x, x), ne(y, y))) if equal_nan else close


def allclose(
    a: ArrayLike,
    b: ArrayLike,
    rtol: ArrayLike = 1e-5,
    atol: ArrayLike = 1e-8,
    equal_nan: bool = False,
) -> Array:
    """Whether all elements are close, as `isclose` says.

    >>> import oxmlx.numpy as np
    >>> np.allclose(np.array([1.0, 2.0]), np.array([1.0, 2.000001]))
    array(True, dtype=bool)
    """
    return every(isclose(a, b, rtol, atol, equal_nan))


def array_equal(a1: ArrayLike, a2: ArrayLike, equal_nan: bool = False) -> Array:
    """Whether two arrays have one shape and equal elements.

    Args:
        a1, a2: arrays.
        equal_nan: whether NaN equals NaN.

    >>> import oxmlx.numpy as np
    >>> np.array_equal(np.arange(3), np.arange(3)), np.array_equal(np.arange(3), np.arange(4))
    (array(True, dtype=bool), array(False, dtype=bool))
    """
    x, y = value(a1, "array_equal"), value(a2, "array_equal")
    if x.shape != y.shape:
        return full((), False, BOOL)
    same = eq(x, y)
    return every(or_(same, and_(isnan(x), isnan(y))) if equal_nan else same)


def array_equiv(a1: ArrayLike, a2: ArrayLike) -> Array:
    """Whether two arrays are equal after broadcasting.

    >>> import oxmlx.numpy as np
    >>> np.array_equiv(np.array([[1, 2], [1, 2]]), np.array([1, 2]))
    array(True, dtype=bool)
    """
    x, y = value(a1, "array_equiv"), value(a2, "array_equiv")
    try:
        broadcast_shapes("array_equiv", x.shape, y.shape)
    except ShapeError:
        return full((), False, BOOL)
    return every(eq(x, y))


def compare(who: str, test: Predicate, strict: Predicate, x: Any, y: Any) -> Any:
    """A comparison of real or complex operands."""
    if not (may_be_complex(x) or may_be_complex(y)):
        return test(x, y)
    x, y = operands(who, x, y)
    return lexicographic(test, strict, x, y) if is_complex(x.dtype) else test(x, y)


def may_be_complex(x: Any) -> bool:
    """Whether an operand is complex, seen without converting it."""
    return isinstance(x, complex) or is_complex(getattr(x, "dtype", None))


def lexicographic(test: Predicate, strict: Predicate, x: Any, y: Any) -> Any:
    """Compare complex operands: by the real parts if they differ, else by the imaginary parts."""
    (a, b), (c, d) = parts(x), parts(y)
    return or_(strict(a, c), and_(eq(a, c), test(b, d)))


def real_array(who: str, x: Any) -> Any:
    """An array that is not complex."""
    y = value(x, who)
    refuse_complex(who, y)
    return y


def is_infinite(x: Any, which: float) -> Any:
    """Whether the elements of a float array are the one infinity or the other."""
    return eq(x, constant(which, x))


def any_part(x: Any, test: Callable[[Any], Any]) -> Any:
    """Whether a test holds for one of the floats that an element consists of."""
    tests = [test(part) for part in parts(x)]
    return reduce(or_, tests) if tests else full(x.shape, False, BOOL)


def every(x: Any) -> Any:
    """Whether all elements of a bool array hold."""
    return reduce_and(x, tuple(range(x.ndim)))
