"""The shape of an array: other extents, axes added, removed, moved and repeated."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from oxmlx.errors import AxisError, ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    Axes,
    Shape,
    axes_of,
    axis_of,
    choice,
    ints,
    shape_of,
    static_int,
    value,
)
from oxmlx.ops import shape as ops
from oxmlx.ops.axes import broadcast, insert
from oxmlx.ops.convert import broadcast_shapes as common_shape
from oxmlx.ops.elementwise import sub
from oxmlx.ops.gather import take
from oxmlx.ops.slicing import concatenate, iota, reverse, slice_


def shape(a: Any) -> tuple[int, ...]:
    """The extent of each axis.

    >>> import oxmlx.numpy as np
    >>> np.shape(np.zeros((2, 3))), np.shape(1.0)
    ((2, 3), ())
    """
    return value(a, "shape").shape


def ndim(a: Any) -> int:
    """The number of axes.

    >>> import oxmlx.numpy as np
    >>> np.ndim(np.zeros((2, 3)))
    2
    """
    return value(a, "ndim").ndim


def size(a: Any, axis: Axes = None) -> int:
    """The number of elements, of all or along some axes.

    >>> import oxmlx.numpy as np
    >>> np.size(np.zeros((2, 3))), np.size(np.zeros((2, 3)), 1)
    (6, 3)
    """
    x = value(a, "size")
    return prod(x.shape[k] for k in axes_of("size", axis, x.ndim))


def reshape(a: ArrayLike, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Array:
    """The same elements in another shape.

    Args:
        a: an array.
        shape: the extents; one of them may be -1, and follows from the others.
        order: "C" reads and writes the last axis fastest, "F" the first one.
        copy: ignored; arrays are immutable.

    Raises:
        ShapeError: the numbers of elements differ.

    >>> import oxmlx.numpy as np
    >>> np.reshape(np.arange(6), (2, -1))
    array([[0, 1, 2],
           [3, 4, 5]], dtype=int32)
    """
    x = value(a, "reshape")
    extents = inferred("reshape", x, ints("reshape", "shape", shape))
    if choice("reshape", "order", order, ("C", "F")) == "C":
        return ops.reshape(x, extents)
    return transpose(ops.reshape(transpose(x), extents[::-1]))


def ravel(a: ArrayLike, order: str = "C") -> Array:
    """The elements along one axis.

    >>> import oxmlx.numpy as np
    >>> np.ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4], dtype=int32)
    """
    return reshape(a, -1, "C" if order == "K" else order)


def transpose(a: ArrayLike, axes: Sequence[int] | None = None) -> Array:
    """The axes in another order, reversed by default.

    Raises:
        AxisError: the axes are no permutation.

    >>> import oxmlx.numpy as np
    >>> np.transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    x = value(a, "transpose")
    if axes is None:
        return ops.transpose(x, tuple(range(x.ndim))[::-1])
    perm = axes_of("transpose", tuple(axes), x.ndim)
    if len(perm) != x.ndim:
        raise AxisError(
            "transpose",
            f"{axes} must name each of the {x.ndim} axes of {x.aval} once",
            "Such as x.transpose(1, 0, 2).",
        )
    return ops.transpose(x, perm)


def permute_dims(a: ArrayLike, /, axes: Sequence[int]) -> Array:
    """The axes in another order.

    >>> import oxmlx.numpy as np
    >>> np.permute_dims(np.zeros((2, 3)), (1, 0)).shape
    (3, 2)
    """
    return transpose(a, axes)


def matrix_transpose(x: ArrayLike, /) -> Array:
    """The last two axes exchanged.

    Raises:
        AxisError: x has fewer than two axes.

    >>> import oxmlx.numpy as np
    >>> np.matrix_transpose(np.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """
    y = value(x, "matrix_transpose")
    if y.ndim < 2:
        advice = "Of a vector, x[:, None] is a column and x[None, :] a row."
        raise AxisError("matrix_transpose", f"wants two axes at least, got {y.aval}", advice)
    return swapaxes(y, -1, -2)


