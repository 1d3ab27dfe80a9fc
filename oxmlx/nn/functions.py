"""Activation functions, elementwise, with the names of `jax.nn`."""

from __future__ import annotations

from math import pi

from oxmlx import numpy as onp
from oxmlx.api.boundary import boundary
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import Array, ArrayLike, axis_of, inexact, value
from oxmlx.ops.elementwise import div, mul, neg
from oxmlx.ops.identity import stop_gradient
from oxmlx.ops.math import abs_, erfc, exp, expm1, log, log1p, logistic, sqrt
from oxmlx.ops.math import tanh as tanh_
from oxmlx.ops.select import clamp, maximum, select


def identity(x: ArrayLike) -> Array:
    """x, as an array.

    >>> identity(2.0)
    array(2., dtype=float32)
    """
    return value(x, "identity")


@boundary  # here, since a default names it
def relu(x: ArrayLike) -> Array:
    """max(x, 0), with derivative 0 at 0 and NaN.

    >>> import oxmlx as ox
    >>> relu(ox.numpy.array([-1.0, 2.0]))
    array([0., 2.], dtype=float32)
    """
    a = value(x, "relu")
    return select(a > 0, a, maximum(stop_gradient(a), 0))  # 0, or NaN


def relu6(x: ArrayLike) -> Array:
    """min(max(x, 0), 6), with derivative 0 at 0 and at 6.

    >>> import oxmlx as ox
    >>> relu6(ox.numpy.array([-1.0, 2.0, 9.0]))
    array([0., 2., 6.], dtype=float32)
    """
    return clamp(0.0, inexact(x, "relu6"), 6.0)


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + e⁻ˣ)

    >>> sigmoid(0.0)
    array(0.5, dtype=float32)
    """
    return logistic(inexact(x, "sigmoid"))


def softplus(x: ArrayLike) -> Array:
    """ln (1 + eˣ), without overflow.

    >>> softplus(1000.0)
    array(1000., dtype=float32)
    """
    return onp.logaddexp(inexact(x, "softplus"), 0.0)


def log_sigmoid(x: ArrayLike) -> Array:
    """ln (1 / (1 + e⁻ˣ)), without overflow.

    >>> log_sigmoid(-1000.0)
    array(-1000., dtype=float32)
    """
    return neg(softplus(neg(inexact(x, "log_sigmoid"))))


def log1mexp(x: ArrayLike) -> Array:
    """ln (1 - e⁻ˣ) for x > 0, accurate near 0 and for large x.

    >>> log1mexp(1e-10)
    array(-23.02585, dtype=float32)
    """
    a = inexact(x, "log1mexp")
    near = a < 0.6931472
    small, large = select(near, a, 1.0), select(near, 1.0, a)  # no infinite slope where not chosen
    return select(near, log(-expm1(-small)), log1p(-exp(-large)))


def silu(x: ArrayLike) -> Array:
    """x / (1 + e⁻ˣ), also called swish.

    >>> import oxmlx as ox
    >>> silu(ox.numpy.array([-1000.0, 1000.0]))
    array([  -0., 1000.], dtype=float32)
    """
    a = inexact(x, "silu")
    return a * logistic(a)


swish = silu


def gelu(x: ArrayLike, approximate: bool = False) -> Array:
    """x Φ(x) with the normal distribution's Φ, or its approximation by tanh.

    As in torch and MLX, and unlike JAX, the exact function is the default.

    >>> import oxmlx as ox
    >>> gelu(ox.numpy.array([1.0, -3.0]))
    array([ 0.8413447, -0.0040497], dtype=float32)
    """
    a = inexact(x, "gelu")
    if approximate:
        return 0.5 * a * (1.0 + tanh_((2 / pi) ** 0.5 * (a + 0.044715 * a**3)))
    return 0.5 * a * erfc(a * -(0.5**0.5))


def soft_sign(x: ArrayLike) -> Array:
    """x / (1 + |x|)

    >>> soft_sign(1.0)
    array(0.5, dtype=float32)
    """
    a = inexact(x, "soft_sign")
    return a / (1.0 + abs_(a))


def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """x for x > 0, else α (eˣ - 1).

    >>> import oxmlx as ox
    >>> elu(ox.numpy.array([-1000.0, 2.0]))
    array([-1.,  2.], dtype=float32)
    """
    a = inexact(x, "elu")
    return select(a > 0, a, alpha * expm1(select(a > 0, 0.0, a)))


def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """x for x > 0, else α (exp(x / α) - 1).

    >>> import oxmlx as ox
    >>> celu(ox.numpy.array([-1000.0, 2.0]), alpha=0.5)
    array([-0.5,  2. ], dtype=float32)
    """
    a = inexact(x, "celu")
    return select(a > 0, a, alpha * expm1(select(a > 0, 0.0, a) / alpha))


def selu(x: ArrayLike) -> Array:
    """λ elu(x, α) with the λ and α that keep mean 0 and variance 1.

    >>> selu(1.0)
    array(1.050701, dtype=float32)
    """
    return mul(elu(x, 1.6732632423543772848170429916717), 1.0507009873554804934193349852946)


def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 0.01) -> Array:
    """x for x ≥ 0, else a multiple of it.

    >>> import oxmlx as ox
    >>> leaky_relu(ox.numpy.array([-1.0, 2.0]))
    array([-0.01,  2.  ], dtype=float32)
    """
    a = inexact(x, "leaky_relu")
    return select(a >= 0, a, negative_slope * a)


def hard_tanh(x: ArrayLike) -> Array:
    """x kept between -1 and 1.

    >>> import oxmlx as ox
    >>> hard_tanh(ox.numpy.array([-3.0, 0.5]))
    array([-1. ,  0.5], dtype=float32)
    """
    a = value(x, "hard_tanh")
    return select(a > 1, 1, select(a < -1, -1, a))


def hard_sigmoid(x: ArrayLike) -> Array:
    """relu6(x + 3) / 6

    >>> hard_sigmoid(0.0)
    array(0.5, dtype=float32)
    """
    return div(relu6(inexact(x, "hard_sigmoid") + 3.0), 6.0)


def hard_silu(x: ArrayLike) -> Array:
    """x relu6(x + 3) / 6, also called hard swish.

    >>> hard_silu(3.0)
    array(3., dtype=float32)
    """
    a = inexact(x, "hard_silu")
    return a * hard_sigmoid(a)


hard_swish = hard_silu


def mish(x: ArrayLike) -> Array:
    """x tanh(softplus(x))

    >>> mish(0.0)
    array(0., dtype=float32)
    """
    a = inexact(x, "mish")
    return a * tanh_(softplus(a))


def glu(x: ArrayLike, axis: int = -1) -> Array:
    """a sigmoid(b), where a and b are the halves of x along `axis`.

    Raises:
        ShapeError: the extent of the axis is odd.

    >>> import oxmlx as ox
    >>> glu(ox.numpy.array([4.0, 0.0]))
    array([2.], dtype=float32)
    """
    a = inexact(x, "glu")
    axis = axis_of("glu", axis, a.ndim)
    if a.shape[axis] % 2:
        raise ShapeError(
            "glu",
            f"axis {axis} of {a.aval} has no halves: its extent is odd",
            "Double the extent of the layer before it.",
        )
    left, right = onp.split(a, 2, axis)
    return mul(left, sigmoid(right))


def squareplus(x: ArrayLike, b: ArrayLike = 4.0) -> Array:
    """(x + √(x² + b)) / 2

    >>> squareplus(0.0)
    array(1., dtype=float32)
    """
    a = inexact(x, "squareplus")
    return 0.5 * (a + sqrt(a * a + b))


def sparse_plus(x: ArrayLike) -> Array:
    """0 up to -1, then (x + 1)² / 4, and x from 1 on.

    >>> sparse_plus(0.0)
    array(0.25, dtype=float32)
    """
    a = inexact(x, "sparse_plus")
    return select(a <= -1, 0.0, select(a >= 1, a, (a + 1.0) ** 2 / 4.0))


def sparse_sigmoid(x: ArrayLike) -> Array:
    """(x + 1) / 2 kept between 0 and 1, with derivative 1/4 at -1 and at 1.

    >>> sparse_sigmoid(0.0)
    array(0.5, dtype=float32)
    """
    return onp.clip((inexact(x, "sparse_sigmoid") + 1.0) / 2.0, 0.0, 1.0)


def tanh(x: ArrayLike, /) -> Array:
    """tanh x

    >>> tanh(0.0)
    array(0., dtype=float32)
    """
    return tanh_(inexact(x, "tanh"))
