"""Where windows lie in an array: what `gather` reads and `scatter` writes, as index arrays."""

from __future__ import annotations

import enum
from functools import reduce
from typing import Any, NamedTuple

from oxmlx.dtypes import is_integer
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.kernel import INDEX
from oxmlx.ir.value import Value
from oxmlx.lax.arguments import axes_of, check
from oxmlx.ops.axes import broadcast, full
from oxmlx.ops.bounds import wide
from oxmlx.ops.cumulative import between
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import and_, ge, le
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import inverse, reshape, transpose
from oxmlx.ops.slicing import iota

Ints = tuple[int, ...]
Label = tuple[str, int]
"""An axis of the starts, or of a window: which of the two, and which axis of theirs."""

WANTED = "See GatherDimensionNumbers and ScatterDimensionNumbers."


class GatherScatterMode(enum.Enum):
    """What a window that leaves the array reads, and whether it is written.

    CLIP moves it inside. FILL_OR_DROP reads a fill value, and writes nothing. PROMISE_IN_BOUNDS
    says that there is none; if there is, it is read as CLIP and written as FILL_OR_DROP say.
    """

    CLIP = "clip"
    FILL_OR_DROP = "fill"
    PROMISE_IN_BOUNDS = "promise_in_bounds"

    @staticmethod
    def from_any(s: str | GatherScatterMode | None) -> GatherScatterMode:
        """The mode that a word names; `None` and "drop" name FILL_OR_DROP.

        Raises:
            ArgumentError: it names none.

        >>> GatherScatterMode.from_any("clip")
        <GatherScatterMode.CLIP: 'clip'>
        """
        if isinstance(s, GatherScatterMode):
            return s
        if s is None or s == "drop":
            return GatherScatterMode.FILL_OR_DROP
        try:
            return GatherScatterMode(s)
        except ValueError:
            words = '"clip", "fill", "drop", "promise_in_bounds"'
            raise ArgumentError(
                "lax.GatherScatterMode", f"got {s!r}", f"It takes {words}."
            ) from None


class Windows(NamedTuple):
    """Windows of one shape that lie in an array, their starts in an array of index vectors.

    Dimension numbers of gather and of scatter say the same under other names.
    """

    shape: Ints
    """Of the array."""
    sizes: Ints
    """The extent of a window along each axis of the array."""
    starts_shape: Ints
    """Of the starts without their last axis, whose elements are an index vector."""
    offsets: Ints
    """The axes of the result that are axes of a window."""
    dropped: Ints
    """The axes of the array that the result has not: windows have extent 1 there."""
    mapped: Ints
    """The axis of the array that each element of an index vector speaks of."""
    batch: Ints
    """Axes of the array that go together with axes of the starts …"""
    starts_batch: Ints
    """… which are these."""

    def check(self, who: str, vector: int) -> None:
        """Refuse dimension numbers that contradict each other or the shapes.

        Raises:
            AxisError, ShapeError: they do.
        """
        rank, lead = len(self.shape), len(self.starts_shape)
        gone = self.dropped + self.batch
        every = (*self.offsets, *gone, *self.mapped, *self.starts_batch)
        check(
            who, [(min(every, default=0) >= 0, f"axes must not be negative, got {every}")], WANTED
        )
        axes_of(who, self.offsets, lead + len(self.offsets))
        axes_of(who, gone, rank)
        axes_of(who, self.mapped + self.batch, rank)
        axes_of(who, self.starts_batch, lead)
        counts = (
            (len(self.sizes), rank, "window sizes, one for each axis"),
            (len(self.mapped), vector, "axes, one for each element of an index vector"),
            (len(self.starts_batch), len(self.batch), "batch axes of the indices, as many"),
            (len(self.offsets), rank - len(gone), "axes of windows, all not dropped"),
        )
        complete = [(got == n, f"got {got} and wanted {n} {what}") for got, n, what in counts]
        check(who, complete, WANTED)
        paired = [self.shape[a] for a in self.batch]
        extents = [self.starts_shape[a] for a in self.starts_batch]
        fits = all(0 <= m <= n for m, n in zip(self.sizes, self.shape, strict=True))
        conditions = (
            (fits, f"windows of shape {self.sizes} do not fit into {self.shape}"),
            (all(self.sizes[a] <= 1 for a in gone), f"axes {gone} of {self.sizes} are not 1"),
            (paired == extents, f"batch axes have extents {paired} and {extents}"),
            (list(self.offsets) == sorted(self.offsets), f"axes {self.offsets} are not in order"),
        )
        check(who, conditions, WANTED)

    def kept(self) -> list[int]:
        """The axes of the array that the result has."""
        return [a for a in range(len(self.shape)) if a not in self.dropped + self.batch]

    def rest(self) -> list[int]:
        """The axes of the starts that are not batch axes."""
        return [a for a in range(len(self.starts_shape)) if a not in self.starts_batch]

    def order(self) -> list[Label]:
        """What each axis of the result is."""
        starts, window = iter(range(len(self.starts_shape))), iter(self.kept())
        return [
            ("window", next(window)) if a in self.offsets else ("starts", next(starts))
            for a in range(len(self.starts_shape) + len(self.offsets))
        ]

    def extent(self, label: Label) -> int:
        """The extent of an axis of the result."""
        kind, axis = label
        return self.sizes[axis] if kind == "window" else self.starts_shape[axis]