def swapaxes(a: ArrayLike, axis1: int, axis2: int) -> Array:
    """Two axes exchanged.

    >>> import oxmlx.numpy as np
    >>> np.swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    x = value(a, "swapaxes")
    one, other = axis_of("swapaxes", axis1, x.ndim), axis_of("swapaxes", axis2, x.ndim)
    perm = list(range(x.ndim))
    perm[one], perm[other] = other, one
    return ops.transpose(x, tuple(perm))


def moveaxis(a: ArrayLike, source: Shape, destination: Shape) -> Array:
    """Some axes at other places, the rest in their order.

    Raises:
        AxisError: source and destination differ in length, or name an axis twice.

    >>> import oxmlx.numpy as np
    >>> np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    x = value(a, "moveaxis")
    old = axes_of("moveaxis", source, x.ndim)
    new = axes_of("moveaxis", destination, x.ndim)
    if len(old) != len(new):
        raise AxisError(
            "moveaxis",
            f"{len(old)} axes cannot go to {len(new)} places",
            "Pass as many destinations as sources.",
        )
    perm = [k for k in range(x.ndim) if k not in old]
    for place, k in sorted(zip(new, old, strict=True)):
        perm.insert(place, k)
    return ops.transpose(x, tuple(perm))


def rollaxis(a: ArrayLike, axis: int, start: int = 0) -> Array:
    """One axis moved before the place that `start` is now; `moveaxis` says it better.

    >>> import oxmlx.numpy as np
    >>> np.rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    x = value(a, "rollaxis")
    k = axis_of("rollaxis", axis, x.ndim)
    place = axis_of("rollaxis", start, x.ndim + 1)
    return ops.moveaxis(x, k, place - (place > k))


def squeeze(a: ArrayLike, axis: Axes = None) -> Array:
    """The array without its axes of extent 1, or without some of them.

    Raises:
        ShapeError: an axis to remove has another extent.

    >>> import oxmlx.numpy as np
    >>> np.squeeze(np.zeros((1, 3, 1))).shape, np.squeeze(np.zeros((1, 3, 1)), 0).shape
    ((3,), (3, 1))
    """
    x = value(a, "squeeze")
    lone = [k for k, n in enumerate(x.shape) if n == 1]
    gone = lone if axis is None else axes_of("squeeze", axis, x.ndim)
    for k in gone:
        if k not in lone:
            raise ShapeError(
                "squeeze",
                f"axis {k} of {x.aval} has an extent other than 1",
                "Only axes of extent 1 can go: index it, or reshape.",
            )
    return ops.reshape(x, tuple(n for k, n in enumerate(x.shape) if k not in gone))


def expand_dims(a: ArrayLike, axis: Shape) -> Array:
    """The array with new axes of extent 1 at these places of the result.

    >>> import oxmlx.numpy as np
    >>> np.expand_dims(np.zeros((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """
    x = value(a, "expand_dims")
    new = axes_of("expand_dims", axis, x.ndim + len(ints("expand_dims", "axis", axis)))
    return unsqueeze(x, new)


def atleast_1d(*arys: ArrayLike) -> Any:
    """Arrays with at least one axis: one, or a list of them.

    >>> import oxmlx.numpy as np
    >>> np.atleast_1d(3.0)
    array([3.], dtype=float32)
    """
    return one_or_list([unsqueeze(x, tuple(range(1 - x.ndim))) for x in each("atleast_1d", arys)])


def atleast_2d(*arys: ArrayLike) -> Any:
    """Arrays with at least two axes, new ones coming first: one, or a list of them.

    >>> import oxmlx.numpy as np
    >>> np.atleast_2d(np.array([1, 2]))
    array([[1, 2]], dtype=int32)
    """
    return one_or_list([unsqueeze(x, tuple(range(2 - x.ndim))) for x in each("atleast_2d", arys)])


def atleast_3d(*arys: ArrayLike) -> Any:
    """Arrays with at least three axes: vectors become (1, n, 1), matrices (m, n, 1).

    >>> import oxmlx.numpy as np
    >>> np.atleast_3d(np.zeros(4)).shape, np.atleast_3d(np.zeros((2, 3))).shape
    ((1, 4, 1), (2, 3, 1))
    """
    new = {0: (0, 1, 2), 1: (0, 2), 2: (2,)}
    return one_or_list([unsqueeze(x, new.get(x.ndim, ())) for x in each("atleast_3d", arys)])


def broadcast_to(array: ArrayLike, shape: Shape) -> Array:
    """The array repeated to fill a shape: axes aligned at the right, extent 1 stretches.

    Raises:
        ShapeError: an extent is neither 1 nor that of the shape.

    >>> import oxmlx.numpy as np
    >>> np.broadcast_to(np.array([1, 2]), (2, 2))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    return ops.broadcast_to(value(array, "broadcast_to"), shape_of("broadcast_to", shape))


def broadcast_arrays(*args: ArrayLike) -> list[Array]:
    """Arrays repeated to fill their common shape.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.broadcast_arrays(np.zeros((2, 1)), np.zeros(3))]
    [(2, 3), (2, 3)]
    """
    xs = each("broadcast_arrays", args)
    whole = common_shape("broadcast_arrays", *[x.shape for x in xs]) if xs else ()
    return [ops.broadcast_to(x, whole) for x in xs]


def broadcast_shapes(*shapes: Shape) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together.

    Raises:
        ShapeError: two extents differ and neither is 1.

    >>> import oxmlx.numpy as np
    >>> np.broadcast_shapes((2, 1), (3,), ())
    (2, 3)
    """
    extents = [shape_of("broadcast_shapes", s) for s in shapes]
    return common_shape("broadcast_shapes", *extents) if extents else ()


def flip(m: ArrayLike, axis: Axes = None) -> Array:
    """The elements backwards along some axes, or along all.

    >>> import oxmlx.numpy as np
    >>> np.flip(np.array([[1, 2], [3, 4]]), 1)
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    x = value(m, "flip")
    return reverse(x, axes_of("flip", axis, x.ndim))


def fliplr(m: ArrayLike) -> Array:
    """The columns backwards.

    >>> import oxmlx.numpy as np
    >>> np.fliplr(np.array([[1, 2], [3, 4]]))
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    return flip(m, 1)


def flipud(m: ArrayLike) -> Array:
    """The rows backwards.

    >>> import oxmlx.numpy as np
    >>> np.flipud(np.array([[1, 2], [3, 4]]))
    array([[3, 4],
           [1, 2]], dtype=int32)
    """
    return flip(m, 0)


def rot90(m: ArrayLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """A plane of the array turned k times by 90°, from the first of two axes towards the second.

    >>> import oxmlx.numpy as np
    >>> np.rot90(np.array([[1, 2], [3, 4]]))
    array([[2, 4],
           [1, 3]], dtype=int32)
    """
    x = value(m, "rot90")
    plane = axes_of("rot90", axes, x.ndim)
    if len(plane) != 2:
        raise AxisError("rot90", f"two axes make a plane, got {axes}")
    turns = static_int("rot90", "k", k) % 4
    if turns == 2:
        return reverse(x, plane)
    if turns == 1:
        x = reverse(x, plane[1:])
    if turns:
        x = swapaxes(x, *plane)
    return reverse(x, plane[1:]) if turns == 3 else x


def roll(a: ArrayLike, shift: Any, axis: Axes = None) -> Array:
    """The elements moved along axes, those that leave at one end coming in at the other.

    Args:
        a: an array.
        shift: by how many places; one number for all axes, or one each.
        axis: the axes; `None` rolls the flattened array.

    >>> import oxmlx.numpy as np
    >>> np.roll(np.arange(5), 2)
    array([3, 4, 0, 1, 2], dtype=int32)
    """
    x = value(a, "roll")
    if axis is None:
        return ops.reshape(roll(ops.reshape(x, (x.size,)), shift, 0), x.shape)
    places = tuple(axis_of("roll", k, x.ndim) for k in ints("roll", "axis", axis))
    if isinstance(shift, Array):
        return rotate_by(x, shift, places)
    by = ints("roll", "shift", shift)
    if len(by) != len(places) and 1 not in (len(by), len(places)):
        raise AxisError(
            "roll",
            f"got {len(by)} shifts for {len(places)} axes",
            "Pass one shift for all axes, or one for each.",
        )
    for k, n in zip(*np.broadcast_arrays(places, by), strict=True):
        x = rotate(x, int(k), int(n))
    return x


def resize(a: ArrayLike, new_shape: Shape) -> Array:
    """The elements in another shape: repeated if there are too few, cut off if too many.

    >>> import oxmlx.numpy as np
    >>> np.resize(np.array([1, 2, 3]), (2, 2))
    array([[1, 2],
           [3, 1]], dtype=int32)
    """
    x, extents = value(a, "resize"), shape_of("resize", new_shape)
    n = prod(extents)
    if not x.size and n:
        raise ShapeError("resize", f"{x.aval} has no element to fill {extents} with")
    times = -(-n // x.size) if x.size else 0
    flat = ops.reshape(broadcast(x, (times, *x.shape), (0,)), (times * x.size,))
    return ops.reshape(slice_(flat, (0,), (n,)), extents)


def inferred(who: str, x: Any, extents: tuple[int, ...]) -> tuple[int, ...]:
    """Extents with -1 replaced by what is left.

    Raises:
        ShapeError: the elements do not fit.
    """
    unknown = [k for k, n in enumerate(extents) if n == -1]
    known = prod(n for n in extents if n != -1)
    if not unknown and known == x.size:
        return extents
    if len(unknown) != 1 or known <= 0 or x.size % known:
        problem = f"cannot make shape {extents} of {x.aval}, which has {x.size} elements"
        raise ShapeError(who, problem, "The number of elements must stay the same.")
    return tuple(x.size // known if n == -1 else n for n in extents)


def unsqueeze(x: Any, axes: tuple[int, ...]) -> Any:
    """`x` with new axes of extent 1."""
    return broadcast(x, insert(x.shape, axes, (1,) * len(axes)), axes)


def each(who: str, xs: Sequence[Any]) -> list[Any]:
    """Arguments as arrays."""
    return [value(x, who) for x in xs]


def one_or_list(xs: list[Any]) -> Any:
    """The only array of a list, or the list."""
    return xs[0] if len(xs) == 1 else xs


def rotate(x: Any, axis: int, by: int) -> Any:
    """The elements moved along one axis by a known number of places."""
    n = x.shape[axis]
    cut = -by % n if n else 0
    return concatenate([between(x, axis, cut, n), between(x, axis, 0, cut)], axis) if cut else x


def rotate_by(x: Any, shifts: Any, axes: tuple[int, ...]) -> Any:
    """The elements moved along axes by numbers of places that may be traced."""
    shifts = ops.broadcast_to(shifts, (len(axes),))
    for k, axis in enumerate(axes):
        n = x.shape[axis]
        if n:
            shift = ops.reshape(slice_(shifts, (k,), (k + 1,)), ())
            x = take(x, sub(iota(shifts.dtype, (n,), 0), shift), axis, "wrap")
    return x


def between(x: Any, axis: int, start: int, stop: int) -> Any:
    """The elements from start to stop along one axis."""
    starts, stops = [0] * x.ndim, list(x.shape)
    starts[axis], stops[axis] = start, stop
    return slice_(x, tuple(starts), tuple(stops))
