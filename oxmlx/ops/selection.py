"""NumPy's index expressions, read: what is static moves a block, what is data is gathered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import index as as_int
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from oxmlx.config import config
from oxmlx.dtypes import is_integer, short_name
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    ConcretizationError,
    DtypeError,
    OutOfBoundsError,
)
from oxmlx.ir.aval import get_aval
from oxmlx.ir.kernel import INDEX
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.bounds import checked
from oxmlx.ops.convert import as_operand, broadcast_shapes, literal
from oxmlx.ops.dynamic import DynamicUpdateSlice
from oxmlx.ops.gather import gather, leading_to
from oxmlx.ops.select import select
from oxmlx.ops.shape import Reshape, broadcast_to, reshape
from oxmlx.ops.slicing import Pad, Reverse, Slice, reverse, zero_of

Shape: TypeAlias = tuple[int, ...]

WHO = "index"


class Block:
    """The static part of an index: a slice, some of its axes backwards, then reshaped."""

    __slots__ = ("backwards", "moves", "shape", "slice", "sliced", "whole")

    def __init__(self, whole: Shape, ranges: Sequence[range], shape: Shape) -> None:
        self.whole, self.shape, self.sliced = whole, shape, tuple(map(len, ranges))
        self.backwards = tuple(a for a, r in enumerate(ranges) if r.step < 0 and len(r) > 1)
        starts = tuple(min(r, default=0) for r in ranges)
        stops = tuple(max(r, default=-1) + 1 for r in ranges)
        self.slice = Slice(starts, stops, tuple(abs(r.step) if len(r) > 1 else 1 for r in ranges))
        moves: list[Primitive] = []
        if self.sliced != whole:
            moves.append(self.slice)
        if self.backwards:
            moves.append(Reverse(self.backwards))
        if shape != self.sliced:
            moves.append(Reshape(shape))
        self.moves = tuple(moves)

    def read(self, x: Any) -> Any:
        """The block of `x`."""
        for move in self.moves:
            x = bind(move, x)
        return x

    def write(self, x: Any, y: Any) -> Any:
        """`x` with the block `y` in its place."""
        y = reverse(reshape(y, self.sliced), self.backwards)
        if self.sliced == self.whole:
            return y
        if max(self.slice.strides) == 1:
            return bind(DynamicUpdateSlice(), x, y, *map(INDEX.type, self.slice.starts))
        spread = Pad(self.slice.inverse(self.whole))
        return select(spread.inside(self.sliced), bind(spread, y, zero_of(x.dtype)), x)


class Selection(NamedTuple):
    """What an index expression selects: elements of a block, at places that are data."""

    block: Block
    axes: tuple[int, ...]
    """The axes of the block that have indices; without any, the block is the result."""
    indices: tuple[Any, ...]
    at: int
    """Where the axes of the indices are in the result."""
    unique: bool
    """Whether no element can be selected twice."""

    @property
    def index_shape(self) -> Shape:
        """The axes of the indices."""
        return get_aval(self.indices[0]).shape if self.indices else ()

    @property
    def rest(self) -> Shape:
        """The axes of the block that have no indices."""
        return tuple(n for a, n in enumerate(self.block.shape) if a not in self.axes)

    @property
    def shape(self) -> Shape:
        """The shape of the result."""
        return (*self.rest[: self.at], *self.index_shape, *self.rest[self.at :])

    def read(self, x: Any, mode: str | None, fill_value: Any) -> Any:
        """The selected elements of `x`."""
        block = self.block.read(x)
        if not self.axes:
            return block
        out = gather(block, self.indices, self.axes, mode=mode, fill_value=fill_value)
        return leading_to(out, len(self.index_shape), self.at)


def static_key(index: Any) -> tuple[Any, ...] | None:
    """A hashable form of an index of ints, slices, None and ellipses; `None` for other indices."""
    key: list[Any] = []
    for item in index if type(index) is tuple else (index,):
        if type(item) is int or item is None or item is Ellipsis:
            key.append(item)
        elif type(item) is slice:
            bounds = (item.start, item.stop, item.step)
            if any(type(b) is not int and b is not None for b in bounds):
                return None
            key.append(bounds)
        else:
            return None
    return tuple(key)


@lru_cache(4096)
def static_block(key: tuple[Any, ...], shape: Shape) -> Block:
    """The block that an index selects whose `static_key` this is."""
    items = [slice(*item) if type(item) is tuple else item for item in key]
    return read_items(items, shape, None).block


def selection(index: Any, shape: Shape, mode: str | None) -> Selection:
    """Read an index expression for an array of `shape`.

    Args:
        index: an int, a slice, `None`, an ellipsis, an integer array, a mask, or a tuple of them.
        shape: of the array.
        mode: how to treat indices outside; without one, a static int must lie inside.

    Raises:
        OutOfBoundsError: a static int lies outside.
        AxisError: there are more indices than axes, or a mask does not fit its axes.
        ShapeError: index arrays do not broadcast.
        DtypeError: an array of other numbers than integers and bools.
        ConcretizationError: a mask, or a bound of a slice, is not known yet.
        ArgumentError: something else.
    """
    if mode is None and (key := static_key(index)) is not None:
        return Selection(static_block(key, shape), (), (), 0, True)
    if isinstance(index, list):
        problem = f"got a list: {index!r:.80}"
        raise ArgumentError(WHO, problem, "Write ox.numpy.array(...) for an array, or a tuple.")
    items = [read_item(i) for i in (index if isinstance(index, tuple) else (index,))]
    return read_items(items, shape, mode)


def read_items(items: list[Any], shape: Shape, mode: str | None) -> Selection:
    """What the items of an index select together."""
    reader = Reader(shape, mode)
    for item in whole_items(items, shape):
        reader.read(item)
    return reader.selection()


class Mask(NamedTuple):
    """A boolean index, which is known."""

    array: Any


def read_item(item: Any) -> Any:
    """One item of an index: None, Ellipsis, a slice, an int, a mask, or an array of integers."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, Value):
        return known_mask(item) if item.dtype.kind == "b" else integers(item)
    if isinstance(item, (bool, np.bool_)):
        return Mask(np.asarray(item))
    if isinstance(item, (int, np.integer)):
        return int(item)
    if isinstance(item, (list, tuple, np.ndarray, float, complex)) or hasattr(item, "__array__"):
        array = np.asarray(item)
        if array.size == 0 and isinstance(item, (list, tuple)):
            array = array.astype(INDEX)
        if array.dtype.kind == "b":
            return Mask(array)
        integers(array)
        return as_operand(array, WHO) if array.ndim else int(array)
    if hasattr(item, "__index__"):
        return as_int(item)
    problem = f"got {type(item).__name__}: {item!r:.80}"
    advice = "An index is an int, a slice, None, ..., an array of integers or bools, or a tuple."
    raise ArgumentError(WHO, problem, advice)


