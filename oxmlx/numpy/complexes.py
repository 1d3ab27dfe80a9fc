"""Complex numbers: their parts, and tests of what they are."""

from __future__ import annotations

from math import pi
from typing import Any

from oxmlx.dtypes import is_complex, is_inexact
from oxmlx.ir.aval import get_aval
from oxmlx.numpy.arguments import BOOL, Array, ArrayLike, inexact, value
from oxmlx.ops import complex, math
from oxmlx.ops.axes import full
from oxmlx.ops.elementwise import mul, zero
from oxmlx.ops.logic import eq, ne
from oxmlx.ops.math import constant


def real(val: ArrayLike, /) -> Array:
    """The real part; a real array itself.

    >>> import oxmlx.numpy as np
    >>> np.real(np.array([1 + 2j, 3.0]))
    array([1., 3.], dtype=float32)
    """
    return real_part(value(val, "real"))


def imag(val: ArrayLike, /) -> Array:
    """The imaginary part; zeros for a real array.

    >>> import oxmlx.numpy as np
    >>> np.imag(np.array([1 + 2j, 3.0]))
    array([2., 0.], dtype=float32)
    """
    x = value(val, "imag")
    return complex.imag(x) if is_complex(x.dtype) else full(x.shape, 0, x.dtype)


def conjugate(x: ArrayLike, /) -> Array:
    """The complex conjugate; a real array itself.

    >>> import oxmlx.numpy as np
    >>> np.conjugate(np.array([1 + 2j]))
    array([1.-2.j], dtype=complex64)
    """
    return complex.conj(value(x, "conjugate"))


conj = conjugate


def angle(z: ArrayLike, deg: bool = False) -> Array:
    """The angle of each number in the complex plane, in [-π, π].

    Args:
        z: numbers.
        deg: give degrees instead of radians.

    >>> import oxmlx.numpy as np
    >>> np.angle(np.array([1j, -1.0]), deg=True)
    array([ 90., 180.], dtype=float32)
    """
    x = inexact(z, "angle")
    y = complex.imag(x) if is_complex(x.dtype) else zero(x)
    out = math.atan2(y, real_part(x))
    return mul(out, constant(180 / pi, out)) if deg else out


def iscomplex(x: ArrayLike) -> Array:
    """Whether each imaginary part differs from 0.

    >>> import oxmlx.numpy as np
    >>> np.iscomplex(np.array([1 + 2j, 3.0]))
    array([ True, False], dtype=bool)
    """
    z = value(x, "iscomplex")
    return ne(complex.imag(z), 0) if is_complex(z.dtype) else full(z.shape, False, BOOL)


def isreal(x: ArrayLike) -> Array:
    """Whether each imaginary part is 0.

    >>> import oxmlx.numpy as np
    >>> np.isreal(np.array([1 + 2j, 3.0]))
    array([False,  True], dtype=bool)
    """
    z = value(x, "isreal")
    return eq(complex.imag(z), 0) if is_complex(z.dtype) else full(z.shape, True, BOOL)


def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex.

    >>> import oxmlx.numpy as np
    >>> np.iscomplexobj(np.array([1 + 0j])), np.iscomplexobj(1.0)
    (True, False)
    """
    return is_complex(value(x, "iscomplexobj").dtype)


def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex.

    >>> import oxmlx.numpy as np
    >>> np.isrealobj(np.array([1 + 0j])), np.isrealobj(1.0)
    (False, True)
    """
    return not iscomplexobj(x)


def real_part(x: Any) -> Any:
    """The real part of an operand of any dtype."""
    return complex.real(x) if is_complex(get_aval(x).dtype) else x


def parts(x: Any) -> list[Any]:
    """The real numbers that an operand consists of."""
    dtype = get_aval(x).dtype
    if is_complex(dtype):
        return [complex.real(x), complex.imag(x)]
    return [x] if is_inexact(dtype) else []
