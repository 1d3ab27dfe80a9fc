"""Logic and bits, elementwise: logical functions read numbers as truth values."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import is_integer
from oxmlx.errors import DtypeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    as_bool,
    axis_of,
    choice,
    static_int,
    value,
)
from oxmlx.ops import logic, operators
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import mul, sub
from oxmlx.ops.math import abs_
from oxmlx.ops.shape import moveaxis, reshape
from oxmlx.ops.slicing import iota, pad

UINT8 = np.dtype(np.uint8)


def logical_and(x: ArrayLike, y: ArrayLike, /) -> Array:
    """Whether both elements differ from 0.

    >>> import oxmlx.numpy as np
    >>> np.logical_and(np.array([0, 1, 2]), True)
    array([False,  True,  True], dtype=bool)
    """
    return logic.and_(truth(x, "logical_and"), truth(y, "logical_and"))


def logical_or(x: ArrayLike, y: ArrayLike, /) -> Array:
    """Whether either element differs from 0.

    >>> import oxmlx.numpy as np
    >>> np.logical_or(np.array([0, 1, 2]), False)
    array([False,  True,  True], dtype=bool)
    """
    return logic.or_(truth(x, "logical_or"), truth(y, "logical_or"))


def logical_xor(x: ArrayLike, y: ArrayLike, /) -> Array:
    """Whether one element differs from 0 and the other does not.

    >>> import oxmlx.numpy as np
    >>> np.logical_xor(np.array([0, 1, 2]), True)
    array([ True, False, False], dtype=bool)
    """
    return logic.xor(truth(x, "logical_xor"), truth(y, "logical_xor"))


def logical_not(x: ArrayLike, /) -> Array:
    """Whether each element is 0.

    >>> import oxmlx.numpy as np
    >>> np.logical_not(np.array([0, 1, 2]))
    array([ True, False, False], dtype=bool)
    """
    return logic.not_(truth(x, "logical_not"))


def bitwise_and(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The bits set in both.

    >>> import oxmlx.numpy as np
    >>> np.bitwise_and(np.array([12, 10]), 6)
    array([4, 2], dtype=int32)
    """
    return logic.and_(x, y)