def integers(x: Any) -> Any:
    """An index array, which must hold integers."""
    if not is_integer(x.dtype):
        name = short_name(x.dtype) if isinstance(x, Value) else x.dtype
        problem = f"got elements of {name}"
        raise DtypeError(WHO, problem, "Index with integers or bools: x.astype(int).")
    return x


def known_mask(mask: Value) -> Mask:
    """A boolean array as a mask, if it is known: the number of its True elements is a shape."""
    try:
        return Mask(np.asarray(mask.concrete("a mask")))
    except ConcretizationError as e:
        problem = (
            f"the mask {mask!r} is traced, and the shape of the result depends on its elements"
        )
        advice = "Use ox.numpy.where(mask, x, y), or ox.numpy.nonzero(mask, size=...) as the index."
        raise ConcretizationError(WHO, problem, advice, e.where) from None


def whole_items(items: list[Any], shape: Shape) -> list[Any]:
    """The items with slices for the axes that an ellipsis, or nothing, stands for. An ellipsis
    itself stays: even if it stands for no axis it stands between its neighbours."""
    dots = [k for k, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise AxisError(WHO, f"got {len(dots)} ellipses", "There can be one.")
    taken = sum(
        item.array.ndim if isinstance(item, Mask) else 1
        for item in items
        if item is not None and item is not Ellipsis
    )
    if taken > len(shape):
        raise AxisError(
            WHO,
            f"got {taken} indices for {len(shape)} axes, those of {shape}",
            "Index fewer axes, or add one with x[None].",
        )
    at = dots[0] if dots else len(items)
    return [*items[:at], *[slice(None)] * (len(shape) - taken), *items[at:]]


class Reader:
    """Reads the items of an index one after the other."""

    def __init__(self, shape: Shape, mode: str | None) -> None:
        self.whole, self.mode = shape, mode
        self.ranges: list[range] = []
        self.block: list[int] = []
        self.axes: list[int] = []
        self.indices: list[Any] = []
        self.at: int | None = None
        self.apart = self.between = False
        self.masks = 0

    def read(self, item: Any) -> None:
        """Read the next item."""
        if item is None:
            self.block.append(1)
        elif isinstance(item, slice):
            r = self.range_of(item)
            self.ranges.append(r)
            self.block.append(len(r))
        elif item is not Ellipsis:
            self.read_advanced(item)
            return
        self.between = self.at is not None

    def read_advanced(self, item: Any) -> None:
        """Read an int, a mask or an array; NumPy puts the axes of all arrays where the first of
        these is, or in front if a slice, an ellipsis or None stands between them."""
        self.apart |= self.between
        self.at = len(self.block) if self.at is None else self.at
        if isinstance(item, Mask):
            self.read_mask(item.array)
            return
        axis = len(self.ranges)
        n = self.whole[axis]
        if not isinstance(item, int):
            self.ranges.append(range(n))
            check = config.check and self.mode is None
            self.place(n, checked(item, n, axis) if check else item)
        elif -n <= item < n:
            self.ranges.append(range(item % n, item % n + 1))
        elif self.mode is None:
            problem = f"index {item} is out of bounds for axis {axis} of extent {n}"
            raise OutOfBoundsError(WHO, problem, 'Use .at[...].get(mode="fill") to allow it.')
        else:
            self.ranges.append(range(n))
            self.place(n, literal(item, INDEX, WHO))

    def read_mask(self, mask: Any) -> None:
        """A mask is the indices of its True elements; one without axes adds an axis and selects its
        one element or none."""
        axis = len(self.ranges)
        shape = self.whole[axis : axis + mask.ndim]
        if mask.shape != shape:
            problem = f"a mask of shape {mask.shape} indexes axes of shape {shape}"
            raise AxisError(WHO, problem, f"They are axes {axis} and following of {self.whole}.")
        self.masks += max(mask.ndim, 1)
        self.ranges += map(range, shape)
        for n, places in zip(shape or (1,), np.atleast_1d(mask).nonzero(), strict=True):
            self.place(n, as_operand(places, WHO))

    def place(self, n: int, index: Any) -> None:
        """Index the next axis of the block, of extent `n`."""
        self.axes.append(len(self.block))
        self.indices.append(index)
        self.block.append(n)

    def range_of(self, item: slice) -> range:
        """The indices that a slice of the next axis selects."""
        try:
            return range(*item.indices(self.whole[len(self.ranges)]))
        except ConcretizationError as e:
            advice = "Use ox.lax.dynamic_slice(x, starts, sizes), whose sizes are static."
            problem = f"got {item}, with a bound that is traced"
            raise ConcretizationError(WHO, problem, advice, e.where) from None
        except (TypeError, ValueError) as e:
            raise ArgumentError(WHO, f"got {item}", f"Python says: {e}.") from None

    def selection(self) -> Selection:
        """What the items select."""
        block = block_of(self.whole, tuple(self.ranges), tuple(self.block))
        shapes = [get_aval(i).shape for i in self.indices]
        shape = broadcast_shapes(WHO, *shapes) if shapes else ()
        indices = tuple(broadcast_to(i, shape) for i in self.indices)
        at = 0 if self.apart else self.at or 0
        return Selection(block, tuple(self.axes), indices, at, self.masks == len(indices))


@lru_cache(4096)
def block_of(whole: Shape, ranges: tuple[range, ...], shape: Shape) -> Block:
    """The block of an array of shape `whole` at `ranges`, in another shape."""
    return Block(whole, ranges, shape)
