"""Sets: vectors of distinct elements in order. Under a transformation a size must be given."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from oxmlx.dtypes import is_inexact
from oxmlx.numpy.arguments import (
    BOOL,
    INT32,
    Array,
    ArrayLike,
    arrays,
    axis_of,
    choice,
    converted,
    value,
)
from oxmlx.numpy.comparison import isnan
from oxmlx.numpy.joining import concatenate, stack
from oxmlx.numpy.searching import extent_of, searchsorted
from oxmlx.numpy.shaping import between, ravel
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import sub
from oxmlx.ops.gather import scatter, take
from oxmlx.ops.logic import and_, eq, lt, ne, not_
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.select import select
from oxmlx.ops.shape import moveaxis, reshape
from oxmlx.ops.slicing import iota
from oxmlx.ops.sort import sort


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Array
    counts: Array


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Array
    inverse_indices: Array


def unique(
    ar: ArrayLike,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
    sorted: bool = True,
) -> Any:
    """The distinct elements in order, or the distinct slices along an axis.

    Args:
        ar: an array.
        return_index: also return where each of them is first found,
        return_inverse: and for each element which of them it is,
        return_counts: and how often each occurs.
        axis: the axis of the slices; `None` takes the elements of the flattened array.
        equal_nan: whether NaN equals NaN.
        size: how many to return, which must be given if `ar` is traced; too many are cut off.
        fill_value: what stands where there are too few; the first one by default.
        sorted: ignored; they always are.

    Raises:
        ConcretizationError: `ar` is traced and there is no size.

    >>> import oxmlx.numpy as np
    >>> np.unique(np.array([3, 1, 3, 2]), return_counts=True)
    (array([1, 2, 3], dtype=int32), array([1, 1, 2], dtype=int32))
    """
    found = Distinct("unique", value(ar, "unique"), axis, equal_nan, size, fill_value)
    parts = [found.values()]
    parts += [found.indices()] if return_index else []
    parts += [found.inverse()] if return_inverse else []
    parts += [found.counts()] if return_counts else []
    return tuple(parts) if len(parts) > 1 else parts[0]


def unique_all(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueAll:
    """The distinct elements, where each is first found, which one each element is, how often.

    >>> import oxmlx.numpy as np
    >>> np.unique_all(np.array([3, 1, 3])).counts
    array([1, 2], dtype=int32)
    """
    found = Distinct("unique_all", value(x, "unique_all"), None, False, size, fill_value)
    return UniqueAll(found.values(), found.indices(), found.inverse(), found.counts())


def unique_counts(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueCounts:
    """The distinct elements, and how often each occurs.

    >>> import oxmlx.numpy as np
    >>> np.unique_counts(np.array([3, 1, 3])).values
    array([1, 3], dtype=int32)
    """
    found = Distinct("unique_counts", value(x, "unique_counts"), None, False, size, fill_value)
    return UniqueCounts(found.values(), found.counts())


def unique_inverse(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueInverse:
    """The distinct elements, and which one each element is.

    >>> import oxmlx.numpy as np
    >>> np.unique_inverse(np.array([3, 1, 3])).inverse_indices
    array([1, 0, 1], dtype=int32)
    """
    found = Distinct("unique_inverse", value(x, "unique_inverse"), None, False, size, fill_value)
    return UniqueInverse(found.values(), found.inverse())


def unique_values(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> Array:
    """The distinct elements in order.

    >>> import oxmlx.numpy as np
    >>> np.unique_values(np.array([3, 1, 3]))
    array([1, 3], dtype=int32)
    """
    found = Distinct("unique_values", value(x, "unique_values"), None, False, size, fill_value)
    return found.values()


def isin(
    element: ArrayLike,
    test_elements: ArrayLike,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    method: str = "auto",
) -> Array:
    """Whether each element is one of the others.

    Args:
        element: an array.
        test_elements: the others.
        assume_unique: ignored.
        invert: whether it is none of the others instead.
        method: ignored; "auto", "compare_all", "binary_search" and "sort" are JAX's.

    >>> import oxmlx.numpy as np
    >>> np.isin(np.array([[1, 2], [3, 4]]), np.array([2, 4]))
    array([[False,  True],
           [False,  True]], dtype=bool)
    """
    methods = ("auto", "compare_all", "binary_search", "sort")
    choice("isin", "method", method, methods)
    x, others = arrays("isin", element, test_elements)
    found = member(x, ravel(others))
    return not_(found) if invert else found


def in1d(
    ar1: ArrayLike, ar2: ArrayLike, assume_unique: bool = False, invert: bool = False
) -> Array:
    """`isin` of the flattened array.

    >>> import oxmlx.numpy as np
    >>> np.in1d(np.array([1, 2]), np.array([2]))
    array([False,  True], dtype=bool)
    """
    return isin(ravel(ar1), ar2, assume_unique, invert)


def union1d(
    ar1: ArrayLike, ar2: ArrayLike, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> Array:
    """The elements of either array.

    >>> import oxmlx.numpy as np
    >>> np.union1d(np.array([3, 1]), np.array([2, 3]))
    array([1, 2, 3], dtype=int32)
    """
    both = concatenate([ravel(ar1), ravel(ar2)])
    return Distinct("union1d", both, None, True, size, fill_value).values()


def intersect1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    return_indices: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Any:
    """The elements of both arrays.

    Args:
        ar1, ar2: arrays, which are flattened.
        assume_unique: ignored.
        return_indices: also return where each of them is first found in either array.
        size, fill_value: as in `unique`.

    >>> import oxmlx.numpy as np
    >>> np.intersect1d(np.array([3, 1, 2]), np.array([2, 3, 9]))
    array([2, 3], dtype=int32)
    """
    x, y = (ravel(v) for v in arrays("intersect1d", ar1, ar2))
    first = Distinct("intersect1d", x, None, True, size, fill_value, keep=member(x, y))
    if not return_indices:
        return first.values()
    second = Distinct("intersect1d", y, None, True, size, fill_value, keep=member(y, x))
    return first.values(), first.indices(), second.indices()


def setdiff1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Array:
    """The elements of the first array that the second has not.

    >>> import oxmlx.numpy as np
    >>> np.setdiff1d(np.array([3, 1, 2]), np.array([2, 9]))
    array([1, 3], dtype=int32)
    """
    x, y = (ravel(v) for v in arrays("setdiff1d", ar1, ar2))
    keep = not_(member(x, y))
    return Distinct("setdiff1d", x, None, True, size, fill_value, keep=keep).values()


def setxor1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Array:
    """The elements that only one of the arrays has.

    >>> import oxmlx.numpy as np
    >>> np.setxor1d(np.array([3, 1, 2]), np.array([2, 9]))
    array([1, 3, 9], dtype=int32)
    """
    x, y = (ravel(v) for v in arrays("setxor1d", ar1, ar2))
    keep = not_(concatenate([member(x, y), member(y, x)]))
    both = concatenate([x, y])
    return Distinct("setxor1d", both, None, True, size, fill_value, keep=keep).values()


class Distinct:
    """The elements of an array, or its slices along an axis, sorted and grouped by value.

    Args:
        who: the function that asks, for errors.
        x: the array.
        axis: the axis of the slices; `None` takes the elements of the flattened array.
        equal_nan: whether NaN equals NaN.
        size: how many groups to return; `None` for all, if they can be counted.
        fill_value: the value of missing groups; the first one by default.
        keep: which elements of a vector take part.
    """

    def __init__(
        self,
        who: str,
        x: Any,
        axis: int | None,
        equal_nan: bool,
        size: int | None,
        fill_value: Any,
        keep: Any = None,
    ) -> None:
        self.shape = x.shape if axis is None else None
        self.axis = 0 if axis is None else axis_of(who, axis, x.ndim)
        self.rows = ravel(x) if axis is None else moveaxis(x, self.axis, 0)
        self.fill = None if fill_value is None else converted(who, fill_value, x.dtype)
        self.n = n = self.rows.shape[0]
        left_out = [] if keep is None else [not_(keep)]  # sorted to the end
        keys = [*left_out, *columns(self.rows)]
        *keys, self.order = sort([*keys, iota(INT32, (n,), 0)], 0, len(keys))
        opens = reduce_or(stack([differs(key, equal_nan) for key in keys]), (0,)) if n else keys[0]
        if keep is not None:
            opens = and_(opens, not_(keys[0]))
        self.opens = opens
        self.rank = sub(cumsum(cast(opens, INT32), 0), 1)
        self.total = reduce_sum(cast(opens, INT32), (0,))
        self.size = extent_of(who, self.total, size)

    def starts(self) -> Any:
        """Where each group begins in the sorted array; a missing one, where the first does."""
        target = select(self.opens, self.rank, self.size)
        zeros = full((self.size,), 0, INT32)
        return scatter(zeros, iota(INT32, (self.n,), 0), (target,), (0,), unique=True)

    def indices(self) -> Any:
        """Where each group is first found."""
        return take(self.order, self.starts(), 0, "clip") if self.n else self.starts()

    def values(self) -> Any:
        """The value of each group."""
        rest = self.rows.shape[1:]
        if self.n:
            out = take(self.rows, self.indices(), 0, "clip")
        else:
            out = full((self.size, *rest), 0, self.rows.dtype)
        if self.fill is not None:
            here = lt(iota(INT32, out.shape, 0), self.total)
            out = select(here, out, self.fill)
        return moveaxis(out, 0, self.axis)

    def inverse(self) -> Any:
        """Which group each element is in."""
        zeros = full((self.n,), 0, INT32)
        out = scatter(zeros, self.rank, (self.order,), (0,), unique=True)
        return out if self.shape is None else reshape(out, self.shape)

    def counts(self) -> Any:
        """How many elements each group has."""
        ones = full((self.n,), 1, INT32)
        return scatter(full((self.size,), 0, INT32), ones, (self.rank,), (0,), combine="add")


def columns(rows: Any) -> list[Any]:
    """Vectors by which rows are compared, the most significant first."""
    n = rows.shape[0]
    width = prod(rows.shape[1:])
    flat = reshape(rows, (n, width))
    return [reshape(between(flat, 1, k, k + 1), (n,)) for k in range(width)]


def differs(key: Any, equal_nan: bool) -> Any:
    """Which elements of a sorted vector differ from the one before; the first does."""
    n = key.shape[0]
    before, here = between(key, 0, 0, n - 1), between(key, 0, 1, n)
    changed = ne(before, here)
    if equal_nan and is_inexact(key.dtype):
        changed = and_(changed, not_(and_(isnan(before), isnan(here))))
    return concatenate([full((1,), True, BOOL), changed])


def member(x: Any, others: Any) -> Any:
    """Whether each element is one of a vector of others."""
    if not others.size:
        return full(x.shape, False, BOOL)
    (known,) = sort([others], 0)
    return eq(take(known, searchsorted(known, x), 0, "clip"), x)
