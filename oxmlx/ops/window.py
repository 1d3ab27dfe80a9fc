"""Windows that slide over an array, and the reductions of what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.expr import Const
from oxmlx.ir.kernel import Expr, Operand, cast, fold, part, scalar, size
from oxmlx.ir.monoid import MONOIDS, Monoid
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.trace import bind
from oxmlx.ops.elementwise import zero
from oxmlx.ops.indexing import Gather
from oxmlx.ops.linear import Linear
from oxmlx.ops.reduction import index_dtype
from oxmlx.ops.shape import moveaxis, reshape

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
State = tuple[Any, ...]


class Slide(NamedTuple):
    """How a window slides along one axis: at place p, its element q shows
    x[(p · stride + q · step - low) / base], or padding where that is no index of x."""

    size: int
    """The extent of x."""
    window: int
    stride: int
    low: int
    high: int
    """The padding before and after x, less than none to cut elements off."""
    base: int
    """The distance of two elements of x: base - 1 elements of padding lie between them."""
    step: int
    """The distance of two elements of the window."""

    @property
    def places(self) -> int:
        """How many places the window has."""
        room = dilated(self.size, self.base) + self.low + self.high
        return max(0, (room - self.reach) // self.stride + 1)

    @property
    def reach(self) -> int:
        """The extent of the window, its gaps included."""
        return dilated(self.window, self.step)

    def backward(self) -> Slide:
        """The window that slides over the places and shows, at each element of x, those that saw
        it; its elements come in reverse."""
        low = self.reach - self.low - 1
        high = self.surplus + self.reach - 1 - low
        return Slide(self.places, self.window, self.base, low, high, self.stride, self.step)

    def exchanged(self) -> Slide:
        """The window over x whose elements are the places of this one, and its places the
        elements."""
        high = self.reach - self.low - 1 - self.surplus
        return Slide(self.size, self.places, self.step, self.low, high, self.base, self.stride)

    @property
    def surplus(self) -> int:
        """By how much x is longer than the places, gaps included."""
        return dilated(self.size, self.base) - dilated(self.places, self.stride)

    def locate(self, p: Expr | int, q: Expr | int) -> tuple[Any, list[Expr]]:
        """The index into x, and the conditions under which it is one."""
        at: Any = p * self.stride + q * self.step
        at = at - self.low if self.low > 0 else at + -self.low
        inside: list[Expr] = []
        if self.low > 0:
            inside.append(scalar("ge", at, 0))
        if self.base > 1:
            inside.append(scalar("eq", scalar("rem", at, self.base), 0))
            at = scalar("div", at, self.base)
        if self.high > 0:
            inside.append(scalar("lt", at, size(self.size)))
        return at, inside


def dilated(n: int, step: int) -> int:
    """The extent of n elements `step` apart."""
    return (n - 1) * step + 1 if n else 0


class ReduceWindow(Primitive):
    """out[p] = ⊕ over q of x[(p · strides + q · window_dilation - low) / base_dilation]

    The padding around x and between its elements is the identity of ⊕. All params have one entry an
    axis.
    """

    window: Ints
    strides: Ints
    padding: Padding
    base_dilation: Ints
    window_dilation: Ints
    kind, reuses = "fold", True
    monoid: ClassVar[str]

    def slides(self, shape: Ints) -> list[Slide]:
        """How the window slides along each axis."""
        lows, highs = zip(*self.padding, strict=True) if self.padding else ((), ())
        params = self.strides, lows, highs, self.base_dilation, self.window_dilation
        return [Slide(*each) for each in zip(shape, self.window, *params, strict=True)]

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        """Whether elements of this dtype can be folded."""
        return not (dtypes.is_key(dtype) or dtypes.is_complex(dtype))

    def abstract(self, x: Aval) -> Aval:
        if not self.accepts(x.dtype):
            problem = f"has no meaning for elements of {short_name(x.dtype)}, got {x}"
            raise DtypeError(self.name, problem, "Convert with .astype first.")
        check_windows(self, x.ndim, ("window",))
        return x.with_shape(tuple(s.places for s in self.slides(x.shape)))

    def impl(self, x: Any) -> Any:
        return fold_windows(self.monoid, (x,), self.slides(x.shape))[0]

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        shape = list(get_aval(x).shape)
        del shape[d or 0]
        slides = self.slides(tuple(shape))
        slides.insert(d or 0, STILL._replace(size=size))
        return bind(over(type(self), slides), x), d

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        def element(at: tuple[Any, ...], inside: list[Expr]) -> State:
            return (guarded(x(at), inside, *MONOIDS[self.monoid].identity(x.dtype)),)

        return lower_windows(self.monoid, self.slides(x.shape), index, element)[0]


class ReduceWindowSum(ReduceWindow, Linear):
    """out[p] = Σ over q of x[…], see `ReduceWindow`; 16-bit floats accumulate in f32"""

    monoid = "add"

    def accepts(self, dtype: np.dtype[Any]) -> bool:
        return dtypes.is_integer(dtype) or dtypes.is_inexact(dtype)

    def impl(self, x: Any) -> Any:
        wide = x.astype(np.float32) if dtypes.is_float(x.dtype) and x.itemsize == 2 else x
        return super().impl(wide).astype(x.dtype, copy=False)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (bind(over(type(self), [s.backward() for s in self.slides(x.aval.shape)]), ct),)


class ExtremeWindow(ReduceWindow):
    """The derivative goes to the first element of a window that is the extreme."""

    chooser: ClassVar[type[ArgWindow]]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        (x,), (dx,) = primals, tangents
        aval = get_aval(x)
        places = bind(over(self.chooser, self.slides(aval.shape), 0), x)
        pick = Gather((0,), fill=zero(dx))  # places in the padding lie outside
        return bind(self, x), bind(pick, reshape(dx, (aval.size,)), places)


class ArgWindow(ReduceWindow):
    """Where the extreme of each window is in x, row-major; the largest integer in pure padding.

    The leading `batch` axes, along which the window is one element, are not counted.
    """

    batch: int

    def position_dtype(self, shape: Ints) -> np.dtype[Any]:
        """The dtype of a position."""
        return index_dtype(prod(shape[self.batch :]))

    def abstract(self, x: Aval) -> Aval:
        return Aval(super().abstract(x).shape, self.position_dtype(x.shape))

    def impl(self, x: Any) -> Any:
        inner = x.shape[self.batch :]
        positions = np.arange(prod(inner), dtype=self.position_dtype(x.shape)).reshape(inner)
        state = x, np.broadcast_to(positions, x.shape)
        return fold_windows(self.monoid, state, self.slides(x.shape))[1]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        x = moveaxis(x, d or 0, 0)
        slides = [STILL._replace(size=size), *self.slides(get_aval(x).shape[1:])]
        return bind(over(type(self), slides, self.batch + 1), x), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        nowhere = MONOIDS[self.monoid].identity(x.dtype, out.dtype)

        def element(at: tuple[Any, ...], inside: list[Expr]) -> State:
            flat: Any = 0
            for i, n in zip(at[self.batch :], x.extents[self.batch :], strict=True):
                flat = flat * n + i
            position = cast(flat, out.dtype)
            return guarded(x(at), inside, nowhere[0]), guarded(position, inside, nowhere[1])

        return lower_windows(self.monoid, self.slides(x.shape), index, element)[1]


class ArgWindowMax(ArgWindow):
    """where the largest element of each window is; NaN wins"""

    monoid = "argmax"


class ArgWindowMin(ArgWindow):
    """where the smallest element of each window is; NaN wins"""

    monoid = "argmin"


class ReduceWindowMax(ExtremeWindow):
    """out[p] = max over q of x[…], see `ReduceWindow`; NaN wins"""

    monoid, chooser = "max", ArgWindowMax


class ReduceWindowMin(ExtremeWindow):
    """out[p] = min over q of x[…], see `ReduceWindow`; NaN wins"""

    monoid, chooser = "min", ArgWindowMin


STILL = Slide(1, 1, 1, 0, 0, 1, 1)
"""A window of one element that meets each element of an axis."""

W = TypeVar("W", bound=Primitive)


def over(kind: type[W], slides: Sequence[Slide], *others: Any) -> W:
    """The reduction of windows that slide so along each axis."""
    return kind(
        tuple(s.window for s in slides),
        tuple(s.stride for s in slides),
        tuple((s.low, s.high) for s in slides),
        tuple(s.base for s in slides),
        tuple(s.step for s in slides),
        *others,
    )


def check_windows(prim: Any, rank: int, extra: Sequence[str] = ()) -> None:
    """Refuse params that have not `rank` entries, or a stride or dilation below 1."""
    dilations = [f for f in prim.fields if f.endswith("_dilation")]
    for field in (*extra, "strides", "padding", *dilations):
        value = getattr(prim, field)
        if len(value) != rank or (field != "padding" and any(n < 1 for n in value)):
            wanted = f"{rank} entries" + (" of at least 1" if field != "padding" else "")
            raise ShapeError(prim.name, f"{field} must have {wanted}, got {value}")


def fold_windows(monoid: str, state: State, slides: Sequence[Slide]) -> State:
    """⊕ over each window of a state of arrays, axis after axis."""
    shape = tuple(s.places for s in slides)
    units = MONOIDS[monoid].identity(*(x.dtype for x in state))
    if 0 in shape:
        return tuple(np.empty(shape, x.dtype) for x in state)
    state = tuple(spread(x, slides, u) for x, u in zip(state, units, strict=True))
    for axis, s in enumerate(slides):
        state = fold_axis(MONOIDS[monoid], state, axis, s)
    return state


def spread(x: np.ndarray, slides: Sequence[Slide], fill: Any) -> np.ndarray:
    """`x` with its padding; `x` itself if there is none."""
    if all(s.base == 1 and s.low == s.high == 0 for s in slides):
        return x
    rooms = [max(0, dilated(s.size, s.base) + s.low + s.high) for s in slides]
    out = np.full(rooms, fill, x.dtype)
    source: list[slice] = []
    target: list[slice] = []
    for s, room in zip(slides, rooms, strict=True):
        first = max(0, -(s.low // s.base))  # the first and last element that no cut takes away
        last = min(s.size, (room - 1 - s.low) // s.base + 1)
        source.append(slice(first, max(first, last)))
        target.append(slice(s.low + first * s.base, max(0, s.low + last * s.base), s.base))
    if all(a.start < a.stop for a in source):
        out[tuple(target)] = x[tuple(source)]
    return out


def fold_axis(monoid: Monoid, state: State, axis: int, s: Slide) -> State:
    """⊕ over the elements of the windows along one axis, pairwise."""

    def between(first: int, last: int) -> State:
        if last - first == 1:
            start = first * s.step
            at = slice(start, start + dilated(s.places, s.stride), s.stride)
            return tuple(x[(slice(None),) * axis + (at,)] for x in state)
        middle = (first + last) // 2
        return monoid.combine(op, between(first, middle), between(middle, last))

    return between(0, s.window)


def op(name: str, *args: Any) -> Any:
    """A scalar operation on arrays."""
    return SCALARS[name].run(*args)


def lower_windows(
    monoid: str,
    slides: Sequence[Slide],
    index: tuple[Expr, ...],
    element: Callable[[tuple[Any, ...], list[Expr]], State],
) -> State:
    """The components of ⊕ over the window at `index`, given the state that an element of x brings
    (its index, and the conditions under which it is one)."""
    wide = [a for a, s in enumerate(slides) if s.window > 1]

    def body(qs: Sequence[Expr]) -> State:
        places = dict(zip(wide, qs, strict=True))
        each = enumerate(zip(slides, index, strict=True))
        found = [s.locate(p, places.get(a, 0)) for a, (s, p) in each]
        return element(tuple(at for at, _ in found), [c for _, inside in found for c in inside])

    if not wide:
        return body(())
    folded = fold(monoid, [slides[a].window for a in wide], body)
    return tuple(part(n, folded) for n in range(len(MONOIDS[monoid].identities)))


def guarded(value: Expr, inside: Sequence[Expr], otherwise: np.ndarray) -> Expr:
    """`value` where all conditions hold."""
    if not inside:
        return value
    return scalar("select", reduce(lambda a, b: a & b, inside), value, Const(otherwise))


KINDS = {"sum": ReduceWindowSum, "max": ReduceWindowMax, "min": ReduceWindowMin}


def reduce_window(
    x: Any,
    kind: str,
    window: Ints,
    strides: Ints,
    padding: Padding,
    base_dilation: Ints | None = None,
    window_dilation: Ints | None = None,
) -> Any:
    """What a window shows at each of its places, reduced.

    Args:
        x: an array.
        kind: "sum", "max" or "min".
        window: the extent of the window, for each axis of `x`.
        strides: how far it moves.
        padding: (low, high), how far it begins before and ends after `x`; negative numbers cut off.
        base_dilation: the distance of the elements of `x`, padding between.
        window_dilation: the distance of the elements of the window.

    Raises:
        ShapeError: params that do not fit the axes of `x`.
    """
    if kind not in KINDS:
        raise ArgumentError("reduce_window", f"got kind {kind!r}", f"There are {', '.join(KINDS)}.")
    ones = (1,) * len(window)
    dilations = base_dilation or ones, window_dilation or ones
    return bind(KINDS[kind](window, strides, padding, *dilations), x)