class Places(NamedTuple):
    """Windows as `ops.indexing` has them: one array of indices for each of some axes."""

    perm: Ints
    """The axes of the array in the order in which they are indexed: batch axes first."""
    axes: Ints
    """The axes that are indexed, in that order; without any, a new one after the batch axes is."""
    indices: list[Any]
    labels: list[Label]
    """What each axis of what is gathered is. An axis of a window may lack, having extent 1."""

    def ordered(self, x: Any, batch: int) -> Any:
        """The array as it is indexed."""
        x = transpose(x, self.perm)
        return x if self.axes else reshape(x, (*x.shape[:batch], 1, *x.shape[batch:]))

    def indexed_axes(self, batch: int) -> Ints:
        """The axes of `ordered` that are indexed."""
        return self.axes or (batch,)

    def read(self, out: Any, w: Windows) -> Any:
        """The result of the gather, its axes and extents as the dimension numbers say."""
        order = w.order()
        perm = tuple(self.labels.index(label) for label in order if label in self.labels)
        return reshape(transpose(out, perm), tuple(map(w.extent, order)))

    def written(self, updates: Any, w: Windows) -> Any:
        """The inverse of `read`."""
        order = [label for label in w.order() if label in self.labels]
        perm = tuple(map(self.labels.index, order))
        return transpose(reshape(updates, tuple(map(w.extent, order))), inverse(perm))


def places(who: str, w: Windows, starts: Value, clip: bool) -> Places:
    """The indices of all elements of the windows.

    Args:
        w: the windows, checked.
        starts: index vectors along the last axis.
        clip: move windows that leave the array inside; else all of such a window lies outside.
    """
    if not is_integer(starts.dtype):
        raise DtypeError(
            who,
            f"indices must be integers, got {starts.aval}",
            "Convert them with .astype(ox.int32).",
        )
    lead = (*w.starts_batch, *w.rest())
    starts = transpose(starts, (*lead, len(lead)))
    outer = starts.shape[:-1]
    first: dict[int, Any] = {}
    for k, a in enumerate(w.mapped):
        first[a] = wide(reshape(between(starts, len(outer), k, k + 1), outer))
    first = inside_of(w, first, clip)
    perm = (*w.batch, *(a for a in range(len(w.shape)) if a not in w.batch))
    others = perm[len(w.batch) :]
    indexed = [a for a in others if a in first or a in w.dropped or w.sizes[a] < w.shape[a]]
    inner = [a for a in indexed if w.sizes[a] != 1]
    labels = [("starts", a) for a in lead] + [("window", a) for a in inner]
    labels += [("window", a) for a in others if a not in indexed]
    shape = (*outer, *(w.sizes[a] for a in inner))
    if not indexed:
        return Places(perm, (), [full(shape, 0, INDEX)], labels)
    new = tuple(range(len(outer), len(shape)))
    indices: list[Any] = []
    for a in indexed:
        start = first.get(a)
        dtype = INDEX if start is None else get_aval(start).dtype
        index = full(shape, 0, dtype) if start is None else broadcast(start, shape, new)
        if a in inner:
            index = add(index, iota(dtype, shape, len(outer) + inner.index(a)))
        indices.append(index)
    return Places(perm, tuple(perm.index(a) for a in indexed), indices, labels)


def inside_of(w: Windows, first: dict[int, Any], clip: bool) -> dict[int, Any]:
    """Where windows start along each axis that index vectors speak of: moved inside, or if part of
    a window is outside, all of it behind the array."""
    room = {a: w.shape[a] - w.sizes[a] for a in first}
    if first and not clip:
        inside = reduce(and_, (and_(ge(i, 0), le(i, room[a])) for a, i in first.items()))
        return {a: select(inside, i, w.shape[a]) for a, i in first.items()}
    return {a: clamp(0, i, room[a]) for a, i in first.items() if room[a]}  # the others start at 0
