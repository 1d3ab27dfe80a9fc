"""Products of vectors, matrices and tensors.

`precision` is there for JAX's sake: products are always computed in full. With
`preferred_element_type` they are computed in, and have, another dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    arrays,
    axes_of,
    axis_of,
    refuse_out,
    static_int,
)
from oxmlx.numpy.arithmetic import multiply
from oxmlx.numpy.shaping import between, unsqueeze
from oxmlx.ops import dot as ops
from oxmlx.ops.axes import broadcast
from oxmlx.ops.complex import conj
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import mul, sub
from oxmlx.ops.shape import moveaxis, reshape
from oxmlx.ops.slicing import concatenate, pad


def dot(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: Any = None
) -> Array:
    """The product over the last axis of a and the last but one of b; numbers multiply.

    Args:
        a, b: arrays; of a vector the only axis.
        precision: ignored.
        preferred_element_type: the dtype to compute in.

    Raises:
        ShapeError: the extents differ.

    >>> import oxmlx.numpy as np
    >>> np.dot(np.array([[1, 2], [3, 4]]), np.array([10, 1]))
    array([12, 34], dtype=int32)
    """
    x, y = factors("dot", preferred_element_type, a, b)
    if not (x.ndim and y.ndim):
        return multiply(x, y)
    return contracted("dot", x, y, (x.ndim - 1,), (max(y.ndim - 2, 0),))


def matmul(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: Any = None
) -> Array:
    """The matrix product, leading axes being broadcast; vectors get a second axis and lose it.

    Args:
        a: (…, m, k) or (k,)
        b: (…, k, n) or (k,)
        precision: ignored.
        preferred_element_type: the dtype to compute in.

    Raises:
        ShapeError: the contracted or the leading extents do not fit, or an operand is a number.

    >>> import oxmlx.numpy as np
    >>> np.matmul(np.ones((5, 2, 3)), np.ones((3, 4))).shape
    (5, 2, 4)
    """
    x, y = factors("matmul", preferred_element_type, a, b)
    return ops.matmul(x, y)


def vdot(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: Any = None
) -> Array:
    """The sum of conj(a) b over all elements.

    >>> import oxmlx.numpy as np
    >>> np.vdot(np.array([1j, 2]), np.array([1j, 3]))
    array(7.+0.j, dtype=complex64)
    """
    x, y = factors("vdot", preferred_element_type, a, b)
    x, y = reshape(conj(x), (x.size,)), reshape(y, (y.size,))
    return contracted("vdot", x, y, (0,), (0,))


def inner(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: Any = None
) -> Array:
    """The product over the last axes.

    >>> import oxmlx.numpy as np
    >>> np.inner(np.array([[1, 2], [3, 4]]), np.array([10, 1]))
    array([12, 34], dtype=int32)
    """
    x, y = factors("inner", preferred_element_type, a, b)
    if not (x.ndim and y.ndim):
        return multiply(x, y)
    return contracted("inner", x, y, (x.ndim - 1,), (y.ndim - 1,))


def outer(a: ArrayLike, b: ArrayLike, out: None = None) -> Array:
    """Every product of an element of a with one of b, both flattened.

    >>> import oxmlx.numpy as np
    >>> np.outer(np.array([1, 2]), np.array([3, 4]))
    array([[3, 4],
           [6, 8]], dtype=int32)
    """
    refuse_out("outer", out)
    x, y = arrays("outer", a, b)
    shape = (x.size, y.size)
    columns, rows = reshape(x, (x.size,)), reshape(y, (y.size,))
    return multiply(broadcast(columns, shape, (1,)), broadcast(rows, shape, (0,)))


def vecdot(
    x1: ArrayLike,
    x2: ArrayLike,
    /,
    *,
    axis: int = -1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The sum of conj(x1) x2 along an axis, the others being broadcast.

    Raises:
        ShapeError: the extents along the axis differ.

    >>> import oxmlx.numpy as np
    >>> np.vecdot(np.array([[1, 2], [3, 4]]), np.array([10, 1]))
    array([12, 34], dtype=int32)
    """
    x, y = factors("vecdot", preferred_element_type, x1, x2)
    x, y = (moveaxis(v, axis_of("vecdot", axis, v.ndim), v.ndim - 1) for v in (x, y))
    out: Any = ops.matmul(unsqueeze(conj(x), (x.ndim - 1,)), unsqueeze(y, (y.ndim,)))
    return reshape(out, out.shape[:-2])


