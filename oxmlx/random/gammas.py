"""Gamma samples, and the distributions made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.api.vectorize import vmap
from oxmlx.control.custom_jvp import custom_jvp
from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import finfo
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import static_int
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, full, reduce_sum
from oxmlx.ops.prng import random_split
from oxmlx.ops.reduction import reduce_max
from oxmlx.ops.select import maximum, select
from oxmlx.ops.shape import broadcast_to, reshape
from oxmlx.random.arguments import float_dtype, parameter, parameters, sample_shape
from oxmlx.random.implicit import gamma_slope
from oxmlx.random.inverse import exponential
from oxmlx.random.keys import sampler
from oxmlx.random.normals import real_normal
from oxmlx.random.uniforms import rademacher, uniform


def one_gamma(log: bool, key: Any, a: Any) -> Any:
    """A gamma sample, or its logarithm, for a scalar shape parameter a.

    Marsaglia and Tsang, "A simple method for generating gamma variables", TOMS 2000. For a below 1
    it is a sample for a + 1 times u^(1/a).
    """
    dtype = a.dtype
    zero, one = full((), 0, dtype), full((), 1, dtype)
    boosted = a < 1
    d = select(boosted, a + 1, a) - 1 / 3
    c = 1 / 3 / math.sqrt(d)

    def propose(state: Any) -> Any:
        key, subkey = random_split(state[0], (2,))
        x = real_normal(subkey, (), dtype)
        return key, x, 1 + x * c

    def attempt(state: Any) -> Any:
        key, x_key, u_key = random_split(state[0], (3,))
        _, x, v = while_loop(lambda s: s[2] <= 0, propose, (x_key, zero, -one))
        return key, x * x, v * v * v, uniform(u_key, (), dtype)

    def rejected(state: Any) -> Any:
        _, x2, v, u = state
        outside = u >= 1 - 0.0331 * (x2 * x2)  # a bound that is cheap to check
        return outside & (math.log(u) >= x2 * 0.5 + d * (1 - v + math.log(v)))

    key, last = random_split(key, (2,))
    _, _, v, _ = while_loop(rejected, attempt, (key, zero, one, one + one))
    if log:
        e = -exponential(last, (), dtype)
        boost = select(boosted & (e != 0), e * (1 / a), zero)
        return math.log(d) + math.log(v) + boost
    u = 1 - uniform(last, (), dtype)
    return d * v * select(boosted, math.power(u, 1 / a), one)


def gammas(log: bool, key: Any, a: Any) -> Any:
    """One sample for each element of a."""
    flat = reshape(a, (a.size,))
    samples = vmap(lambda k, x: one_gamma(log, k, x))(random_split(key, (a.size,)), flat)
    return reshape(samples, a.shape)


reparametrised = custom_jvp(gammas, nondiff_argnums=(0,))


@reparametrised.defjvp
def gammas_jvp(log: bool, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """How samples move with their parameter, the uniform value behind each held fast."""
    (key, a), (_, da) = primals, tangents
    out = reparametrised(log, key, a)
    x = maximum(math.exp(out), float(finfo(a.dtype).tiny)) if log else out
    slope = gamma_slope(a, x)
    return out, da * (slope / x if log else slope)


@sampler
def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples of density ∝ xᵃ⁻¹ exp(-x) on [0, ∞), differentiable in a.

    Args:
        key: a key.
        a: a positive float or array.
        shape: the shape of the result; that of `a` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `a` is wider.
        ShapeError: `a` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.gamma(ox.random.key(0), 2.0, (3,)), 3)
    array([1.59 , 1.76 , 1.129], dtype=float32)
    """
    kind = float_dtype("random.gamma", dtype)
    size, (a,) = parameters("random.gamma", kind, shape, a)
    return reparametrised(False, key, broadcast_to(a, size))


@sampler
def loggamma(key: Any, a: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Logarithms of gamma samples, exact also where these are tiny; args and errors as for `gamma`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.loggamma(ox.random.key(0), 1e-3, (2,)), 3)
    array([-110.618,  -95.548], dtype=float32)
    """
    kind = float_dtype("random.loggamma", dtype)
    size, (a,) = parameters("random.loggamma", kind, shape, a)
    return reparametrised(True, key, broadcast_to(a, size))


@sampler
def beta(key: Any, a: Any, b: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples of density ∝ xᵃ⁻¹ (1 - x)ᵇ⁻¹ on [0, 1].

    Args:
        key: a key.
        a, b: positive floats or arrays.
        shape: the shape of the result; by default that of `a` and `b`.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a parameter is wider.
        ShapeError: a parameter does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.beta(ox.random.key(0), 2.0, 3.0, (2,)), 3)
    array([0.236, 0.49 ], dtype=float32)
    """
    kind = float_dtype("random.beta", dtype)
    size, (a, b) = parameters("random.beta", kind, shape, a, b)
    first, second = random_split(key, (2,))
    x, y = loggamma(first, a, size, kind), loggamma(second, b, size, kind)
    top = maximum(x, y)
    x, y = math.exp(x - top), math.exp(y - top)
    return x / (x + y)


