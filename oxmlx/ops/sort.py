"""Order: sort by one or several keys, and the k largest elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import short_name
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import check_axes
from oxmlx.ops.gather import take_along_axis
from oxmlx.ops.reduction import index_dtype
from oxmlx.ops.shape import batch_axis, moveaxis
from oxmlx.ops.slicing import iota, reverse


class Sort(Primitive):
    """outₘ[i] = xₘ[π(i)], with the permutation π along `axis` that puts the first `num_keys`
    operands in lexicographic order: NaN after numbers, -0 as 0, complex numbers by their parts."""

    axis: int
    num_keys: int
    stable: bool
    kind, multiple_results = "host", True

    def abstract(self, *xs: Aval) -> list[Aval]:
        if not 1 <= self.num_keys <= len(xs):
            problem = f"num_keys must lie in [1, {len(xs)}], got {self.num_keys}"
            raise ArgumentError("sort", problem, "The first num_keys operands are the keys.")
        check_axes("sort", xs[0], (self.axis,))
        if any(x.shape != xs[0].shape for x in xs):
            problem = f"operands must have one shape, got {' and '.join(map(str, xs))}"
            raise ShapeError("sort", problem)
        for x in xs[: self.num_keys]:
            check_ordered("sort", x)
        return list(xs)

    def impl(self, *xs: Any) -> Any:
        if len(xs) == 1 and not self.stable and native(xs[0].dtype):
            return [np.sort(xs[0], self.axis)]
        keys = [part for x in xs[: self.num_keys] for part in real_keys(x)]
        if len(keys) == 1:
            order = np.argsort(keys[0], self.axis, kind="stable")
        else:
            order = np.lexsort(keys[::-1], self.axis)
        return [np.take_along_axis(x, order, self.axis) for x in xs]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        shape = get_aval(primals[0]).shape
        places = iota(index_dtype(shape[self.axis]), shape, self.axis)
        *outs, order = bind(self, *primals, places)
        return outs, [None if t is None else along(t, order, self.axis) for t in tangents]

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        xs = [batch_axis(x, d, size) for x, d in zip(args, dims, strict=True)]
        return bind(Sort(self.axis + 1, self.num_keys, self.stable), *xs), [0] * len(xs)


class TopK(Primitive):
    """values[i] and their places in x, for the k largest along `axis`, the largest first: NaN above
    numbers, the first of equals first."""

    k: int
    axis: int
    kind, multiple_results = "host", True

    def abstract(self, x: Aval) -> list[Aval]:
        check_axes("top_k", x, (self.axis,))
        check_ordered("top_k", x)
        if dtypes.is_complex(x.dtype):
            raise DtypeError("top_k", f"got complex {x}", "Choose by magnitude: top_k(abs(x), k).")
        n = x.shape[self.axis]
        if not 0 <= self.k <= n:
            problem = f"k must lie in [0, {n}], got {self.k} for axis {self.axis} of {x}"
            raise ShapeError("top_k", problem, "Ask for as many as the axis has at most.")
        shape = (*x.shape[: self.axis], self.k, *x.shape[self.axis + 1 :])
        return [x.with_shape(shape), Aval(shape, index_dtype(n))]

    def impl(self, x: Any) -> Any:
        rows = np.moveaxis(x, self.axis, -1)
        (key,) = real_keys(rows)
        places = np.flip(largest(key, self.k), -1)  # backwards, so that equals end up in order
        order = np.argsort(np.take_along_axis(key, places, -1), -1, kind="stable")
        places = np.take_along_axis(places, np.flip(order, -1), -1)
        values = np.take_along_axis(rows, places, -1)
        places = places.astype(index_dtype(x.shape[self.axis]))
        return [np.moveaxis(v, -1, self.axis) for v in (values, places)]

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        values, places = bind(self, *primals)
        return [values, places], [along(tangents[0], places, self.axis), None]

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(TopK(self.k, self.axis + 1), moveaxis(args[0], dims[0] or 0, 0)), [0, 0]


def along(x: Any, places: Any, axis: int) -> Any:
    """The elements of `x` at places along one axis, which are none but its own."""
    return take_along_axis(x, places, axis, mode="clip")


def check_ordered(who: str, x: Aval) -> None:
    """Refuse elements that have no order."""
    if dtypes.is_key(x.dtype):
        problem = f"has no order for elements of {short_name(x.dtype)}, got {x}"
        raise DtypeError(who, problem, "Sort their ox.random.key_data.")


def native(dtype: np.dtype[Any]) -> bool:
    """Whether NumPy orders such elements as we do."""
    return dtype.kind in "biuf"


def real_keys(x: Any) -> list[Any]:
    """Arrays that NumPy orders as we order `x`, the most significant first."""
    if dtypes.is_complex(x.dtype):
        return [x.real, x.imag]
    return [x if native(x.dtype) else x.astype(np.float32)]


def largest(key: np.ndarray, k: int) -> np.ndarray:
    """The places of the k largest along the last axis, in order; the first of those that equal the
    least of them."""
    if k == 0:
        return np.zeros((*key.shape[:-1], 0), np.int64)
    border = np.partition(key, key.shape[-1] - k, -1)[..., -k, None]
    nan, nan_border = key != key, border != border
    above = (key > border) | (nan & ~nan_border)
    equal = (key == border) | (nan & nan_border)
    spare = k - np.sum(above, -1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, -1) <= spare))
    return np.nonzero(chosen)[-1].reshape(*key.shape[:-1], k)


def sort(
    operands: Sequence[Any],
    axis: int,
    num_keys: int = 1,
    stable: bool = True,
    descending: bool = False,
) -> list[Any]:
    """Operands of one shape, sorted along `axis` by the first `num_keys` of them.

    NaN is larger than numbers, so it comes last, and first if `descending`.
    """
    if descending:  # equals are to keep their order: so backwards both before and after
        back = sort([reverse(x, (axis,)) for x in operands], axis, num_keys, stable)
        return [reverse(x, (axis,)) for x in back]
    return bind(Sort(axis, num_keys, stable), *operands)


def argsort(x: Any, axis: int, stable: bool = True, descending: bool = False) -> Any:
    """The places of the elements along `axis` in the order of `sort`."""
    shape = get_aval(x).shape
    places = iota(index_dtype(max(shape, default=0)), shape, axis)
    return sort([x, places], axis, 1, stable, descending)[1]


def top_k(x: Any, k: int, axis: int) -> tuple[Any, Any]:
    """The k largest elements along `axis`, the largest first, and their places."""
    values, places = bind(TopK(k, axis), x)
    return values, places
