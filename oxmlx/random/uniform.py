"""Uniform samples: bits, floats, integers, coins."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import Dtype, finfo, iinfo, is_float, is_integer, is_unsigned
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import choice, shape_of
from oxmlx.ops.convert import as_value, bitcast, cast
from oxmlx.ops.elementwise import add, mul, sub
from oxmlx.ops.logic import and_, gt, le, lt, or_, shift_right_logical
from oxmlx.ops.math import rem
from oxmlx.ops.prng import U32, UNSIGNED, random_bits, random_split
from oxmlx.ops.select import clamp, maximum, select
from oxmlx.random.arguments import (
    F32,
    I32,
    dtype_of,
    float_dtype,
    integer_dtype,
    parameter,
    sample_shape,
    spread,
)
from oxmlx.random.keys import sampler


@sampler
def bits(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Uniform unsigned integers of all values.

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: an unsigned dtype; uint32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not unsigned.

    >>> import oxmlx as ox
    >>> ox.random.bits(ox.random.key(0), (2,), "uint8")
    array([ 24, 131], dtype=uint8)
    """
    kind = dtype_of("random.bits", dtype, U32, is_unsigned, "unsigned")
    return random_bits(key, 8 * kind.itemsize, shape_of("random.bits", shape))


@sampler
def uniform(
    key: Any, shape: Any = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0
) -> Any:
    """Uniform floats in [minval, maxval).

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.
        minval, maxval: floats, or arrays that broadcast to `shape`.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a bound is wider.
        ShapeError: a bound does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.uniform(ox.random.key(0), (3,))
    array([0.947667 , 0.9785799, 0.3322915], dtype=float32)
    """
    who = "random.uniform"
    kind = float_dtype(who, dtype)
    low, high = (parameter(who, x, kind) for x in (minval, maxval))
    size = sample_shape(who, shape, low, high)
    unit = unit_interval(key, size, kind)
    if not isinstance(minval, Value) and not isinstance(maxval, Value):
        if minval == 0 and maxval == 1:
            return unit
    low, high = spread(low, size), spread(high, size)
    return maximum(low, add(mul(unit, sub(high, low)), low))


def unit_interval(key: Any, shape: tuple[int, ...], dtype: Dtype) -> Any:
    """Uniform multiples of the dtype's epsilon in [0, 1): random mantissas of numbers in [1, 2)."""
    limits = finfo(dtype)
    width, mantissa = limits.bits, limits.nmant
    drawn = 8 if mantissa < 8 else width
    whole = UNSIGNED[width]
    random = cast(random_bits(key, drawn, shape), whole)
    random = shift_right_logical(random, whole.type(drawn - mantissa))
    one = np.ones((), dtype)
    return sub(bitcast(or_(random, one.view(whole)[()]), dtype), one[()])


@sampler
def randint(key: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Uniform integers in [minval, maxval); minval where that is empty.

    A remainder of twice as many random bits as the dtype has: the bias is at most
    (maxval - minval) 2⁻⁶⁴ for 32 bits and fewer.

    Args:
        key: a key.
        shape: the shape of the result.
        minval, maxval: ints, or integer arrays that broadcast to `shape`; what the dtype cannot
            hold counts as its limit.
        dtype: an integer dtype; int32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype, or a bound, is not an integer one.
        ShapeError: a bound does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.randint(ox.random.key(0), (4,), 1, 7)
    array([5, 5, 3, 5], dtype=int32)
    """
    who = "random.randint"
    kind = integer_dtype(who, dtype)
    drawn = kind if kind.itemsize >= 4 else I32
    low, high = (as_bound(who, x) for x in (minval, maxval))
    size = sample_shape(who, shape, *(x for x in (low, high) if isinstance(x, Value)))
    past = is_past(high, drawn)
    if kind is not drawn:  # maxval may be one more than the narrow dtype holds
        limits = iinfo(kind)
        low, high = clip(low, limits.min, limits.max), clip(high, limits.min, limits.max + 1)
    low, high = (spread(into(x, drawn), size) for x in (low, high))
    whole = UNSIGNED[8 * drawn.itemsize]
    one = whole.type(1)
    span = select(le(high, low), one, cast(sub(high, low), whole))
    span = select(and_(gt(high, low), past), add(span, one), span)
    first, second = random_split(key, (2,))
    more, fewer = (random_bits(k, 8 * drawn.itemsize, size) for k in (first, second))
    half = rem(whole.type(1 << 4 * drawn.itemsize), span)
    power = rem(mul(half, half), span)  # 2ⁿ modulo the span
    offset = rem(add(mul(rem(more, span), power), rem(fewer, span)), span)
    return cast(add(low, cast(offset, drawn)), kind)