def matvec(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Matrices times vectors, leading axes being broadcast.

    Args:
        x1: (…, m, n)
        x2: (…, n)

    >>> import oxmlx.numpy as np
    >>> np.matvec(np.array([[1, 2], [3, 4]]), np.array([10, 1]))
    array([12, 34], dtype=int32)
    """
    x, y = ranked("matvec", (2, 1), x1, x2)
    out: Any = ops.matmul(x, unsqueeze(y, (y.ndim,)))
    return reshape(out, out.shape[:-1])


def vecmat(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Conjugated vectors times matrices, leading axes being broadcast.

    Args:
        x1: (…, n)
        x2: (…, n, m)

    >>> import oxmlx.numpy as np
    >>> np.vecmat(np.array([10, 1]), np.array([[1, 2], [3, 4]]))
    array([13, 24], dtype=int32)
    """
    x, y = ranked("vecmat", (1, 2), x1, x2)
    out: Any = ops.matmul(unsqueeze(conj(x), (x.ndim - 1,)), y)
    return reshape(out, (*out.shape[:-2], out.shape[-1]))


def tensordot(
    a: ArrayLike,
    b: ArrayLike,
    axes: Any = 2,
    *,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The product over several axes.

    Args:
        a, b: arrays.
        axes: how many axes, the last ones of a and the first ones of b; or those of a and of b.
        precision: ignored.
        preferred_element_type: the dtype to compute in.

    Raises:
        ShapeError: the extents differ.

    >>> import oxmlx.numpy as np
    >>> np.tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=((1, 2), (1, 0))).shape
    (2, 5)
    """
    x, y = factors("tensordot", preferred_element_type, a, b)
    if isinstance(axes, Sequence):
        if len(axes) != 2:
            raise ShapeError("tensordot", f"axes must be a number or a pair, got {axes}")
        left, right = (axes_of("tensordot", k, v.ndim) for k, v in zip(axes, (x, y), strict=True))
        return contracted("tensordot", x, y, left, right)
    n = static_int("tensordot", "axes", axes)
    if not 0 <= n <= min(x.ndim, y.ndim):
        raise ShapeError("tensordot", f"{x.aval} and {y.aval} have no {n} axes to contract")
    return contracted("tensordot", x, y, tuple(range(x.ndim - n, x.ndim)), tuple(range(n)))


def kron(a: ArrayLike, b: ArrayLike) -> Array:
    """The Kronecker product: b times each element of a, side by side.

    >>> import oxmlx.numpy as np
    >>> np.kron(np.array([1, 10]), np.array([1, 2]))
    array([ 1,  2, 10, 20], dtype=int32)
    """
    x, y = arrays("kron", a, b)
    rank = max(x.ndim, y.ndim)
    x, y = (reshape(v, (1,) * (rank - v.ndim) + v.shape) for v in (x, y))
    odd, even = tuple(range(1, 2 * rank, 2)), tuple(range(0, 2 * rank, 2))
    blocks = multiply(unsqueeze(x, odd), unsqueeze(y, even))
    return reshape(blocks, tuple(m * n for m, n in zip(x.shape, y.shape, strict=True)))


def cross(
    a: ArrayLike,
    b: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Array:
    """The vector product in three dimensions; of vectors in the plane, its third component.

    Args:
        a, b: vectors with two or three components, the other axes being broadcast.
        axisa, axisb, axisc: where the components lie in a, b and the result.
        axis: all three at once.

    Raises:
        ShapeError: there are other than two or three components.

    >>> import oxmlx.numpy as np
    >>> np.cross(np.array([1, 0, 0]), np.array([0, 1, 0]))
    array([0, 0, 1], dtype=int32)
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = arrays("cross", a, b)
    x = moveaxis(x, axis_of("cross", axisa, x.ndim), x.ndim - 1)
    y = moveaxis(y, axis_of("cross", axisb, y.ndim), y.ndim - 1)
    if not {x.shape[-1], y.shape[-1]} <= {2, 3}:
        problem = f"vectors must have two or three components, got {x.aval} and {y.aval}"
        raise ShapeError("cross", problem)

    def minor(i: int, j: int) -> Any:
        return sub(mul(part(x, i), part(y, j)), mul(part(x, j), part(y, i)))

    if x.shape[-1] == y.shape[-1] == 2:
        third = minor(0, 1)
        return reshape(third, third.shape[:-1])
    x, y = (pad(v, 0, [(0, 0, 0)] * (v.ndim - 1) + [(0, 3 - v.shape[-1], 0)]) for v in (x, y))
    parts = [minor(1, 2), minor(2, 0), minor(0, 1)]
    out = concatenate(parts, parts[0].ndim - 1)
    return moveaxis(out, out.ndim - 1, axis_of("cross", axisc, out.ndim))


def factors(who: str, preferred: Any, *xs: Any) -> list[Any]:
    """Arrays of the dtype to compute in."""
    common = arrays(who, *xs)
    if preferred is None:
        return common
    dtype = as_dtype(preferred, who)
    return [cast(x, dtype) for x in common]


def contracted(who: str, x: Any, y: Any, left: tuple[int, ...], right: tuple[int, ...]) -> Any:
    """The product over axes of one extent.

    Raises:
        ShapeError: the extents differ.
    """
    if [x.shape[k] for k in left] != [y.shape[k] for k in right]:
        problem = f"axes {left} of {x.aval} and {right} of {y.aval} must have equal extents"
        raise ShapeError(who, problem, "Transpose or reshape one of them.")
    return ops.dot_general(x, y, (left, right))


def part(x: Any, k: int) -> Any:
    """One component of vectors, with the axis kept."""
    return between(x, x.ndim - 1, k, k + 1)


def ranked(who: str, ranks: tuple[int, int], *xs: Any) -> list[Any]:
    """Arrays of one dtype that have the axes that they need.

    Raises:
        ShapeError: one has not.
    """
    common = arrays(who, *xs)
    for x, rank in zip(common, ranks, strict=True):
        if x.ndim < rank:
            raise ShapeError(who, f"operands must have rank {ranks} or more, got {x.aval}")
    return common
