"""Collectives: operations along the named axes of the vmaps around us.

The vmap that owns the name makes one an ordinary operation on the batch; the others pass it on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from oxmlx import tree
from oxmlx.dtypes import is_bool, is_complex, is_key
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError, UnboundAxisError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.mapped import MappedAxis, named_axes
from oxmlx.ir.primitive import Primitive, Undef, missing
from oxmlx.ir.trace import bind, current_trace
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import NUMBERS, as_value, cast
from oxmlx.ops.elementwise import add, div, mapped_shape, mul
from oxmlx.ops.linear import Linear
from oxmlx.ops.logic import eq
from oxmlx.ops.operators import true_divide
from oxmlx.ops.reduction import reduce_max, reduce_min
from oxmlx.ops.shape import batch_axis, moveaxis, reshape
from oxmlx.ops.slicing import concatenate, iota, slice_

I32 = np.dtype(np.int32)


class Collective(Primitive):
    """An operation along the named axis of `axis_size` elements."""

    axis_name: Hashable
    axis_size: int
    kind = "host"

    @property
    def axis_names(self) -> frozenset[Any]:
        return frozenset((self.axis_name,))

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        self.abstract(get_aval(x).with_shape(mapped_shape(x, d)))
        return self.resolve(x, d)

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        """The result for all elements of the axis, which is axis d of x, and its axis there."""
        raise missing(self, "resolve")


class PSum(Collective, Linear):
    """out = Σⱼ xⱼ over the elements j of the axis"""

    def abstract(self, x: Aval) -> Aval:
        if is_bool(x.dtype) or is_key(x.dtype):
            raise DtypeError(self.name, f"cannot add elements of {x}")
        return x

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (bind(self, ct),)

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        return (mul(x, self.axis_size) if d is None else reduce_sum(x, (d,))), None


class PExtreme(Collective):
    """The largest or the smallest element of the axis; elements that tie share the derivative."""

    reduce: ClassVar[Callable[..., Any]]

    def abstract(self, x: Aval) -> Aval:
        if is_complex(x.dtype) or is_key(x.dtype):
            raise DtypeError(self.name, f"elements of {x} have no order")
        return x

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x,), (dx,) = primals, tangents
        out, sums = bind(self, x), PSum(self.axis_name, self.axis_size)
        here = cast(eq(x, out), get_aval(x).dtype)
        return out, div(bind(sums, mul(here, dx)), bind(sums, here))

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        return (x if d is None else type(self).reduce(x, (d,))), None


class PMax(PExtreme):
    """out = maxⱼ xⱼ over the elements j of the axis; NaN wins"""

    reduce = reduce_max


class PMin(PExtreme):
    """out = minⱼ xⱼ over the elements j of the axis; NaN wins"""

    reduce = reduce_min


class AllGather(Collective, Linear):
    """out[i, j, k] = xⱼ[i, k] for the elements j of the axis, which becomes axis `at`."""

    at: int

    def abstract(self, x: Aval) -> Aval:
        if not 0 <= self.at <= x.ndim:
            raise AxisError(self.name, f"the new axis must lie in [0, {x.ndim}], got {self.at}")
        return x.with_shape((*x.shape[: self.at], self.axis_size, *x.shape[self.at :]))

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (bind(PSumScatter(self.axis_name, self.axis_size, self.at), ct),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        prim = AllGather(self.axis_name, self.axis_size, self.at + 1)
        return bind(prim, moveaxis(args[0], dims[0] or 0, 0)), 0

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        return moveaxis(batch_axis(x, d, self.axis_size), 0, self.at), None


class PSumScatter(Collective, Linear):
    """outᵢ = Σⱼ xⱼ[:, i, :] for the element i of the axis, where i indexes the axis `at` of x."""

    at: int

    def abstract(self, x: Aval) -> Aval:
        if not 0 <= self.at < x.ndim or x.shape[self.at] != self.axis_size:
            problem = f"axis {self.at} must exist and have extent {self.axis_size}, got {x}"
            raise ShapeError(self.name, problem)
        return x.without((self.at,))

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (bind(AllGather(self.axis_name, self.axis_size, self.at), ct),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        prim = PSumScatter(self.axis_name, self.axis_size, self.at + 1)
        return bind(prim, moveaxis(args[0], dims[0] or 0, 0)), 0

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        return (mul(x, self.axis_size) if d is None else reduce_sum(x, (d,))), self.at


class AllToAll(Collective, Linear):
    """outᵢ[:, j, :] = xⱼ[:, i, :], where i indexes the axis `split` of x and j the axis `concat` of
    the result."""

    split: int
    concat: int

    def abstract(self, x: Aval) -> Aval:
        if not 0 <= self.split < x.ndim or x.shape[self.split] != self.axis_size:
            problem = f"axis {self.split} must exist and have extent {self.axis_size}, got {x}"
            raise ShapeError(self.name, problem)
        rest = x.without((self.split,)).shape
        if not 0 <= self.concat < x.ndim:
            raise AxisError(self.name, f"the axis to stack along is {self.concat} for {x}")
        return x.with_shape((*rest[: self.concat], self.axis_size, *rest[self.concat :]))

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (bind(AllToAll(self.axis_name, self.axis_size, self.concat, self.split), ct),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        prim = AllToAll(self.axis_name, self.axis_size, self.split + 1, self.concat + 1)
        return bind(prim, moveaxis(args[0], dims[0] or 0, 0)), 0

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        x = batch_axis(x, d, self.axis_size)
        return moveaxis(moveaxis(x, self.split + 1, 0), 1, self.concat + 1), 0


class PPermute(Collective, Linear):
    """out_t = x_s for each pair (s, t) of `perm`, and 0 for the elements that are no target."""

    perm: tuple[tuple[int, int], ...]

    def abstract(self, x: Aval) -> Aval:
        return x

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        back = tuple((t, s) for s, t in self.perm)
        return (bind(PPermute(self.axis_name, self.axis_size, back), ct),)

    def resolve(self, x: Any, d: int | None) -> tuple[Any, int | None]:
        x = batch_axis(x, d, self.axis_size)
        aval = get_aval(x)
        source = {t: s for s, t in self.perm}
        pieces: list[Any] = []
        for start, stop in runs([source.get(t) for t in range(self.axis_size)]):
            first = source.get(start)
            shape = (stop - start, *aval.shape[1:])
            if first is None:
                pieces.append(full(shape, 0, aval.dtype))
            else:
                starts = (first, *(0 for _ in shape[1:]))
                pieces.append(slice_(x, starts, (first + stop - start, *shape[1:])))
        return concatenate(pieces, 0), 0


class AxisIndex(Collective):
    """outᵢ = i for the element i of the axis, an i32"""

    def abstract(self) -> Aval:
        return Aval((), I32)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return iota(I32, (self.axis_size,), 0), 0


def runs(sources: Sequence[int | None]) -> list[tuple[int, int]]:
    """Bounds of the longest pieces that come from neighbours, or from nowhere."""
    ends = [
        k for k, (a, b) in enumerate(pairwise(sources), 1) if b != (None if a is None else a + 1)
    ]
    return list(pairwise((0, *ends, len(sources))))


def axis_size(axis_name: Any) -> int:
    """The extent of a named axis (of several: how many elements they have together), a Python int.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: x * ox.lax.axis_size("i"), axis_name="i")(ox.numpy.ones(3))
    array([3., 3., 3.], dtype=float32)
    """
    size = 1
    for name in names_of(axis_name):
        size *= find_axis("axis_size", name)
    return size


def axis_index(axis_name: Any) -> Any:
    """The place of this element along a named axis, an i32 scalar; the place in row-major order for
    several names.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: ox.lax.axis_index("i"), axis_name="i")(ox.numpy.ones(3))
    array([0, 1, 2], dtype=int32)
    """
    index: Any = None
    for name in names_of(axis_name):
        size = find_axis("axis_index", name)
        here = bind(AxisIndex(name, size))
        index = here if index is None else add(mul(index, size), here)
    return index


def psum(x: Any, axis_name: Any) -> Any:
    """The sum over the elements of a named axis, or of several; bools are counted.

    Args:
        x: a pytree of arrays. A Python number is multiplied by the size and stays one.
        axis_name: the name that a `vmap` around us gave to its axis, or a tuple of names.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: x / ox.lax.psum(x, "i"), axis_name="i")(ox.numpy.array([1.0, 3.0]))
    array([0.25, 0.75], dtype=float32)
    """
    sizes = find_axes("psum", axis_name)

    def each(leaf: Any) -> Any:
        if isinstance(leaf, NUMBERS):
            return leaf * axis_size(axis_name)
        value = as_value(leaf, "psum")
        value = cast(value, I32) if is_bool(value.dtype) else value
        for name, size in sizes:
            value = bind(PSum(name, size), value)
        return value

    return tree.map(each, x)


def pmean(x: Any, axis_name: Any) -> Any:
    """The mean over the elements of a named axis, or of several; integers become floats.

    Args, raises: as `psum`.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: x - ox.lax.pmean(x, "i"), axis_name="i")(ox.numpy.array([1.0, 3.0]))
    array([-1.,  1.], dtype=float32)
    """
    count = axis_size(axis_name)
    return tree.map(lambda total: true_divide(total, count), psum(x, axis_name))


def pmax(x: Any, axis_name: Any) -> Any:
    """The largest element along a named axis, or along several; args and errors as for `psum`.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: x == ox.lax.pmax(x, "i"), axis_name="i")(ox.numpy.array([1.0, 3.0]))
    array([False,  True], dtype=bool)
    """
    return extreme("pmax", PMax, x, axis_name)


def pmin(x: Any, axis_name: Any) -> Any:
    """The smallest element along a named axis, or along several; args and errors as for `psum`.

    >>> import oxmlx as ox
    >>> ox.vmap(lambda x: x - ox.lax.pmin(x, "i"), axis_name="i")(ox.numpy.array([1.0, 3.0]))
    array([0., 2.], dtype=float32)
    """
    return extreme("pmin", PMin, x, axis_name)


def extreme(who: str, kind: type[PExtreme], x: Any, axis_name: Any) -> Any:
    """pmax or pmin of a pytree over some names."""
    sizes = find_axes(who, axis_name)

    def each(leaf: Any) -> Any:
        value = as_value(leaf, who)
        for name, size in sizes:
            value = bind(kind(name, size), value)
        return value

    return tree.map(each, x)


def all_gather(x: Any, axis_name: Any, *, axis: int = 0, tiled: bool = False) -> Any:
    """The values of all elements of a named axis, the same for each of them.

    Args:
        x: a pytree of arrays.
        axis_name: a name, or several, whose elements come in row-major order.
        axis: where the elements are stacked.
        tiled: put them side by side along an axis that `x` has, instead of along a new one.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.
        AxisError: `x` has no such axis.

    >>> import oxmlx as ox
    >>> x = ox.numpy.array([1.0, 3.0])
    >>> ox.vmap(lambda x: ox.lax.all_gather(x, "i"), axis_name="i")(x)
    array([[1., 3.],
           [1., 3.]], dtype=float32)
    """
    sizes = find_axes("all_gather", axis_name)

    def each(leaf: Any) -> Any:
        value = as_value(leaf, "all_gather")
        at = canonical_axis("all_gather", axis, value, 0 if tiled else 1)
        for k, (name, size) in enumerate(reversed(sizes)):
            value = bind(AllGather(name, size, at), value)
            value = merge_axes(value, at) if k else value
        return merge_axes(value, at) if tiled else value

    return tree.map(each, x)


def psum_scatter(
    x: Any, axis_name: Hashable, *, scatter_dimension: int = 0, tiled: bool = False
) -> Any:
    """The sum over a named axis, of which each element keeps its own part.

    Args:
        x: a pytree of arrays.
        axis_name: one name.
        scatter_dimension: the axis of `x` that is shared out; it vanishes, having one row for each
            element.
        tiled: the axis stays: it is cut into as many blocks as there are elements.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.
        AxisError: `x` has no such axis.
        ShapeError: the axis of `x` cannot be shared out evenly.

    >>> import oxmlx as ox
    >>> x = ox.numpy.arange(4.0).reshape(2, 2)
    >>> ox.vmap(lambda x: ox.lax.psum_scatter(x, "i"), axis_name="i")(x)
    array([2., 4.], dtype=float32)
    """
    name, size = find_axes("psum_scatter", (axis_name,))[0]

    def each(leaf: Any) -> Any:
        value = as_value(leaf, "psum_scatter")
        at = canonical_axis("psum_scatter", scatter_dimension, value, 0)
        if tiled:
            value = cut_axis("psum_scatter", value, at, size)
        return bind(PSumScatter(name, size, at), value)

    return tree.map(each, x)


def all_to_all(
    x: Any, axis_name: Hashable, split_axis: int, concat_axis: int, *, tiled: bool = False
) -> Any:
    """Exchange: element i of a named axis gets part i of every other element.

    Args:
        x: a pytree of arrays.
        axis_name: one name.
        split_axis: the axis of `x` with one part for each element.
        concat_axis: where the parts that come in are stacked.
        tiled: cut `split_axis` into blocks, and put those that come in side by side along
            `concat_axis`, so that the rank stays and no axis vanishes.

    Raises:
        UnboundAxisError: no vmap around us has an axis of this name.
        AxisError: `x` lacks an axis.
        ShapeError: `split_axis` cannot be shared out evenly.

    >>> import oxmlx as ox
    >>> x = ox.numpy.arange(4).reshape(2, 2)
    >>> ox.vmap(lambda x: ox.lax.all_to_all(x, "i", 0, 0), axis_name="i")(x)
    array([[0, 2],
           [1, 3]], dtype=int32)
    """
    name, size = find_axes("all_to_all", (axis_name,))[0]

    def each(leaf: Any) -> Any:
        value = as_value(leaf, "all_to_all")
        split = canonical_axis("all_to_all", split_axis, value, 0)
        concat = canonical_axis("all_to_all", concat_axis, value, 0)
        if not tiled:
            return bind(AllToAll(name, size, split, concat), value)
        value = cut_axis("all_to_all", value, split, size)
        return merge_axes(bind(AllToAll(name, size, split, concat), value), concat)

    return tree.map(each, x)


def ppermute(x: Any, axis_name: Hashable, perm: Sequence[tuple[int, int]]) -> Any:
    """Send values from element to element of a named axis.

    Args:
        x: a pytree of arrays.
        axis_name: one name.
        perm: pairs (from, to), each element at most once on either side; an element to which
            nothing is sent gets zeros.

    Raises:
        ArgumentError: `perm` names an element that does not exist, or one twice.
        UnboundAxisError: no vmap around us has an axis of this name.

    >>> import oxmlx as ox
    >>> ring = [(0, 1), (1, 2), (2, 0)]
    >>> ox.vmap(lambda x: ox.lax.ppermute(x, "i", ring), axis_name="i")(ox.numpy.arange(3))
    array([2, 0, 1], dtype=int32)
    """
    name, size = find_axes("ppermute", (axis_name,))[0]
    pairs = tuple((int(s), int(t)) for s, t in perm)
    for side, ends in zip(("from", "to"), zip(*pairs, strict=True), strict=False):
        if len(set(ends)) != len(ends) or any(not 0 <= k < size for k in ends):
            problem = f"perm goes {side} {ends}; wanted different elements in [0, {size})"
            raise ArgumentError("ppermute", problem)
    prim = PPermute(name, size, pairs)
    return tree.map(lambda leaf: bind(prim, as_value(leaf, "ppermute")), x)


def names_of(axis_name: Any) -> tuple[Any, ...]:
    """One name, or a tuple of them."""
    return tuple(axis_name) if isinstance(axis_name, (tuple, list)) else (axis_name,)


def find_axis(who: str, name: Hashable) -> int:
    """The size of a named axis around us."""
    around = named_axes(current_trace())
    if name in around:
        return around[name]
    known = ", ".join(map(repr, around)) or "none"
    raise UnboundAxisError(
        who,
        f"there is no axis named {name!r} here; the names around us: {known}",
        "Give the axis of a vmap around the call its name: ox.vmap(f, axis_name=...).",
    )


def find_axes(who: str, axis_name: Any) -> list[tuple[Any, int]]:
    """Names with their sizes."""
    return [(name, find_axis(who, name)) for name in names_of(axis_name)]


def canonical_axis(who: str, axis: int, x: Any, extra: int) -> int:
    """An axis of `x`, which gets `extra` more, as a number from 0."""
    ndim = get_aval(x).ndim + extra
    if not -ndim <= axis < ndim:
        raise AxisError(who, f"axis must lie in [{-ndim}, {ndim}), got {axis} for {get_aval(x)}")
    return axis % ndim


def cut_axis(who: str, x: Any, axis: int, count: int) -> Any:
    """`x` with one axis as two: `count` blocks, and the elements of a block."""
    shape = get_aval(x).shape
    if shape[axis] % count:
        problem = f"axis {axis} of {get_aval(x)} cannot be cut into {count} equal blocks"
        raise ShapeError(who, problem, "Make the extent a multiple of the axis size.")
    return reshape(x, (*shape[:axis], count, shape[axis] // count, *shape[axis + 1 :]))


def merge_axes(x: Any, axis: int) -> Any:
    """`x` with `axis` and the next one as one."""
    shape = get_aval(x).shape
    return reshape(x, (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]))
