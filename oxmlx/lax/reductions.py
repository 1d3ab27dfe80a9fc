"""Folds of axes: with a given operation, with the usual ones, and where extremes are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx.dtypes import as_dtype
from oxmlx.ir.aval import get_aval
from oxmlx.ir.monoid import MONOIDS
from oxmlx.lax.arguments import Array, ArrayLike, axes_of, axis_of, value
from oxmlx.lax.folding import Computation, State, folded, is_identity
from oxmlx.ops import reduction
from oxmlx.ops.axes import broadcast_scalar, full
from oxmlx.ops.axes import reduce_sum as sum_over
from oxmlx.ops.cumulative import between
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate

FOLDS: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "add": sum_over,
    "mul": reduction.reduce_prod,
    "max": reduction.reduce_max,
    "min": reduction.reduce_min,
    "and": reduction.reduce_and,
    "or": reduction.reduce_or,
    "xor": reduction.reduce_xor,
}


def reduce(
    operands: Any,
    init_values: Any,
    computation: Callable[[Any, Any], Any],
    dimensions: Sequence[int],
) -> Any:
    """Fold axes with an associative operation of your own.

    Args:
        operands: an array, or a pytree of arrays of one shape that are folded together.
        init_values: what to start from, of the same structure: numbers or arrays of rank 0.
        computation: (a, b) ↦ a ⊕ b of scalars, or of pytrees of them. ⊕ is associative, and the
            elements are combined in order as a tree. `lax.add` and its like are recognised.
        dimensions: the axes to fold.

    Returns:
        An array, or a pytree of arrays, without these axes.

    Raises:
        TreeError: operands, initial values and results of the computation differ in structure.
        ShapeError: operands differ in shape, or results are not of the type of the operands.
        DtypeError: an initial value is not of the dtype of its operand.

    >>> import oxmlx as ox
    >>> x = ox.array([[1.0, 2.0], [3.0, 4.0]])
    >>> ox.lax.reduce(x, 0.0, lambda a, b: a + b, (0,))
    array([4., 6.], dtype=float32)
    >>> ox.lax.reduce(x, 0.0, lambda a, b: a + b + a * b, (0, 1))
    array(119., dtype=float32)
    """
    who = "lax.reduce"
    xs, inits, op, treedef = folded(who, operands, init_values, computation)
    axes = axes_of(who, dimensions, xs[0].ndim)
    name = op.monoid
    if name is not None:
        out = known_fold(name, xs[0], axes)
        outs = [out] if is_identity(inits[0], name) else op.start(inits, [out])
    else:
        outs = xs
        for axis in sorted(axes, reverse=True):
            outs = fold_axis(outs, axis, op) if xs[0].size else outs
        if xs[0].size:
            outs = op.start(inits, outs)
        else:
            shape = xs[0].aval.without(axes).shape
            outs = [broadcast_scalar(i, shape) for i in inits]
    return treedef.unflatten(outs)


def known_fold(name: str, x: Any, axes: tuple[int, ...]) -> Any:
    """The fold with a scalar operation; of no elements it is the identity."""
    out = x.aval.without(axes)
    if any(x.shape[a] == 0 for a in axes):
        return full(out.shape, MONOIDS[name].identity(x.dtype)[0][()], x.dtype)
    return FOLDS[name](x, axes)


def fold_axis(xs: State, axis: int, op: Computation) -> State:
    """The fold of one axis: neighbours are combined until one is left."""
    while (n := get_aval(xs[0]).shape[axis]) > 1:
        even = n - n % 2
        a, b = ([between(x, axis, k, even, 2) for x in xs] for k in (0, 1))
        rest = [between(x, axis, even, n) for x in xs]
        xs = op.combine(a, b)
        if n % 2:
            xs = [concatenate([x, r], axis) for x, r in zip(xs, rest, strict=True)]
    return [reshape(x, get_aval(x).without((axis,)).shape) for x in xs]


def reduce_sum(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """The sum over some axes.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_sum(ox.array([[1, 2], [3, 4]]), (0,))
    array([4, 6], dtype=int32)
    """
    return fold("lax.reduce_sum", "add", operand, axes)


def reduce_prod(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """The product over some axes.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_prod(ox.array([[1, 2], [3, 4]]), (0, 1))
    array(24, dtype=int32)
    """
    return fold("lax.reduce_prod", "mul", operand, axes)


def reduce_max(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """The largest element along some axes; the least number of the dtype if there is none.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_max(ox.array([[1, 2], [3, 4]]), (1,))
    array([2, 4], dtype=int32)
    """
    return fold("lax.reduce_max", "max", operand, axes)


def reduce_min(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """The smallest element along some axes; the largest number of the dtype if there is none.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_min(ox.array([[1, 2], [3, 4]]), (1,))
    array([1, 3], dtype=int32)
    """
    return fold("lax.reduce_min", "min", operand, axes)


def reduce_and(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """Whether all elements along some axes hold; bit by bit for integers.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_and(ox.array([[True, False], [True, True]]), (1,))
    array([False,  True], dtype=bool)
    """
    return fold("lax.reduce_and", "and", operand, axes)


def reduce_or(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """Whether any element along some axes holds; bit by bit for integers.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_or(ox.array([[1, 2], [4, 4]]), (1,))
    array([3, 4], dtype=int32)
    """
    return fold("lax.reduce_or", "or", operand, axes)


def reduce_xor(operand: ArrayLike, axes: Sequence[int]) -> Array:
    """The exclusive or of the elements along some axes, bit by bit for integers.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_xor(ox.array([[1, 3], [4, 4]]), (1,))
    array([2, 0], dtype=int32)
    """
    return fold("lax.reduce_xor", "xor", operand, axes)


def fold(who: str, name: str, operand: Any, axes: Sequence[int]) -> Any:
    """A fold of checked axes with a scalar operation."""
    x = value(operand, who)
    return known_fold(name, x, axes_of(who, axes, x.ndim))


def argmax(operand: ArrayLike, axis: int, index_dtype: Any) -> Array:
    """Where the largest element along an axis is: the first of several; NaN above numbers.

    Raises:
        ShapeError: the axis is empty.
        DtypeError: the index dtype cannot count the elements.

    >>> import oxmlx as ox
    >>> ox.lax.argmax(ox.array([[1, 5, 5], [3, 2, 1]]), 1, "int32")
    array([1, 0], dtype=int32)
    """
    x = value(operand, "lax.argmax")
    at = axis_of("lax.argmax", axis, x.ndim)
    return reduction.argmax(x, at, as_dtype(index_dtype, "lax.argmax"))


def argmin(operand: ArrayLike, axis: int, index_dtype: Any) -> Array:
    """Where the smallest element along an axis is: the first of several; NaN below numbers.

    Raises:
        ShapeError: the axis is empty.
        DtypeError: the index dtype cannot count the elements.

    >>> import oxmlx as ox
    >>> ox.lax.argmin(ox.array([[1, 5, 5], [3, 2, 1]]), 1, "int32")
    array([0, 2], dtype=int32)
    """
    x = value(operand, "lax.argmin")
    at = axis_of("lax.argmin", axis, x.ndim)
    return reduction.argmin(x, at, as_dtype(index_dtype, "lax.argmin"))