def bitwise_or(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The bits set in either.

    >>> import oxmlx.numpy as np
    >>> np.bitwise_or(np.array([12, 10]), 6)
    array([14, 14], dtype=int32)
    """
    return logic.or_(x, y)


def bitwise_xor(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The bits set in one and not in the other.

    >>> import oxmlx.numpy as np
    >>> np.bitwise_xor(np.array([12, 10]), 6)
    array([10, 12], dtype=int32)
    """
    return logic.xor(x, y)


def bitwise_not(x: ArrayLike, /) -> Array:
    """The bits that are not set.

    >>> import oxmlx.numpy as np
    >>> np.bitwise_not(np.array([0, 1])), np.bitwise_not(True)
    (array([-1, -2], dtype=int32), array(False, dtype=bool))
    """
    return logic.not_(x)


bitwise_invert = invert = bitwise_not


def left_shift(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The bits of x moved y places towards the high end.

    >>> import oxmlx.numpy as np
    >>> np.left_shift(np.array([1, 3]), 2)
    array([ 4, 12], dtype=int32)
    """
    return logic.shift_left(x, y)


bitwise_left_shift = left_shift


def right_shift(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """The bits of x1 moved x2 places towards the low end, the sign coming in.

    >>> import oxmlx.numpy as np
    >>> np.right_shift(np.array([12, -8]), 2)
    array([ 3, -2], dtype=int32)
    """
    return operators.shift_right(x1, x2)


bitwise_right_shift = right_shift


def bitwise_count(x: ArrayLike, /) -> Array:
    """The number of bits set in |x|.

    >>> import oxmlx.numpy as np
    >>> np.bitwise_count(np.array([0, 7, -8]))
    array([0, 3, 1], dtype=uint8)
    """
    y = value(x, "bitwise_count")
    if y.dtype.kind == "b":
        return cast(y, UINT8)
    return cast(logic.population_count(abs_(y) if y.dtype.kind == "i" else y), UINT8)


def packbits(a: ArrayLike, axis: int | None = None, bitorder: str = "big") -> Array:
    """Eight truth values a byte, zeros filling the last one.

    Args:
        a: integers or bools.
        axis: where the bits lie; `None` reads the flattened array.
        bitorder: "big" puts the first bit at the high end, "little" at the low end.

    Raises:
        DtypeError: a is no array of integers or bools.

    >>> import oxmlx.numpy as np
    >>> np.packbits(np.array([1, 0, 1]))
    array([160], dtype=uint8)
    """
    bits, d = bit_operand("packbits", a, axis)
    bits = moveaxis(cast(as_bool(bits), UINT8), d, bits.ndim - 1)
    count = bits.shape[-1]
    bits = pad(bits, UINT8.type(0), (*[(0, 0, 0)] * (bits.ndim - 1), (0, -count % 8, 0)))
    bits = reshape(bits, (*bits.shape[:-1], bits.shape[-1] // 8, 8))
    packed = reduce_sum(mul(bits, weights("packbits", bitorder, bits.shape)), (bits.ndim - 1,))
    return moveaxis(packed, packed.ndim - 1, d)


def unpackbits(
    a: ArrayLike, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> Array:
    """The bits of bytes, as zeros and ones.

    Args:
        a: bytes (uint8).
        axis: where the bits go; `None` reads the flattened array.
        count: how many bits to keep, or to drop at the end if negative.
        bitorder: "big" gives the bit at the high end first, "little" the one at the low end.

    Raises:
        DtypeError: a is no array of bytes.

    >>> import oxmlx.numpy as np
    >>> np.unpackbits(np.array([160], "uint8"), count=4)
    array([1, 0, 1, 0], dtype=uint8)
    """
    data, d = bit_operand("unpackbits", a, axis)
    if data.dtype != UINT8:
        raise DtypeError(
            "unpackbits", f"wants bytes (u8), got {data.aval}", "Convert it with .astype(ox.uint8)."
        )
    data = moveaxis(data, d, data.ndim - 1)
    shape = (*data.shape, 8)
    hits = logic.and_(broadcast(data, shape, (data.ndim,)), weights("unpackbits", bitorder, shape))
    bits = reshape(cast(as_bool(hits), UINT8), (*data.shape[:-1], data.shape[-1] * 8))
    if count is not None:
        n = static_int("unpackbits", "count", count)
        extra = (n if n >= 0 else bits.shape[-1] + n) - bits.shape[-1]
        bits = pad(bits, UINT8.type(0), (*[(0, 0, 0)] * (bits.ndim - 1), (0, extra, 0)))
    return moveaxis(bits, bits.ndim - 1, d)


def truth(x: Any, who: str) -> Any:
    """An operand as truth values."""
    return as_bool(value(x, who))


def bit_operand(who: str, a: Any, axis: int | None) -> tuple[Any, int]:
    """An array of bits and the axis where they lie.

    Raises:
        DtypeError: a is no array of integers or bools.
    """
    x = value(a, who)
    if not (is_integer(x.dtype) or x.dtype.kind == "b"):
        raise DtypeError(
            who, f"wants integers or bools, got {x.aval}", "Convert it with .astype(ox.int32)."
        )
    if axis is None:
        return reshape(x, (x.size,)), 0
    return x, axis_of(who, axis, x.ndim)


def weights(who: str, bitorder: str, shape: tuple[int, ...]) -> Any:
    """The value of each bit of a byte along the last axis of `shape`."""
    order = choice(who, "bitorder", bitorder, ("big", "little"))
    place = iota(UINT8, shape, len(shape) - 1)
    if order == "big":
        place = sub(UINT8.type(7), place)
    return logic.shift_left(UINT8.type(1), place)
