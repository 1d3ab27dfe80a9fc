"""Samples of whole numbers by rejection: Poisson, binomial, multinomial."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.control.scan import scan
from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import as_dtype
from oxmlx.numpy.arguments import BOOL, shape_of
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import as_value, cast, from_numpy
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.gather import take
from oxmlx.ops.operators import as_float
from oxmlx.ops.prng import random_split
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import broadcast_to, moveaxis
from oxmlx.random.arguments import F32, I32, float_dtype, integer_dtype, parameters
from oxmlx.random.implicit import anywhere
from oxmlx.random.keys import sampler
from oxmlx.random.uniforms import unit_interval

# ln k! by Stirling's formula is off by these for k = 0, ..., 9.
TAIL = (
    *(0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509),
    *(0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720),
    *(0.00925546218271273, 0.00833056343336287),
)


@sampler
def poisson(key: Any, lam: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples with probability λᵏ exp(-λ) / k!; -1 where λ is NaN.

    Knuth's method below 10; above, Hörmann, "The transformed rejection method for generating
    Poisson random variables", 1993.

    Args:
        key: a key.
        lam: a float or an array, the mean λ ≥ 0; computed with in float32.
        shape: the shape of the result; that of `lam` by default.
        dtype: an integer dtype; int32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not an integer one, or `lam` is wider than float32.
        ShapeError: `lam` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.poisson(ox.random.key(0), 3.0, (5,))
    array([0, 0, 4, 4, 1], dtype=int32)
    """
    kind = integer_dtype("random.poisson", dtype)
    size, (lam,) = parameters("random.poisson", F32, shape, lam)
    lam = broadcast_to(lam, size)
    few = (lam != lam) | (lam < 10)
    small = poisson_by_product(key, select(few, lam, 0))
    large = poisson_by_rejection(key, select(few, 1e5, lam))
    return cast(select(lam == 0, 0, select(few, small, large)), kind)


def poisson_by_product(key: Any, lam: Any) -> Any:
    """How many uniform values can be multiplied before the product is below e^-λ."""
    zeros = full(lam.shape, 0, F32)

    def step(state: Any) -> Any:
        key, count, log_product = state
        key, subkey = random_split(key, (2,))
        count = select(log_product > -lam, count + 1, count)
        return key, count, log_product + math.log(unit_interval(subkey, lam.shape, F32))

    state = while_loop(lambda s: anywhere(s[2] > -lam), step, (key, zeros, zeros))
    return state[1] - 1


def poisson_by_rejection(key: Any, lam: Any) -> Any:
    """Under a hat whose two halves are bent by the inverse of the distance from the edge."""
    log_lam = math.log(lam)
    b = 0.931 + 2.53 * math.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)

    def step(state: Any) -> Any:
        key, count, accepted = state
        key, u_key, v_key = random_split(key, (3,))
        u = unit_interval(u_key, lam.shape, F32) - 0.5
        v = unit_interval(v_key, lam.shape, F32)
        edge = 0.5 - math.abs_(u)
        k = math.floor((2 * a / edge + b) * u + lam + 0.43)
        hat = math.log(v * inverse_alpha / (a / (edge * edge) + b))
        inside = hat <= -lam + k * log_lam - math.lgamma(k + 1)
        outside = (k < 0) | ((edge < 0.013) & (v > edge))
        accept = ((edge >= 0.07) & (v <= v_r)) | (~outside & inside)
        return key, select(accept, k, count), accepted | accept

    start = key, full(lam.shape, -1, F32), ~math.is_finite(lam)
    return while_loop(lambda s: anywhere(~s[2]), step, start)[1]


@sampler
def binomial(key: Any, n: Any, p: Any, shape: Any = None, dtype: Any = None) -> Any:
    """How many of n coins show heads, each with probability p; NaN where n < 0 or p is no number.

    Sums of geometric samples where the mean is at most 10, above that Hörmann's BTRS, "The
    generation of binomial random variates", 1993.

    Args:
        key: a key.
        n, p: numbers or arrays.
        shape: the shape of the result; by default that of `n` and `p`.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or `n` is wider than `p`.
        ShapeError: a parameter does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.binomial(ox.random.key(0), 100, 0.3, (3,))
    array([23., 28., 24.], dtype=float32)
    """
    who = "random.binomial"
    kind = float_dtype(who, dtype)
    p = as_float(as_value(p, who))
    size, (n, p) = parameters(who, p.dtype, shape, n, cast(p, p.dtype))
    n, p = broadcast_to(n, size), broadcast_to(p, size)
    rare = p < 0.5
    q = select(rare, p, 1 - p)  # of the rarer side
    wrong = (q != q) | (q < 0)
    uncounted = (n != n) | (n < 0)
    endless = n == float("inf")
    q = select(wrong, 0.01, q)
    few = uncounted | (n * q <= 10)
    n = math.floor(n)
    small = binomial_by_gaps(key, select(few, n, 0), q)
    large = binomial_by_rejection(key, select(few, 1e4, n), select(few, 0.5, q))
    count = cast(select(few, small, large), kind)
    count = select(endless, float("inf"), count)
    count = select(wrong | uncounted, float("nan"), count)
    return select(rare | wrong | uncounted | endless, count, cast(n, kind) - count)


