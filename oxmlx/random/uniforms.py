"""Uniform samples: bits, floats, integers, coins."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.dtypes import (
    Dtype,
    finfo,
    iinfo,
    is_float,
    is_inexact,
    is_integer,
    is_signed,
    is_unsigned,
)
from oxmlx.errors import DtypeError
from oxmlx.numpy.arguments import BOOL, choice, shape_of
from oxmlx.ops.axes import full
from oxmlx.ops.convert import NUMBERS, as_value, bitcast, cast
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
    parameters,
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
    array([167, 146], dtype=uint8)
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
    array([0.947667  , 0.9785799 , 0.33229148], dtype=float32)
    """
    kind = float_dtype("random.uniform", dtype)
    size, (low, high) = parameters("random.uniform", kind, shape, minval, maxval)
    unit = unit_interval(key, size, kind)
    numbers = isinstance(minval, NUMBERS) and isinstance(maxval, NUMBERS)
    if numbers and (minval, maxval) == (0, 1):
        return unit
    return maximum(low, add(mul(unit, sub(high, low)), low))


def unit_interval(key: Any, shape: tuple[int, ...], dtype: Dtype) -> Any:
    """Uniform multiples of the dtype's epsilon in [0, 1): random mantissas of numbers in [1, 2)."""
    limits = finfo(dtype)
    width, mantissa = limits.bits, limits.nmant
    drawn = 8 if mantissa < 8 else width
    whole = UNSIGNED[width]
    random = cast(random_bits(key, drawn, shape), whole)
    random = shift_right_logical(random, whole.type(drawn - mantissa))
    exponent = np.ones((), dtype).view(whole)[()]
    return sub(bitcast(or_(random, exponent), dtype), 1)


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
    array([2, 1, 3, 2], dtype=int32)
    """
    who = "random.randint"
    kind = integer_dtype(who, dtype)
    drawn = kind if kind.itemsize >= 4 else I32
    width, whole = 8 * drawn.itemsize, UNSIGNED[8 * drawn.itemsize]
    low, high = (as_bound(who, x) for x in (minval, maxval))
    if kind is not drawn:  # maxval may be one more than what the narrow dtype holds
        limits = iinfo(kind)
        low, high = clip(low, limits.min, limits.max), clip(high, limits.min, limits.max + 1)
    past = is_past(high, drawn)
    low, high = (in_dtype(x, drawn) for x in (low, high))
    size = sample_shape(who, shape, low, high)
    low, high, past = (spread(x, size) for x in (low, high, past))
    span = select(le(high, low), 1, cast(sub(high, low), whole))
    span = select(and_(gt(high, low), past), add(span, 1), span)
    more, fewer = (random_bits(k, width, size) for k in random_split(key, (2,)))
    half = rem(full((), 1 << width // 2, whole), span)
    power = rem(mul(half, half), span)  # 2ⁿ modulo the span, for words of n bits
    offset = rem(add(mul(rem(more, span), power), rem(fewer, span)), span)
    return cast(add(low, cast(offset, drawn)), kind)


def as_bound(who: str, x: Any) -> Any:
    """A bound of a range: a Python int, or an integer array."""
    if isinstance(x, (int, np.integer)):
        return int(x)
    value = as_value(x, who)
    if not is_integer(value.dtype):
        raise DtypeError(who, f"bounds must be integers, got {value.aval}", "Convert with .astype.")
    return value


def clip(x: Any, low: int, high: int) -> Any:
    """A bound within limits, some of which its dtype may not reach."""
    if isinstance(x, int):
        return min(max(x, low), high)
    own = iinfo(x.dtype)
    return clamp(max(low, own.min), x, min(high, own.max))


def in_dtype(x: Any, dtype: Dtype) -> Any:
    """A bound as an array of a dtype, within its limits."""
    limits = iinfo(dtype)
    clipped = clip(x, limits.min, limits.max)
    return full((), clipped, dtype) if isinstance(x, int) else cast(clipped, dtype)


def is_past(x: Any, dtype: Dtype) -> Any:
    """Is a bound more than the dtype holds?"""
    limit = iinfo(dtype).max
    if isinstance(x, int) or iinfo(x.dtype).max <= limit:
        return full((), isinstance(x, int) and x > limit, BOOL)
    return gt(x, limit)


@sampler
def bernoulli(key: Any, p: Any = 0.5, shape: Any = None, mode: str = "low") -> Any:
    """Bools that are true with probability p.

    Args:
        key: a key.
        p: a float, or a floating array.
        shape: the shape of the result; that of `p` by default.
        mode: "low", or "high" for twice as many random bits, which a p below 2⁻²³ needs.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: `p` is not floating.
        ShapeError: `p` does not broadcast to `shape`.
        ArgumentError: unknown mode.

    >>> import oxmlx as ox
    >>> ox.random.bernoulli(ox.random.key(0), 0.9, (4,))
    array([False, False,  True,  True], dtype=bool)
    """
    who = "random.bernoulli"
    high = choice(who, "mode", mode, ("low", "high")) == "high"
    p = as_value(p, who)
    if not is_float(p.dtype):
        raise DtypeError(who, f"p must be floating, got {p.aval}", "Write 1.0 for 1.")
    size = sample_shape(who, shape, p)
    kind, p = p.dtype, spread(cast(p, p.dtype), size)
    if not high:
        return lt(unit_interval(key, size, kind), p)
    coarse, fine = unit_interval(key, (2, *size), kind)
    return lt(mul(fine, 2.0 ** -finfo(kind).nmant), sub(p, coarse))


@sampler
def rademacher(key: Any, shape: Any = (), dtype: Any = None) -> Any:
    """1 or -1, equally likely.

    Args:
        key: a key.
        shape: the shape of the result.
        dtype: a numeric dtype; int32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype has no -1.

    >>> import oxmlx as ox
    >>> ox.random.rademacher(ox.random.key(0), (4,))
    array([-1, -1,  1,  1], dtype=int32)
    """
    who = "random.rademacher"
    kind = dtype_of(who, dtype, I32, has_minus_one, "one with negative numbers")
    heads = lt(unit_interval(key, shape_of(who, shape), F32), 0.5)
    return sub(mul(cast(heads, kind), 2), 1)


def has_minus_one(dtype: Dtype) -> bool:
    """Is -1 a number of this dtype?"""
    return is_signed(dtype) or is_inexact(dtype)
