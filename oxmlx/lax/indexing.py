"""Where windows lie in an array: what `gather` reads and `scatter` writes, as index arrays."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

from oxmlx.dtypes import is_integer
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.lax.arguments import axes_of, check, ints
from oxmlx.ops.axes import broadcast, full
from oxmlx.ops.bounds import wide
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import between
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import and_, ge, le
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import reshape, transpose
from oxmlx.ops.slicing import iota
from oxmlx.ir.kernel import INDEX
from oxmlx.ir.value import Value

Ints = tuple[int, ...]
WANTED = "See GatherDimensionNumbers and ScatterDimensionNumbers."


class GatherScatterMode(enum.Enum):
    """What a window that leaves the array reads, and whether it is written.

    CLIP moves it inside. FILL_OR_DROP reads a fill value, and writes nothing. PROMISE_IN_BOUNDS
    says that there is none; if there is, it is moved inside.
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
            raise ArgumentError("lax.GatherScatterMode", f"got {s!r}", f"It takes {words}.") from None


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
        rank = len(self.shape)
        result = len(self.starts_shape) + len(self.offsets)
        for axes, ndim in ((self.offsets, result), (self.dropped + self.batch, rank),
                           (self.mapped + self.batch, rank),
                           (self.starts_batch, len(self.starts_shape))):  # fmt: skip
            axes_of(who, axes, ndim)
        gone = self.dropped + self.batch
        pairs = [(len(self.batch) == len(self.starts_batch), f"batch axes {self.batch} and "
                  f"{self.starts_batch} are not pairs"),
                 (len(self.sizes) == rank, f"{len(self.sizes)} window sizes for rank {rank}"),
                 (len(self.mapped) == vector, f"index vectors of {vector} elements for the axes "
                  f"{self.mapped}"),
                 (len(self.offsets) + len(gone) == rank, f"{self.offsets} and {gone} are not "
                  f"together the {rank} axes of a window"),
                 (list(self.offsets) == sorted(self.offsets), f"{self.offsets} are not sorted")]  # fmt: skip
        check(who, pairs, WANTED)
        fits = all(0 <= m <= n for m, n in zip(self.sizes, self.shape, strict=True))
        ones = all(self.sizes[a] <= 1 for a in gone)
        paired = [self.shape[a] for a in self.batch]
        extents = [self.starts_shape[a] for a in self.starts_batch]
        check(who, [(fits, f"windows of {self.sizes} do not fit into {self.shape}"),
                    (ones, f"axes {gone} have windows of {self.sizes}, not of 1"),
                    (paired == extents, f"batch axes have extents {paired} and {extents}")],
              WANTED)  # fmt: skip

    def kept(self) -> list[int]:
        """The axes of the array that the result has."""
        return [a for a in range(len(self.shape)) if a not in self.dropped + self.batch]

    def rest(self) -> list[int]:
        """The axes of the starts that are not batch axes."""
        return [a for a in range(len(self.starts_shape)) if a not in self.starts_batch]


class Places(NamedTuple):
    """Windows as `ops.indexing` has them: one array of indices for each of some axes."""

    perm: Ints
    """The axes of the array in the order in which they are indexed: batch axes first."""
    axes: Ints
    """The axes that are indexed, in that order; without any, a new one after the batch axes is."""
    indices: list[Any]
    labels: list[tuple[str, int]]
    """What each axis of the result of the gather is: an axis of the starts, or of a window."""

    def layout(self, w: Windows) -> tuple[Ints, Ints]:
        """How axes are permuted to those of the result, and its shape; an axis of a window of
        extent 1 may have come without a label."""
        free = (a for a in range(len(w.starts_shape) + len(w.offsets)) if a not in w.offsets)
        kinds = {a: ("window", k) for a, k in zip(w.offsets, w.kept(), strict=True)}
        kinds |= {a: ("starts", k) for k, a in enumerate(free)}
        order = [kinds[a] for a in sorted(kinds)]
        shape = tuple(w.sizes[k] if what == "window" else w.starts_shape[k] for what, k in order)
        return tuple(self.labels.index(label) for label in order if label in self.labels), shape


def places(who: str, w: Windows, starts: Value, mode: GatherScatterMode, write: bool) -> Places:
    """The indices of all elements of the windows.

    Args:
        w: the windows, checked.
        starts: index vectors along the last axis.
        mode: what to do about windows that leave the array.
        write: whether an axis along which windows are smaller than the array must be indexed
            though no index vector speaks of it; else the caller cuts it.
    """
    if not is_integer(starts.dtype):
        raise DtypeError(who, f"indices must be integers, got {starts.aval}")
    lead = (*w.starts_batch, *w.rest())
    starts = transpose(starts, (*lead, len(lead)))
    outer = starts.shape[:-1]
    clip = mode is not GatherScatterMode.FILL_OR_DROP
    first: dict[int, Any] = {}
    for k, a in enumerate(w.mapped):
        if not (clip and w.sizes[a] == w.shape[a]):  # it cannot but start at 0
            first[a] = wide(reshape(between(starts, len(outer), k, k + 1), outer))
    room = {a: w.shape[a] - w.sizes[a] for a in first}
    if clip:
        first = {a: clamp(0, i, room[a]) for a, i in first.items()}
    elif first:
        inside = reduce(and_, (and_(ge(i, 0), le(i, room[a])) for a, i in first.items()))
        first = {a: select(inside, i, w.shape[a]) for a, i in first.items()}
    perm = (*w.batch, *(a for a in range(len(w.shape)) if a not in w.batch))
    others = perm[len(w.batch) :]
    indexed = [a for a in others if a in first or (write and w.sizes[a] < w.shape[a])]
    if not indexed:
        labels = [("starts", a) for a in lead] + [("window", a) for a in others]
        return Places(perm, (), [full(outer, 0, INDEX)], labels)
    inner = [a for a in indexed if w.sizes[a] != 1]
    shape = (*outer, *(w.sizes[a] for a in inner))
    indices: list[Any] = []
    for a in indexed:
        dtype = first[a].dtype if a in first else INDEX
        index = broadcast(first[a], shape, tuple(range(len(outer), len(shape)))) if a in first else None
        if a in inner:
            along = iota(dtype, shape, len(outer) + inner.index(a))
            index = along if index is None else add(index, along)
        indices.append(full(shape, 0, dtype) if index is None else index)
    labels = [("starts", a) for a in lead] + [("window", a) for a in inner]
    labels += [("window", a) for a in others if a not in indexed]
    return Places(perm, tuple(perm.index(a) for a in indexed), indices, labels)
