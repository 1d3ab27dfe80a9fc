"""Draws from a finite set: categories, permutations, choices with and without replacement."""

from __future__ import annotations

from math import ceil, log, prod
from typing import Any

import numpy as np

from oxmlx.dtypes import is_inexact, is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import axis_of, shape_of
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import as_value, broadcast_shapes, cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.gather import take
from oxmlx.ops.operators import as_float
from oxmlx.ops.prng import random_bits, random_split
from oxmlx.ops.reduction import argmax
from oxmlx.ops.select import minimum, select
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape
from oxmlx.ops.slicing import iota
from oxmlx.ops.sort import sort, top_k
from oxmlx.random.arguments import I32
from oxmlx.random.inverse import gumbel
from oxmlx.random.keys import sampler
from oxmlx.random.uniforms import randint, uniform


@sampler
def categorical(
    key: Any,
    logits: Any,
    axis: int = -1,
    shape: Any = None,
    replace: bool = True,
    mode: str | None = None,
) -> Any:
    """Indices drawn with probability softmax(logits): the largest of logits + Gumbel noise.

    Args:
        key: a key.
        logits: a floating array.
        axis: the axis of the categories.
        shape: the shape of the result: leading axes, then the other axes of `logits`, which are the
            default.
        replace: draw independently; else the draws along the leading axes differ.
        mode: as for `gumbel`.

    Returns:
        An i32 array.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: `logits` is not floating.
        ShapeError: the other axes do not broadcast to `shape`, or more draws are asked for without
            replacement than there are categories.

    >>> import oxmlx as ox
    >>> logits = ox.numpy.log(ox.numpy.array([0.1, 0.6, 0.3]))
    >>> ox.random.categorical(ox.random.key(0), logits, shape=(6,))
    array([1, 1, 1, 1, 2, 1], dtype=int32)
    """
    who = "random.categorical"
    x = as_value(logits, who)
    if not is_inexact(x.dtype):
        raise DtypeError(who, f"logits must be floating, got {x.aval}", "Convert with .astype.")
    at = axis_of(who, axis, x.ndim)
    batch = x.shape[:at] + x.shape[at + 1 :]
    size = batch if shape is None else shape_of(who, shape)
    if broadcast_shapes(who, size, batch) != size:
        raise ShapeError(who, f"logits {x.aval} without axis {at} do not broadcast to {size}")
    lead, own = size[: len(size) - len(batch)], size[len(size) - len(batch) :]
    if replace:
        whole = (*lead, *own[:at], x.shape[at], *own[at:])
        noise = gumbel(key, whole, x.dtype, mode)
        return argmax(noise + broadcast_to(x, whole), len(lead) + at, I32)
    count = prod(lead)
    if count > x.shape[at]:
        problem = f"cannot draw {count} times without replacement from {x.shape[at]} categories"
        raise ShapeError(who, problem, "Draw fewer, or pass replace=True.")
    _, places = top_k(gumbel(key, x.shape, x.dtype, mode) + x, count, at)
    return reshape(moveaxis(cast(places, I32), at, 0), size)


@sampler
def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """A random order of the elements of an array, or of the integers below a number.

    Args:
        key: a key.
        x: an array, or an int.
        axis: the axis that is shuffled.
        independent: shuffle each vector along the axis by itself; else whole slices move.

    Raises:
        KeyTypeError: `key` is no key.
        AxisError: `x` has no such axis.
        DtypeError: `x` is a scalar, and no integer.

    >>> import oxmlx as ox
    >>> ox.random.permutation(ox.random.key(0), 6)
    array([0, 1, 5, 4, 3, 2], dtype=int32)
    """
    who = "random.permutation"
    if isinstance(x, (int, np.integer)) or not as_value(x, who).ndim:
        axis_of(who, axis, 1)
        return shuffle(key, iota(I32, (count_of(who, x),), 0), 0)
    x = as_value(x, who)
    at = axis_of(who, axis, x.ndim)
    if independent or x.ndim == 1:
        return shuffle(key, x, at)
    return take(x, shuffle(key, iota(I32, (x.shape[at],), 0), 0), at)


