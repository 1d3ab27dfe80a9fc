"""What the samplers accept: dtypes, shapes, and parameters that broadcast to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import Dtype, as_dtype, promote_types, short_name
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ir.aval import get_aval
from oxmlx.numpy.arguments import shape_of
from oxmlx.ops.axes import full
from oxmlx.ops.convert import NUMBERS, as_value, broadcast_shapes, cast
from oxmlx.ops.shape import broadcast_to

F32, I32 = np.dtype(np.float32), np.dtype(np.int32)


def float_dtype(who: str, dtype: Any) -> Dtype:
    """A real floating dtype; `None` is float32."""
    return dtype_of(who, dtype, F32, dtypes.is_float, "floating")


def inexact_dtype(who: str, dtype: Any) -> Dtype:
    """A floating or complex dtype; `None` is float32."""
    return dtype_of(who, dtype, F32, dtypes.is_inexact, "floating or complex")


def integer_dtype(who: str, dtype: Any) -> Dtype:
    """An integer dtype; `None` is int32."""
    return dtype_of(who, dtype, I32, dtypes.is_integer, "an integer one")


def dtype_of(
    who: str, dtype: Any, default: Dtype, accepts: Callable[[Dtype], bool], wanted: str
) -> Dtype:
    """The dtype that a user asks for, if it is of the right kind."""
    kind = default if dtype is None else as_dtype(dtype, who)
    if not accepts(kind):
        raise DtypeError(who, f"the dtype must be {wanted}, got {short_name(kind)}")
    return kind


def parameter(who: str, x: Any, dtype: Dtype) -> Any:
    """A parameter of a distribution as an array in the dtype of its samples.

    Raises:
        DtypeError: an array that `dtype` cannot hold without loss.
    """
    if isinstance(x, (*NUMBERS, np.generic)):
        return full((), x, dtype)
    value = as_value(x, who)
    if not value.weak_type and promote_types(value.dtype, dtype) != dtype:
        problem = f"a parameter {value.aval} is wider than the samples of {short_name(dtype)}"
        raise DtypeError(who, problem, "Pass dtype=, or convert the parameter with .astype.")
    return cast(value, dtype)


def sample_shape(who: str, shape: Any, *parameters: Any) -> tuple[int, ...]:
    """The shape of the samples: that of all parameters together, or a given one that they fit.

    Raises:
        ShapeError: they do not fit.
    """
    shapes = [get_aval(x).shape for x in parameters]
    if shape is None:
        return broadcast_shapes(who, (), *shapes)
    wanted = shape_of(who, shape)
    if any(shapes) and broadcast_shapes(who, wanted, *shapes) != wanted:
        listed = " and ".join(map(str, shapes))
        raise ShapeError(
            who,
            f"parameters of shape {listed} do not broadcast to {wanted}",
            "Leave shape= out, or let it end in the parameters' broadcast shape.",
        )
    return wanted


def parameters(who: str, dtype: Dtype, shape: Any, *xs: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of the samples, and the parameters in their dtype, which broadcast to it.

    Raises:
        DtypeError: an array that `dtype` cannot hold without loss.
        ShapeError: a parameter does not broadcast to `shape`.
    """
    values = [parameter(who, x, dtype) for x in xs]
    size = sample_shape(who, shape, *values)
    return size, [spread(x, size) for x in values]


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    """A parameter at each sample; one of rank 0 fits as it is."""
    return broadcast_to(x, shape) if x.aval.ndim else x
