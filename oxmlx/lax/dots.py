"""Matrix products."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, TypeAlias

from oxmlx.dtypes import as_dtype, promote
from oxmlx.errors import ArgumentError
from oxmlx.ir.trace import bind
from oxmlx.lax.arguments import Array, ArrayLike, arrays, check, ints
from oxmlx.ops.convert import cast
from oxmlx.ops.dot import DotGeneral

DotDimensionNumbers: TypeAlias = (
    "tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]]"
)
"""((contracted axes of x, of y), (batch axes of x, of y))"""


class Precision(enum.Enum):
    """How exactly products of float32 are computed: always exactly, here. JAX programs say it."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


PRECISIONS = {
    *("default", "fastest", "bfloat16"),
    *("high", "bfloat16_3x", "tensorfloat32"),
    *("highest", "float32"),
}


def check_precision(who: str, precision: Any) -> None:
    """Refuse what is no precision; all of them mean the same.

    Raises:
        ArgumentError: it is none.
    """
    both = precision if isinstance(precision, (tuple, list)) else (precision,)
    for one in both:
        if not (one is None or isinstance(one, Precision) or one in PRECISIONS) or len(both) > 2:
            names = ", ".join(map(repr, sorted(PRECISIONS)))
            problem = f"precision got {precision!r}"
            raise ArgumentError(who, problem, f"It takes a lax.Precision, {names}, or a pair.")


def accumulated(prim: Any, x: Any, y: Any, preferred: Any, who: str) -> Any:
    """A product of arrays of one dtype, computed and returned in a preferred one."""
    if preferred is None:
        return bind(prim, x, y)
    out = as_dtype(preferred, who)
    inner = promote(x.dtype, False, out, False)[0]
    return cast(bind(prim, cast(x, inner), cast(y, inner)), out)


def dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    *,
    dimension_numbers: DotDimensionNumbers | None = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The product of vectors and matrices, without batches; with dimension numbers, `dot_general`.

    Raises:
        ShapeError: operands that are neither vectors nor matrices, or do not fit.
        DtypeError: operands of two dtypes.

    >>> import oxmlx as ox
    >>> ox.lax.dot(ox.array([[1.0, 2.0], [3.0, 4.0]]), ox.array([1.0, 10.0]))
    array([21., 43.], dtype=float32)
    """
    who = "lax.dot"
    x, y = arrays(who, lhs, rhs)
    if dimension_numbers is None:
        fits = x.ndim in (1, 2) and y.ndim in (1, 2) and x.shape[-1] == y.shape[0]
        check(
            who,
            [(fits, f"got {x.aval} and {y.aval}")],
            "Wanted vectors or matrices, the last axis of one as long as the first of the other.",
        )
        dimension_numbers = (((x.ndim - 1,), (0,)), ((), ()))
    return dot_general(x, y, dimension_numbers, precision, preferred_element_type)


def dot_general(
    lhs: ArrayLike,
    rhs: ArrayLike,
    dimension_numbers: DotDimensionNumbers,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """Contract axes of x with axes of y, pairing batch axes.

    Args:
        lhs: x
        rhs: y, of the same dtype.
        dimension_numbers: ((contracted axes of x, of y), (batch axes of x, of y)).
        precision: for JAX programs; products are exact.
        preferred_element_type: the dtype to compute in and to return.

    Returns:
        An array of the batch axes, the remaining axes of x, the remaining axes of y.

    Raises:
        ShapeError: paired axes differ in extent.
        AxisError: an operand lacks an axis.
        DtypeError: operands of two dtypes.

    >>> import oxmlx as ox
    >>> x = ox.array([[1, 2, 3], [4, 5, 6]])
    >>> ox.lax.dot_general(x, x, (((1,), (1,)), ((0,), (0,))))
    array([14, 77], dtype=int32)
    """
    who = "lax.dot_general"
    check_precision(who, precision)
    x, y = arrays(who, lhs, rhs)
    try:
        (kx, ky), (bx, by) = dimension_numbers
    except (TypeError, ValueError):
        problem = f"dimension_numbers got {dimension_numbers!r:.80}"
        advice = "Wanted ((contracted axes of x, of y), (batch axes of x, of y))."
        raise ArgumentError(who, problem, advice) from None
    kx, ky, bx, by = (ints(who, "dimension_numbers", axes) for axes in (kx, ky, bx, by))
    return accumulated(DotGeneral((kx, ky), (bx, by)), x, y, preferred_element_type, who)


def batch_matmul(lhs: ArrayLike, rhs: ArrayLike, precision: Any = None) -> Array:
    """The products of two batches of matrices: the leading axes are the same.

    Raises:
        ShapeError: operands of rank 0 or 1, or that do not fit.
        DtypeError: operands of two dtypes.

    >>> import oxmlx as ox
    >>> x = ox.lax.full((5, 2, 3), 1.0)
    >>> ox.lax.batch_matmul(x, ox.lax.transpose(x, (0, 2, 1))).shape
    (5, 2, 2)
    """
    who = "lax.batch_matmul"
    x, y = arrays(who, lhs, rhs)
    fits = x.ndim == y.ndim >= 2 and x.shape[:-2] == y.shape[:-2]
    check(who, [(fits, f"got {x.aval} and {y.aval}")], "Wanted matrices after equal batch axes.")
    lead = tuple(range(x.ndim - 2))
    return dot_general(x, y, (((x.ndim - 1,), (y.ndim - 2,)), (lead, lead)), precision)