def binomial_by_gaps(key: Any, n: Any, q: Any) -> Any:
    """How many gaps between heads, which are geometric, fit into n tosses."""
    log_tails = math.log1p(-q)
    zeros = full(n.shape, 0, q.dtype)

    def step(state: Any) -> Any:
        key, count, tosses = state
        subkey, key = random_split(key, (2,))
        count = select(tosses <= n, count + 1, count)
        gap = math.ceil(math.log(unit_interval(subkey, n.shape, q.dtype)) / log_tails)
        return key, count, tosses + gap

    return while_loop(lambda s: anywhere(s[2] <= n), step, (key, zeros, zeros))[1] - 1


def binomial_by_rejection(key: Any, n: Any, q: Any) -> Any:
    """Under a hat whose two halves are bent by the inverse of the distance from the edge."""
    spread = math.sqrt(n * q * (1 - q))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * q
    c = n * q + 0.5
    v_r = 0.92 - 4.2 / b
    odds = q / (1 - q)
    alpha = (2.83 + 5.1 / b) * spread
    mode = math.floor((n + 1) * q)
    at_mode = (mode + 0.5) * math.log((mode + 1) / (odds * (n - mode + 1)))
    at_mode = at_mode + stirling_tail(mode) + stirling_tail(n - mode)

    def step(state: Any) -> Any:
        key, count, accepted = state
        key, u_key, v_key = random_split(key, (3,))
        u = unit_interval(u_key, n.shape, q.dtype) - 0.5
        v = unit_interval(v_key, n.shape, q.dtype)
        edge = 0.5 - math.abs_(u)
        k = math.floor((2 * a / edge + b) * u + c)
        outside = (k < 0) | (k > n)
        hat = math.log(v * alpha / (a / (edge * edge) + b))
        bound = at_mode + (n + 1) * math.log((n - mode + 1) / (n - k + 1))
        bound = bound + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
        inside = hat <= bound - stirling_tail(k) - stirling_tail(n - k)
        accept = ((edge >= 0.07) & (v <= v_r)) | (~outside & inside)
        return key, select(accept, k, count), accepted | accept

    start = key, full(n.shape, -1, q.dtype), full(n.shape, False, BOOL)
    return while_loop(lambda s: anywhere(~s[2]), step, start)[1]


def stirling_tail(k: Any) -> Any:
    """ln k! less Stirling's (k + ½) ln (k + 1) - (k + 1) + ½ ln 2π."""
    near = clamp(0, k, 9)
    square = (near + 1) * (near + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (near + 1)
    table = from_numpy(np.array(TAIL, k.dtype))
    return select(k <= 9, take(table, cast(near, I32), 0), series)


@sampler
def multinomial(
    key: Any, n: Any, p: Any, *, shape: Any = None, dtype: Any = None, unroll: Any = 1
) -> Any:
    """How often each outcome occurs among n draws: one binomial sample after another.

    Args:
        key: a key.
        n: a number, or an array that broadcasts to `shape` without its last axis.
        p: an array [..., k], the probabilities of the outcomes.
        shape: the shape of the result, that of `p` by default; `p` broadcasts to it.
        dtype: a dtype for the counts; float32 by default.
        unroll: accepted for JAX programs; loops are not unrolled.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: `n` is wider than `p`.
        ShapeError: `n` or `p` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.multinomial(ox.random.key(0), 10, ox.numpy.array([0.2, 0.3, 0.5]))
    array([1., 1., 8.], dtype=float32)
    """
    who = "random.multinomial"
    p = as_float(as_value(p, who))
    size = p.shape if shape is None else shape_of(who, shape)
    last = len(size) - 1
    p = moveaxis(broadcast_to(cast(p, p.dtype), size), last, 0)
    _, (n,) = parameters(who, p.dtype, size[:-1], n)
    left = cumsum(p, 0, reverse=True)
    ratios = clamp(0, p / select(left == 0, 1, left), 1)

    def draw(rest: Any, x: Any) -> Any:
        ratio, key = x
        count = binomial(key, rest, ratio, dtype=rest.dtype)
        return rest - count, count

    keys = random_split(key, (p.shape[0],))
    _, counts = scan(draw, broadcast_to(n, size[:-1]), (ratios, keys))
    return cast(moveaxis(counts, 0, last), F32 if dtype is None else as_dtype(dtype, who))