def count_of(who: str, x: Any) -> int:
    """A population given as a number."""
    if isinstance(x, Value) and not is_integer(x.dtype):
        raise DtypeError(who, f"needs an array or an integer, got {x.aval}")
    if isinstance(x, (float, complex)):
        raise DtypeError(who, f"needs an array or an integer, got {x!r}")
    count = int(x)
    if count < 0:
        raise ArgumentError(who, f"a population cannot have {count} elements")
    return count


def shuffle(key: Any, x: Any, axis: int) -> Any:
    """Sort by random words, so often that no two elements are likely to have all words alike."""
    rounds = ceil(3 * log(max(1, x.size)) / log(2**32 - 1))
    for _ in range(rounds):
        key, subkey = random_split(key, (2,))
        _, x = sort([random_bits(subkey, 32, x.shape), x], axis)
    return x


@sampler
def choice(
    key: Any,
    a: Any,
    shape: Any = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """Draws from the slices of an array, or from the integers below a number.

    Args:
        key: a key.
        a: an array, or an int.
        shape: the shape of the draws, which takes the place of the axis in the result.
        replace: draw independently; else all draws differ.
        p: the probability of each slice, a floating vector; all alike by default.
        axis: the axis of `a` to draw from.
        mode: as for `gumbel`, for draws by probability without replacement.

    Raises:
        KeyTypeError: `key` is no key.
        ArgumentError: there is nothing to draw from, or not enough without replacement.
        AxisError: `a` has no such axis.
        ShapeError: `p` does not have one number a slice.

    >>> import oxmlx as ox
    >>> ox.random.choice(ox.random.key(0), 10, (3,), replace=False)
    array([0, 1, 8], dtype=int32)
    """
    who = "random.choice"
    size = shape_of(who, shape)
    draws = prod(size)
    whole = isinstance(a, (int, np.integer)) or not as_value(a, who).ndim
    x: Any = None if whole else as_value(a, who)
    at = 0 if whole else axis_of(who, axis, x.ndim)
    n = count_of(who, a) if whole else x.shape[at]
    if draws and not n:
        raise ArgumentError(who, "there is nothing to draw from")
    if not replace and draws > n:
        problem = f"cannot draw {draws} of {n} elements without replacement"
        raise ArgumentError(who, problem, "Draw fewer, or pass replace=True.")
    if not draws:
        places = full(size, 0, I32)
    elif p is not None:
        places = weighted(key, probabilities(who, p, n), size, replace, mode)
    elif replace:
        places = randint(key, size, 0, n)
    else:
        places = reshape(shuffle(key, iota(I32, (n,), 0), 0)[:draws], size)
    return places if whole else take(x, places, at)


def probabilities(who: str, p: Any, n: int) -> Any:
    """A floating vector with one probability for each of n slices."""
    value = as_float(as_value(p, who))
    if value.shape != (n,):
        raise ShapeError(who, f"p must have one number for each of {n} slices, got {value.aval}")
    return value


def weighted(key: Any, p: Any, shape: tuple[int, ...], replace: bool, mode: str | None) -> Any:
    """Places drawn by probability: by inversion, or as the largest of log p + Gumbel noise."""
    if replace:
        total = cumsum(p, 0)
        return search(total, total[-1] * (1 - uniform(key, shape, p.dtype)))
    noisy = gumbel(key, p.shape, p.dtype, mode) + math.log(p)
    return reshape(cast(top_k(noisy, prod(shape), 0)[1], I32), shape)


def search(table: Any, x: Any) -> Any:
    """How many elements of an ascending vector lie below x: a binary search, bit by bit."""
    n = table.shape[0]
    place = full(x.shape, 0, I32)
    for bit in reversed(range(n.bit_length())):
        probe = place + (1 << bit)
        value = take(table, minimum(probe, n) - 1, 0)
        place = select((probe <= n) & (value < x), probe, place)
    return place
