"""Activation functions as layers; their equations are those of the functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from oxmlx import numpy as onp
from oxmlx.nn import functions
from oxmlx.nn.module import Module
from oxmlx.nn.rowwise import log_softmax, softmax
from oxmlx.numpy.arguments import Array, ArrayLike, inexact


class Activation(Module):
    """A function of one array as a layer."""

    function: ClassVar[Callable[[Any], Array]]

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return type(self).function(x)


class ReLU(Activation):
    """max(x, 0)

    >>> ReLU()(-1.0)
    array(0., dtype=float32)
    """

    function = functions.relu


class ReLU6(Activation):
    """min(max(x, 0), 6)

    >>> ReLU6()(9.0)
    array(6., dtype=float32)
    """

    function = functions.relu6


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)

    >>> Sigmoid()(0.0)
    array(0.5, dtype=float32)
    """

    function = functions.sigmoid


class LogSigmoid(Activation):
    """ln (1 / (1 + e⁻ˣ))

    >>> LogSigmoid()(-1000.0)
    array(-1000., dtype=float32)
    """

    function = functions.log_sigmoid


class Softplus(Activation):
    """ln (1 + eˣ)

    >>> Softplus()(1000.0)
    array(1000., dtype=float32)
    """

    function = functions.softplus


class Softsign(Activation):
    """x / (1 + |x|)

    >>> Softsign()(1.0)
    array(0.5, dtype=float32)
    """

    function = functions.soft_sign


class Tanh(Activation):
    """tanh x

    >>> Tanh()(0.0)
    array(0., dtype=float32)
    """

    function = functions.tanh


class SiLU(Activation):
    """x / (1 + e⁻ˣ)

    >>> SiLU()(0.0)
    array(0., dtype=float32)
    """

    function = functions.silu


class Mish(Activation):
    """x tanh(softplus(x))

    >>> Mish()(0.0)
    array(0., dtype=float32)
    """

    function = functions.mish


class SELU(Activation):
    """λ elu(x, α)

    >>> SELU()(1.0)
    array(1.050701, dtype=float32)
    """

    function = functions.selu


class HardTanh(Activation):
    """x kept between -1 and 1

    >>> HardTanh()(3.0)
    array(1., dtype=float32)
    """

    function = functions.hard_tanh


class Hardswish(Activation):
    """x relu6(x + 3) / 6

    >>> Hardswish()(3.0)
    array(3., dtype=float32)
    """

    function = functions.hard_swish


class GELU(Module):
    """x Φ(x)

    Args:
        approximate: use the formula with tanh.

    >>> GELU()(1.0), GELU(approximate=True)(1.0)
    (array(0.8413447, dtype=float32), array(0.841192, dtype=float32))
    """

    approximate: bool = False

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return functions.gelu(x, self.approximate)


class ELU(Module):
    """x for x > 0, else α (eˣ - 1).

    >>> ELU(2.0)(-1000.0)
    array(-2., dtype=float32)
    """

    alpha: float = 1.0

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return functions.elu(x, self.alpha)


class CELU(Module):
    """x for x > 0, else α (exp(x / α) - 1).

    >>> CELU(2.0)(-1000.0)
    array(-2., dtype=float32)
    """

    alpha: float = 1.0

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return functions.celu(x, self.alpha)


class LeakyReLU(Module):
    """x for x ≥ 0, else a multiple of it.

    >>> LeakyReLU(0.5)(-1.0)
    array(-0.5, dtype=float32)
    """

    negative_slope: float = 0.01

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return functions.leaky_relu(x, self.negative_slope)


class PReLU(Module):
    """x for x ≥ 0, else a learned multiple of it.

    Args:
        num_parameters: 1, or the extent of the last axis, for a factor each.
        init: the first factor.

    >>> PReLU(init=0.5)(-1.0)
    array([-0.5], dtype=float32)
    """

    weight: Array

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.weight = onp.full((num_parameters,), init, "float32")

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., C] → [..., C]"""
        return functions.leaky_relu(inexact(x, "PReLU"), self.weight)


class GLU(Module):
    """a sigmoid(b), where a and b are the halves of x along an axis.

    >>> import oxmlx as ox
    >>> GLU()(ox.numpy.array([4.0, 0.0]))
    array([2.], dtype=float32)
    """

    axis: int = -1

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., 2n] → [..., n]"""
        return functions.glu(x, self.axis)


class Softmax(Module):
    """eˣ / Σ eˣ along an axis.

    >>> import oxmlx as ox
    >>> Softmax()(ox.numpy.zeros(2))
    array([0.5, 0.5], dtype=float32)
    """

    axis: int = -1

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return softmax(x, self.axis)


class LogSoftmax(Module):
    """x - ln Σ eˣ along an axis.

    >>> import oxmlx as ox
    >>> LogSoftmax()(ox.numpy.array([0.0, -1000.0]))
    array([    0., -1000.], dtype=float32)
    """

    axis: int = -1

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape → the same shape"""
        return log_softmax(x, self.axis)
