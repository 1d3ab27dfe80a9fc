"""x.at[index]: new arrays that differ from x in the elements that an index expression selects."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from oxmlx.dtypes import is_inexact
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.kernel import INDEX
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.axes import full
from oxmlx.ops.bounds import is_inside, wrap
from oxmlx.ops.convert import as_operand, cast
from oxmlx.ops.dynamic import DynamicSlice, DynamicUpdateSlice
from oxmlx.ops.elementwise import add, mul, neg, sub
from oxmlx.ops.gather import as_update, is_clip, scatter
from oxmlx.ops.logic import and_
from oxmlx.ops.operators import pow_, true_divide
from oxmlx.ops.select import maximum, minimum, select
from oxmlx.ops.selection import Selection, selection
from oxmlx.ops.shape import broadcast_to, reshape, transpose


def replace(old: Any, new: Any) -> Any:
    """The new one."""
    return new


COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "set": replace,
    "add": add,
    "subtract": sub,
    "multiply": mul,
    "divide": true_divide,
    "power": pow_,
    "min": minimum,
    "max": maximum,
}
SCATTER = {"set": "set", "add": "add", "multiply": "mul", "min": "min", "max": "max"}


class At:
    """`x.at`, to be indexed."""

    __slots__ = ("x",)

    def __init__(self, x: Value) -> None:
        self.x = x

    def __getitem__(self, index: Any) -> Reference:
        return Reference(self.x, index)


class Reference:
    """The elements `x[index]`, to be read, or to be updated in a new array.

    Every update takes values that broadcast to the shape of `x[index]`: numbers, or arrays whose
    dtype that of `x` holds. Updates of one element combine in order; `set` keeps the last.

    Args (of every method):
        mode: for indices outside: "drop" ("fill" for `get`), the default, or "clip". A static int
            outside is an error unless a mode is given.
        unique_indices: a promise that no element is selected twice; `multiply` needs it for the
            derivative along its values.
        indices_are_sorted: has no effect.

    Raises (of every method):
        DtypeError: the dtype of `x` does not hold the values, or does not divide.
        ShapeError: the values do not broadcast to the shape of `x[index]`.
        Errors of indexing.

    >>> import oxmlx as ox
    >>> x = ox.array([0.0, 1.0, 2.0, 3.0, 4.0])
    >>> x.at[1:3].set(7)
    array([0., 7., 7., 3., 4.], dtype=float32)
    >>> x.at[ox.array([0, 0, 4])].add(1)
    array([2., 1., 2., 3., 5.], dtype=float32)
    """

    __slots__ = ("index", "x")

    def __init__(self, x: Value, index: Any) -> None:
        self.x, self.index = x, index

    def get(
        self,
        *,
        mode: str | None = None,
        fill_value: Any = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
    ) -> Any:
        """`x[index]`, and outside `fill_value`: by default NaN, the least signed or the greatest
        unsigned integer, or True."""
        is_clip(mode, "at[...].get")
        return selection(self.index, self.x.shape, mode).read(self.x, mode, fill_value)

    def set(self, values: Any, **options: Any) -> Any:
        """x with `x[index] = values`."""
        return self.update("set", values, **options)

    def add(self, values: Any, **options: Any) -> Any:
        """x with `x[index] += values`."""
        return self.update("add", values, **options)

    def subtract(self, values: Any, **options: Any) -> Any:
        """x with `x[index] -= values`."""
        return self.update("subtract", values, **options)

    def multiply(self, values: Any, **options: Any) -> Any:
        """x with `x[index] *= values`."""
        return self.update("multiply", values, **options)

    mul = multiply

    def divide(self, values: Any, **options: Any) -> Any:
        """x with `x[index] /= values`."""
        return self.update("divide", values, **options)

    def power(self, values: Any, **options: Any) -> Any:
        """x with `x[index] **= values`."""
        return self.update("power", values, **options)

    def min(self, values: Any, **options: Any) -> Any:
        """x with `x[index] = minimum(x[index], values)`."""
        return self.update("min", values, **options)

    def max(self, values: Any, **options: Any) -> Any:
        """x with `x[index] = maximum(x[index], values)`."""
        return self.update("max", values, **options)

    def apply(self, func: Callable[[Any], Any], **options: Any) -> Any:
        """x with `x[index] = func(x[index])`: once, also for an element that is selected twice."""
        return self.set(func(self.get(**options)), **options)

    def update(
        self,
        name: str,
        values: Any,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
    ) -> Any:
        """x with the selected elements combined with values as the method `name` does."""
        x, who = self.x, f"at[...].{name}"
        clip = is_clip(mode, who)
        new = as_update(who, values, x.aval)
        if name == "divide" and not is_inexact(x.dtype):
            raise DtypeError(who, f"got {x.aval}", "Convert it with .astype(ox.float32) first.")
        mask = self.mask(new.ndim)
        if mask is not None:
            out = select(mask, COMBINE[name](x, new), x)
        else:
            chosen = selection(self.index, x.shape, mode)
            if not chosen.axes:
                old = x if name == "set" else chosen.block.read(x)
                out = COMBINE[name](old, broadcast_to(new, chosen.shape, who))
            elif not chosen.index_shape:
                out = update_one(name, chosen.block.read(x), new, chosen, clip)
            else:
                old, unique = chosen.block.read(x), unique_indices or chosen.unique
                out = update_many(name, old, new, chosen, mode, unique)
            out = chosen.block.write(x, out)
        return cast(out, x.dtype, x.aval.weak)

    def mask(self, ndim: int) -> Any:
        """The index spread over x, if it is a mask and values of `ndim` axes do not depend on how
        many elements it selects: then the mask need not be known."""
        mask, shape = self.index, self.x.shape
        if not isinstance(mask, (Value, np.ndarray)) or mask.dtype.kind != "b" or not mask.ndim:
            return None
        if mask.shape != shape[: mask.ndim] or ndim > len(shape) - mask.ndim:
            return None
        ones = (1,) * (len(shape) - mask.ndim)
        return broadcast_to(reshape(as_operand(mask, "at"), (*mask.shape, *ones)), shape)


def update_one(name: str, x: Any, new: Any, chosen: Selection, clip: bool) -> Any:
    """Update one element, or row: a block at a dynamic place, which stays as it is if that lies
    outside."""
    shape = chosen.block.shape
    if 0 in shape:
        return x
    starts: list[Any] = [INDEX.type(0)] * len(shape)
    inside: list[Any] = []
    for axis, i in zip(chosen.axes, chosen.indices, strict=True):
        starts[axis] = wrap(i, shape[axis])
        inside.append(is_inside(starts[axis], shape[axis]))
    sizes = tuple(1 if a in chosen.axes else n for a, n in enumerate(shape))
    old = bind(DynamicSlice(sizes), x, *starts)
    block = COMBINE[name](old, reshape(broadcast_to(new, chosen.rest, f"at[...].{name}"), sizes))
    block = block if clip else select(reduce(and_, inside), block, old)
    return bind(DynamicUpdateSlice(), x, block, *starts)


def update_many(
    name: str, x: Any, new: Any, chosen: Selection, mode: str | None, unique: bool
) -> Any:
    """Update elements at index arrays."""
    at, stop = chosen.at, chosen.at + len(chosen.index_shape)
    axes = range(len(chosen.shape))
    new = broadcast_to(new, chosen.shape, f"at[...].{name}")
    new = transpose(new, (*axes[at:stop], *axes[:at], *axes[stop:]))

    def into(y: Any, updates: Any, combine: str) -> Any:
        return scatter(
            y, updates, chosen.indices, chosen.axes, combine=combine, mode=mode, unique=unique
        )

    if name == "subtract":
        return into(x, neg(new), "add")
    if name in SCATTER:
        return into(x, new, SCATTER[name])
    aval = get_aval(x)
    return COMBINE[name](x, into(full(aval.shape, 1, aval.dtype), new, "mul"))
