"""What an index means on an axis of n elements: from -n to -1 it counts from the end, and beyond
that it lies outside. Said once for values, once for buffers, once for kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.dtypes import is_integer, is_signed
from oxmlx.errors import OutOfBoundsError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.kernel import INDEX, Expr, cast, const, scalar
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops import convert
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import and_, ge, lt
from oxmlx.ops.select import select


class InBounds(Primitive):
    """out = the indices i, all of them with -n ≤ i < n: else an error names the one that is not"""

    extent: int
    axis: int
    kind = "host"

    def abstract(self, i: Aval) -> Aval:
        return i

    def impl(self, i: Any) -> Any:
        wrong = np.asarray(i)[(i < -self.extent) | (i >= self.extent)]
        if wrong.size:
            problem = f"index {wrong[0]} is out of bounds for axis {self.axis}"
            advice = f"Its extent is {self.extent}. Choose another mode, or turn off config.check."
            raise OutOfBoundsError("index", problem, advice)
        return i

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]


def checked(i: Any, extent: int, axis: int) -> Any:
    """The same indices, which must lie in an axis of this extent when they are known."""
    return bind(InBounds(extent, axis), i)


def wide(i: Any) -> Any:
    """Indices in a dtype that holds every extent."""
    dtype = get_aval(i).dtype
    return convert.cast(i, INDEX) if is_integer(dtype) and dtype.itemsize < INDEX.itemsize else i


def wrap(i: Any, n: int) -> Any:
    """Indices counted from the start."""
    i = wide(i)
    return select(lt(i, 0), add(i, n), i) if is_signed(get_aval(i).dtype) else i


def is_inside(i: Any, n: int) -> Any:
    """Which of the indices, counted from the start, an axis of `n` elements has."""
    return and_(ge(i, 0), lt(i, n))


def locate(indices: Sequence[Any], extents: Sequence[int]) -> tuple[list[Any], Any]:
    """Buffers of indices as the nearest places inside their axes, and where all of them lie inside
    (`None` for everywhere)."""
    places: list[Any] = []
    inside: Any = None
    for i, n in zip(indices, extents, strict=True):
        i = np.asarray(np.minimum(i, np.uint64(n)) if i.dtype == np.uint64 else i, np.intp)
        i = np.where(i < 0, i + n, i)
        ok = (i >= 0) & (i < n)
        if not ok.all():
            inside = ok if inside is None else inside & ok
            i = np.clip(i, 0, max(n - 1, 0))
        places.append(i)
    return places, inside


def lower_index(i: Expr, n: Expr) -> tuple[Expr, Expr]:
    """An index in a kernel counted from the start, in its own dtype if that is wide, and whether it
    lies inside an axis of `n` elements."""
    i = i if i.dtype.itemsize >= INDEX.itemsize else cast(i, INDEX)
    n = cast(n, i.dtype)
    inside = i < n
    if is_signed(i.dtype):
        zero = const(0, i.dtype)
        i = scalar("select", i < zero, i + n, i)
        inside = (i >= zero) & (i < n)
    return i, inside


def lower_clamp(i: Expr, highest: Expr) -> Expr:
    """An index in a kernel, moved to the nearest in [0, highest]."""
    i = i if i.dtype.itemsize >= INDEX.itemsize else cast(i, INDEX)
    return cast(scalar("min", scalar("max", i, const(0, i.dtype)), cast(highest, i.dtype)), INDEX)
