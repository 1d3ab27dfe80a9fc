"""Trigonometric and hyperbolic functions, elementwise; integers become floats."""

from __future__ import annotations

from math import pi

from oxmlx.numpy.arguments import Array, ArrayLike, inexact, inexacts
from oxmlx.ops import math
from oxmlx.ops.elementwise import mul
from oxmlx.ops.math import constant


def sin(x: ArrayLike, /) -> Array:
    """sin x

    >>> import oxmlx.numpy as np
    >>> np.sin(np.array([0.0, np.pi / 2]))
    array([0., 1.], dtype=float32)
    """
    return math.sin(inexact(x, "sin"))


def cos(x: ArrayLike, /) -> Array:
    """cos x

    >>> import oxmlx.numpy as np
    >>> np.cos(np.array([0.0, np.pi]))
    array([ 1., -1.], dtype=float32)
    """
    return math.cos(inexact(x, "cos"))


def tan(x: ArrayLike, /) -> Array:
    """tan x

    >>> import oxmlx.numpy as np
    >>> np.tan(0.0)
    array(0., dtype=float32)
    """
    return math.tan(inexact(x, "tan"))


def arcsin(x: ArrayLike, /) -> Array:
    """The angle in [-π/2, π/2] whose sine is x; NaN outside [-1, 1].

    >>> import oxmlx.numpy as np
    >>> np.arcsin(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.571], dtype=float32)
    """
    return math.asin(inexact(x, "arcsin"))


asin = arcsin


def arccos(x: ArrayLike, /) -> Array:
    """The angle in [0, π] whose cosine is x; NaN outside [-1, 1].

    >>> import oxmlx.numpy as np
    >>> np.arccos(np.array([1.0, -1.0])).round(3)
    array([0.   , 3.142], dtype=float32)
    """
    return math.acos(inexact(x, "arccos"))


acos = arccos


def arctan(x: ArrayLike, /) -> Array:
    """The angle in [-π/2, π/2] whose tangent is x.

    >>> import oxmlx.numpy as np
    >>> np.arctan(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.785], dtype=float32)
    """
    return math.atan(inexact(x, "arctan"))


atan = arctan


def sinh(x: ArrayLike, /) -> Array:
    """sinh x

    >>> import oxmlx.numpy as np
    >>> np.sinh(0.0)
    array(0., dtype=float32)
    """
    return math.sinh(inexact(x, "sinh"))


def cosh(x: ArrayLike, /) -> Array:
    """cosh x

    >>> import oxmlx.numpy as np
    >>> np.cosh(0.0)
    array(1., dtype=float32)
    """
    return math.cosh(inexact(x, "cosh"))


def tanh(x: ArrayLike, /) -> Array:
    """tanh x

    >>> import oxmlx.numpy as np
    >>> np.tanh(np.array([0.0, np.inf]))
    array([0., 1.], dtype=float32)
    """
    return math.tanh(inexact(x, "tanh"))


def arcsinh(x: ArrayLike, /) -> Array:
    """The y with sinh y = x.

    >>> import oxmlx.numpy as np
    >>> np.arcsinh(0.0)
    array(0., dtype=float32)
    """
    return math.asinh(inexact(x, "arcsinh"))


asinh = arcsinh


def arccosh(x: ArrayLike, /) -> Array:
    """The y ≥ 0 with cosh y = x; NaN for x < 1.

    >>> import oxmlx.numpy as np
    >>> np.arccosh(1.0)
    array(0., dtype=float32)
    """
    return math.acosh(inexact(x, "arccosh"))


acosh = arccosh


def arctanh(x: ArrayLike, /) -> Array:
    """The y with tanh y = x; NaN outside [-1, 1].

    >>> import oxmlx.numpy as np
    >>> np.arctanh(np.array([0.0, 1.0]))
    array([ 0., inf], dtype=float32)
    """
    return math.atanh(inexact(x, "arctanh"))


atanh = arctanh


def arctan2(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """The angle of the point (x2, x1), in [-π, π].

    >>> import oxmlx.numpy as np
    >>> np.arctan2(np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, -1.0])).round(3)
    array([0.   , 1.571, 3.142], dtype=float32)
    """
    y, x = inexacts("arctan2", x1, x2)
    return math.atan2(y, x)


atan2 = arctan2


def deg2rad(x: ArrayLike, /) -> Array:
    """Degrees to radians.

    >>> import oxmlx.numpy as np
    >>> np.deg2rad(180).round(3)
    array(3.142, dtype=float32)
    """
    y = inexact(x, "deg2rad")
    return mul(y, constant(pi / 180, y))


radians = deg2rad


def rad2deg(x: ArrayLike, /) -> Array:
    """Radians to degrees.

    >>> import oxmlx.numpy as np
    >>> np.rad2deg(np.pi)
    array(180., dtype=float32)
    """
    y = inexact(x, "rad2deg")
    return mul(y, constant(180 / pi, y))


degrees = rad2deg