@sampler
def dirichlet(key: Any, alpha: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples from the simplex, of density ∝ Πₖ xₖ^(αₖ - 1).

    Args:
        key: a key.
        alpha: a positive array [..., n].
        shape: the leading axes of the result; those of `alpha` by default.
        dtype: a floating dtype; float32 by default.

    Returns:
        An array [*shape, n] whose rows sum to 1.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `alpha` is wider.
        ShapeError: `alpha` has no axis, or does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.dirichlet(ox.random.key(0), ox.numpy.array([1.0, 2.0, 3.0])), 3)
    array([0.142, 0.405, 0.453], dtype=float32)
    """
    who = "random.dirichlet"
    kind = float_dtype(who, dtype)
    alpha = parameter(who, alpha, kind)
    if not alpha.ndim:
        raise ShapeError(who, f"alpha needs an axis, got {alpha.aval}")
    n = alpha.shape[-1]
    size, _ = parameters(who, kind, shape, full(alpha.shape[:-1], 0, kind))
    x = loggamma(key, alpha, (*size, n), kind)
    axes, whole = (len(size),), (*size, n)
    e = math.exp(x - broadcast(reduce_max(x, axes), whole, axes))
    return e / broadcast(reduce_sum(e, axes), whole, axes)


@sampler
def chisquare(key: Any, df: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Sums of `df` squared standard normal values, for any positive `df`.

    Args:
        key: a key.
        df: a positive float or array.
        shape: the shape of the result; that of `df` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `df` is wider.
        ShapeError: `df` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.chisquare(ox.random.key(0), 3.0, (2,)), 3)
    array([2.205, 2.49 ], dtype=float32)
    """
    kind = float_dtype("random.chisquare", dtype)
    size, (df,) = parameters("random.chisquare", kind, shape, df)
    return math.exp(loggamma(key, df / 2, size, kind)) * 2


@sampler
def f(key: Any, dfnum: Any, dfden: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Ratios of two chi-square samples, each divided by its degrees of freedom.

    Args:
        key: a key.
        dfnum, dfden: positive floats or arrays.
        shape: the shape of the result; by default that of the parameters.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of a parameter is wider.
        ShapeError: a parameter does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.f(ox.random.key(0), 3.0, 5.0, (2,)), 3)
    array([2.58 , 0.192], dtype=float32)
    """
    kind = float_dtype("random.f", dtype)
    size, (dfnum, dfden) = parameters("random.f", kind, shape, dfnum, dfden)
    below, above = random_split(key, (2,))
    num = chisquare(above, dfnum, size, kind) / dfnum
    return num / (chisquare(below, dfden, size, kind) / dfden)


@sampler
def t(key: Any, df: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Student's t samples of `df` degrees of freedom.

    Args:
        key: a key.
        df: a positive float or array.
        shape: the shape of the result; that of `df` by default.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `df` is wider.
        ShapeError: `df` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.t(ox.random.key(0), 3.0, (2,)), 3)
    array([ 0.69 , -3.239], dtype=float32)
    """
    kind = float_dtype("random.t", dtype)
    size, (df,) = parameters("random.t", kind, shape, df)
    first, second = random_split(key, (2,))
    half = df / 2
    return real_normal(first, size, kind) * math.sqrt(half / gamma(second, half, size, kind))


@sampler
def generalized_normal(key: Any, p: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Samples of density ∝ exp(-|x|ᵖ).

    Args:
        key: a key.
        p: a positive float or scalar array.
        shape: the shape of the result.
        dtype: a floating dtype; float32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `p` is wider.
        ShapeError: `p` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.generalized_normal(ox.random.key(0), 1.0, (2,)), 3)
    array([0.603, 0.143], dtype=float32)
    """
    kind = float_dtype("random.generalized_normal", dtype)
    size, (p,) = parameters("random.generalized_normal", kind, shape, p)
    first, second = random_split(key, (2,))
    g = gamma(first, 1 / p, size, kind)
    return rademacher(second, size, kind) * math.power(g, 1 / p)


@sampler
def ball(key: Any, d: int, p: Any = 2, shape: Any = (), dtype: Any = None) -> Any:
    """Points uniform in the unit ball of the p-norm.

    Args:
        key: a key.
        d: the dimension.
        p: a positive float or scalar array.
        shape: the leading axes of the result.
        dtype: a floating dtype; float32 by default.

    Returns:
        An array [*shape, d].

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not floating, or that of `p` is wider.
        ArgumentError: `d` is no integer.

    >>> import oxmlx as ox
    >>> ox.numpy.round(ox.random.ball(ox.random.key(0), 2), 3)
    array([0.917, 0.393], dtype=float32)
    """
    who = "random.ball"
    kind = float_dtype(who, dtype)
    size, n = sample_shape(who, shape), static_int(who, "d", d)
    p = parameter(who, p, kind)
    first, second = random_split(key, (2,))
    g = generalized_normal(first, p, (*size, n), kind)
    total = reduce_sum(math.power(math.abs_(g), p), (len(size),)) + exponential(second, size, kind)
    return g / broadcast(math.power(total, 1 / p), (*size, n), (len(size),))
