"""Choosing between elements by a condition, an index or their size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx.errors import ArgumentError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    arrays,
    as_bool,
    converted,
    value,
    values,
)
from oxmlx.numpy.searching import nonzero
from oxmlx.ops import select as ops
from oxmlx.ops.shape import broadcast_to


def where(
    condition: ArrayLike,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    /,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """x where the condition holds, else y; with the condition alone, where it holds.

    Args:
        condition: truth values.
        x, y: what to choose from; both or neither.
        size, fill_value: without x and y, as in `nonzero`.

    Raises:
        ArgumentError: x without y, or y without x.

    >>> import oxmlx.numpy as np
    >>> np.where(np.array([True, False]), np.array([1.0, 2.0]), 0)
    array([1., 0.], dtype=float32)
    """
    if x is None and y is None:
        return nonzero(condition, size=size, fill_value=fill_value)
    if x is None or y is None:
        raise ArgumentError("where", "got only one of x and y", "Give both or neither.")
    return ops.select(as_bool(value(condition, "where")), x, y)


def select(
    condlist: Sequence[ArrayLike], choicelist: Sequence[ArrayLike], default: Any = 0
) -> Array:
    """The first choice whose condition holds, else the default.

    Args:
        condlist: truth values.
        choicelist: as many arrays.
        default: an array or a number.

    Raises:
        ArgumentError: the lists differ in length.

    >>> import oxmlx.numpy as np
    >>> x = np.arange(5)
    >>> np.select([x < 2, x > 3], [x, 10 * x], -1)
    array([ 0,  1, -1, -1, 40], dtype=int32)
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        problem = f"got {len(condlist)} conditions for {len(choicelist)} choices"
        raise ArgumentError("select", problem, "Give one condition for each choice.")
    *choices, out = arrays("select", *choicelist, default)
    for condition, x in zip(condlist[::-1], choices[::-1], strict=True):
        out = ops.select(as_bool(value(condition, "select")), x, out)
    return out


def piecewise(
    x: ArrayLike,
    condlist: ArrayLike | Sequence[ArrayLike],
    funclist: Sequence[ArrayLike | Callable[..., Any]],
    *args: Any,
    **kw: Any,
) -> Array:
    """A function given piece by piece: the last condition that holds decides.

    Args:
        x: an array.
        condlist: truth values, one array a piece, or one array with one row a piece.
        funclist: for each condition a function of x or a number, and perhaps one more for the rest,
            which is 0 otherwise.
        args, kw: further arguments of the functions.

    Raises:
        ArgumentError: the lists do not fit in length.

    >>> import oxmlx.numpy as np
    >>> x = np.array([-2.0, 0.0, 3.0])
    >>> np.piecewise(x, [x < 0, x > 0], [-1, lambda v: v * v])
    array([-1.,  0.,  9.], dtype=float32)
    """
    v = value(x, "piecewise")
    single = not isinstance(condlist, Sequence) and value(condlist, "piecewise").ndim <= v.ndim
    conditions = values([condlist] if single else condlist, "piecewise")
    pieces = [*funclist]
    rest: Any = pieces.pop() if len(pieces) == len(conditions) + 1 else 0
    if len(pieces) != len(conditions):
        problem = f"got {len(conditions)} conditions for {len(funclist)} functions"
        raise ArgumentError("piecewise", problem, "Give one function each, and one for the rest.")

    def evaluate(piece: Any) -> Any:
        y = piece(v, *args, **kw) if callable(piece) else piece
        return broadcast_to(converted("piecewise", y, v.dtype), v.shape)

    out = evaluate(rest)
    for condition, piece in zip(conditions, pieces, strict=True):
        out = ops.select(as_bool(condition), evaluate(piece), out)
    return out
