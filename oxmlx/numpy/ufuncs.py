"""Functions of two elements with NumPy's methods: reduce, accumulate, outer, at, reduceat."""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import inf, prod
from typing import Any, SupportsIndex

from oxmlx.api.boundary import boundary
from oxmlx.control.scan import scan
from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy import arithmetic, bits, exponential, extrema, reductions, scans
from oxmlx.numpy.arguments import (
    INT32,
    ArrayLike,
    Axes,
    as_bool,
    axes_of,
    axis_of,
    converted,
    refuse_inplace,
    refuse_out,
    strong,
    value,
)
from oxmlx.numpy.inserting import static_places
from oxmlx.numpy.joining import concatenate
from oxmlx.numpy.mapping import vectorize
from oxmlx.numpy.shaping import between, moveaxis, unsqueeze
from oxmlx.ops.convert import cast
from oxmlx.ops.select import select
from oxmlx.ops.shape import broadcast_to, reshape, transpose
from oxmlx.ops.slicing import iota


class ufunc:
    """An elementwise function that broadcasts, with NumPy's methods.

    Args:
        func: a function of `nin` arrays.
        nin, nout: how many arguments and results it has.
        identity: what changes nothing, if there is such a number.
        reduce, accumulate: faster ways to do that than one element after the other.

    >>> import oxmlx.numpy as np
    >>> np.add.outer(np.array([1, 2]), np.array([10, 20]))
    array([[11, 21],
           [12, 22]], dtype=int32)
    """

    def __init__(
        self,
        func: Callable[..., Any],
        /,
        nin: int,
        nout: int,
        *,
        name: str | None = None,
        nargs: int | None = None,
        identity: Any = None,
        call: Callable[..., Any] | None = None,
        reduce: Callable[..., Any] | None = None,
        accumulate: Callable[..., Any] | None = None,
    ) -> None:
        functools.update_wrapper(self, func)
        self.func = call or func
        self.nin, self.nout, self.nargs = nin, nout, nin if nargs is None else nargs
        self.identity = identity
        self.__name__ = name or func.__name__
        self._reduce, self._accumulate = reduce, accumulate

    @boundary
    def __call__(self, *args: ArrayLike) -> Any:
        return self.func(*args)

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """Those of this module go by name, as functions do."""
        mine = self.__module__ == __name__
        return self.__name__ if mine else super().__reduce_ex__(protocol)

    @boundary
    def reduce(
        self,
        a: ArrayLike,
        axis: Axes = 0,
        dtype: Any = None,
        out: None = None,
        keepdims: bool = False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ) -> Any:
        """The function applied between all elements along axes.

        Raises:
            ArgumentError: the function has not two arguments and one result, or `where` is given
                without anything that changes nothing.
            ShapeError: there is no element to start from.

        >>> import oxmlx.numpy as np
        >>> np.multiply.reduce(np.array([2, 3, 4]))
        array(24, dtype=int32)
        """
        refuse_out(f"{self.__name__}.reduce", out)
        if self._reduce is not None:
            options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
            given = {"dtype": dtype, "initial": initial, "where": where}
            options |= {k: v for k, v in given.items() if v is not None}
            return self._reduce(a, **options)
        x = self.operand("reduce", a, dtype)
        start = self.identity if initial is None else initial
        if where is not None:
            if start is None:
                raise ArgumentError(
                    self.__name__,
                    "where= needs initial=",
                    "Pass the value to start from, such as initial=0.",
                )
            nothing = start if self.identity is None else self.identity
            fill = converted(self.__name__, nothing, x.dtype)
            x = select(as_bool(value(where, self.__name__)), x, fill)
        axes = axes_of(self.__name__, axis, x.ndim)
        rest = tuple(k for k in range(x.ndim) if k not in axes)
        shape = tuple(x.shape[k] for k in rest)
        rows = transpose(x, (*axes, *rest))
        rows = reshape(rows, (prod(x.shape[k] for k in axes), *shape))
        if start is not None:
            first = broadcast_to(converted(self.__name__, start, x.dtype), shape)
            rows = concatenate([unsqueeze(first, (0,)), rows])
        result = self.prefixes("reduce", rows)[0]
        return unsqueeze(result, axes) if keepdims else result

    @boundary
    def accumulate(self, a: ArrayLike, axis: int = 0, dtype: Any = None, out: None = None) -> Any:
        """The function applied between all elements up to each one along an axis.

        >>> import oxmlx.numpy as np
        >>> np.maximum.accumulate(np.array([1, 3, 2]))
        array([1, 3, 3], dtype=int32)
        """
        refuse_out(f"{self.__name__}.accumulate", out)
        x = self.operand("accumulate", a, dtype)
        k = axis_of(self.__name__, axis, x.ndim)
        if self._accumulate is not None:
            return self._accumulate(x, k)
        if not x.shape[k]:
            return x
        return moveaxis(self.prefixes("accumulate", moveaxis(x, k, 0))[1], 0, k)

    @boundary
    def outer(self, a: ArrayLike, b: ArrayLike, /) -> Any:
        """The function of every element of a with every one of b.

        >>> import oxmlx.numpy as np
        >>> np.subtract.outer(np.array([1, 2]), np.array([10, 20]))
        array([[ -9, -19],
               [ -8, -18]], dtype=int32)
        """
        self.binary("outer")
        x, y = value(a, self.__name__), value(b, self.__name__)
        return self(unsqueeze(x, tuple(range(x.ndim, x.ndim + y.ndim))), y)

    @boundary
    def at(
        self, a: ArrayLike, indices: Any, b: ArrayLike | None = None, /, *, inplace: bool = True
    ) -> Any:
        """An array in which the elements at indices are those that the function gives, in order.

        Args:
            a: an array.
            indices: an index expression.
            b: the second arguments, if there are two.
            inplace: must be `False`: arrays are immutable.

        Raises:
            ImmutableError: inplace is true.
            ArgumentError: the function has another number of arguments.

        >>> import oxmlx.numpy as np
        >>> np.add.at(np.zeros(3), np.array([0, 0, 2]), 1, inplace=False)
        array([2., 0., 1.], dtype=float32)
        """
        refuse_inplace(f"{self.__name__}.at", inplace)
        x: Any = value(a, self.__name__)
        if self.nin != (1 if b is None else 2) or self.nout != 1:
            problem = f"has {self.nin} arguments and {self.nout} results, so no `at` with these"
            raise ArgumentError(self.__name__, problem)
        places: Any = reshape(iota(INT32, (x.size,), 0), x.shape)
        places = places[indices]
        others = [] if b is None else [broadcast_to(value(b, self.__name__), places.shape)]
        each = [reshape(v, (v.size,)) for v in (places, *others)]

        def step(flat: Any, row: Any) -> tuple[Any, None]:
            place, *other = row
            new = cast(self.func(flat[place], *other), flat.dtype)
            return flat.at[place].set(new), None

        return reshape(scan(step, reshape(x, (x.size,)), each)[0], x.shape)

    @boundary
    def reduceat(
        self, a: ArrayLike, indices: ArrayLike, axis: int = 0, dtype: Any = None, out: None = None
    ) -> Any:
        """The function applied between the elements from each place to the next one.

        Args:
            a: an array.
            indices: places along the axis, which must be known. Where one is not below the next,
                its element alone is taken.
            axis: the axis.
            dtype: the dtype to compute in.
            out: not supported.

        >>> import oxmlx.numpy as np
        >>> np.add.reduceat(np.array([1, 2, 3, 4]), np.array([0, 2]))
        array([3, 7], dtype=int32)
        """
        refuse_out(f"{self.__name__}.reduceat", out)
        x = self.operand("reduceat", a, dtype)
        k = axis_of(self.__name__, axis, x.ndim)
        n = x.shape[k]
        places = static_places(f"{self.__name__}.reduceat", indices, n, n).tolist()
        stops = [max(i + 1, j) for i, j in zip(places, [*places[1:], n], strict=True)]
        parts = [between(x, k, i, j) for i, j in zip(places, stops, strict=True)]
        return concatenate([self.reduce(part, k, keepdims=True) for part in parts], k)

    def prefixes(self, what: str, rows: Any) -> tuple[Any, Any]:
        """The function applied between all rows, and between all up to each one.

        Raises:
            ShapeError: there is no row to start from.
        """
        n = rows.shape[0]
        if not n:
            raise ShapeError(
                f"{self.__name__}.{what}",
                "there is no element to start from",
                "Pass initial=, or an array with elements.",
            )
        first = reshape(between(rows, 0, 0, 1), rows.shape[1:])

        def step(last: Any, row: Any) -> tuple[Any, Any]:
            new = cast(self.func(last, row), rows.dtype)
            return new, new

        last, others = scan(step, first, between(rows, 0, 1, n))
        return last, concatenate([between(rows, 0, 0, 1), others])

    def operand(self, what: str, a: Any, dtype: Any) -> Any:
        """The array to work on, in the dtype to compute in."""
        self.binary(what)
        x = strong(value(a, self.__name__))
        return x if dtype is None else cast(x, as_dtype(dtype, self.__name__))

    def binary(self, what: str) -> None:
        """Refuse a method that needs two arguments and one result.

        Raises:
            ArgumentError: the function has others.
        """
        if self.nin != 2 or self.nout != 1:
            problem = f"has {self.nin} arguments and {self.nout} results, so no `{what}`"
            raise ArgumentError(self.__name__, problem)


def frompyfunc(func: Callable[..., Any], /, nin: int, nout: int, *, identity: Any = None) -> ufunc:
    """A ufunc of a function of numbers.

    Args:
        func: a function of `nin` numbers, which may be traced.
        nin, nout: how many arguments and results it has.
        identity: what changes nothing, if there is such a number.

    >>> import oxmlx.numpy as np
    >>> np.frompyfunc(lambda x, y: 2 * x + y, 2, 1).reduce(np.array([1, 0, 1]))
    array(5, dtype=int32)
    """
    return ufunc(func, nin, nout, identity=identity, call=vectorize(func))


def named(func: Callable[..., Any], nin: int = 2, identity: Any = None, **methods: Any) -> ufunc:
    """The ufunc that this module has under the name of a function."""
    made = ufunc(func, nin, 1, identity=identity, **methods)
    made.__module__ = __name__
    return made


add = named(arithmetic.add, identity=0, reduce=reductions.sum, accumulate=scans.cumsum)
subtract = named(arithmetic.subtract)
multiply = named(arithmetic.multiply, identity=1, reduce=reductions.prod, accumulate=scans.cumprod)
negative = named(arithmetic.negative, 1)
maximum = named(extrema.maximum, reduce=reductions.max)
minimum = named(extrema.minimum, reduce=reductions.min)
logaddexp = named(exponential.logaddexp, identity=-inf)
logaddexp2 = named(exponential.logaddexp2, identity=-inf)
bitwise_and = named(bits.bitwise_and, identity=-1)
bitwise_or = named(bits.bitwise_or, identity=0)
bitwise_xor = named(bits.bitwise_xor, identity=0)
logical_and = named(bits.logical_and, identity=True, reduce=reductions.all)
logical_or = named(bits.logical_or, identity=False, reduce=reductions.any)
logical_xor = named(bits.logical_xor, identity=False)
