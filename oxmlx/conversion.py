"""Elements under a dtype: how numbers and data enter, and what a conversion means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import (
    LEVELS,
    NARROW,
    SCALAR_TYPES,
    Dtype,
    DtypeLike,
    as_dtype,
    bfloat16,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    int32,
    int64,
    is_bool,
    is_complex,
    is_float,
    is_inexact,
    is_integer,
    scalar_dtype,
    short_name,
    uint64,
)
from oxmlx.errors import ArgumentError, DtypeError, OverflowingLiteralError, ShapeError

_through = {float16.dtype: float32.dtype, bfloat16.dtype: float32.dtype}

_limits = {t.dtype: (iinfo(t).min, iinfo(t).max) for t in SCALAR_TYPES if is_integer(t)}
_normals = {
    t.dtype: (float(finfo(t).smallest_normal), float(finfo(t).max))
    for t in SCALAR_TYPES
    if is_inexact(t)
}


def literal_for(value: complex | np.number[Any], dtype: Dtype, who: str = "array") -> NDArray[Any]:
    """The rank-0 array of `dtype` that stands for a number among operands of that dtype.

    Raises:
        OverflowingLiteralError: if it is an integer that the dtype cannot hold.
        DtypeError: if the dtype is of a lesser kind: an integer for a float, say.

    >>> literal_for(255, np.dtype("uint8")), literal_for(0.1, bfloat16.dtype)
    (array(255, dtype=uint8), array(0.100098, dtype=bfloat16))
    """
    own = scalar_dtype(value, who)[0]
    if LEVELS[own] > LEVELS.get(dtype, -1):
        problem = f"{value!r} cannot become {short_name(dtype)}"
        raise DtypeError(who, problem, f"Convert the other operand: x.astype(ox.{own}).")
    number: Any = value.item() if isinstance(value, np.generic) else value
    if dtype in _limits:
        low, high = _limits[dtype]
        if not low <= number <= high:
            raise _overflow(number, dtype, who)
        return np.array(number, dtype)
    if dtype in _normals and not isinstance(number, complex):
        low, high = _normals[dtype]
        if low <= abs(number) <= high or number == 0:  # in range: NumPy has nothing to warn of
            return np.array(number, _through.get(dtype, dtype)).astype(dtype, copy=False)
    try:
        return cast(np.array(number, complex if is_complex(own) else float), dtype)
    except OverflowError:
        raise _overflow(number, dtype, who) from None


def canonical(x: Any, dtype: DtypeLike | None = None, *, who: str = "array") -> NDArray[Any]:
    """The NumPy array with which data enters; it may share memory with `x`.

    Without a dtype, 64-bit numbers become 32-bit ones. With one, arrays are converted as `cast`
    does, and the numbers of a list must fit.

    Args:
        x: a NumPy array, a number, nested lists of numbers, or what `numpy.asarray` understands.
        dtype: the dtype to enter with.
        who: the function that asks, for the error.

    Raises:
        DtypeError: if `x` holds texts, dates, or what has no dtype of oxmlx, or is complex and
            `dtype` is not.
        OverflowingLiteralError: if an integer does not fit.
        ShapeError: if the rows of a nested list differ in length.

    >>> canonical([1.5, 2]), canonical(np.arange(3)).dtype, canonical(2**40, dtype=int64)
    (array([1.5, 2. ], dtype=float32), dtype('int32'), array(1099511627776))
    """
    wanted = None if dtype is None else as_dtype(dtype, who)
    given = _as_numpy(x, wanted, who)
    if given.dtype.kind in "USMm":
        problem = f"an array holds numbers, got NumPy's {given.dtype}"
        raise DtypeError(who, problem, "Make numbers of texts and dates first.")
    source = as_dtype(given.dtype, who)
    target = NARROW.get(source, source) if wanted is None else wanted
    if is_complex(source) and not (is_complex(target) or is_bool(target)):
        problem = f"a complex array cannot become {short_name(target)}"
        raise DtypeError(who, problem, "Take its real part or its magnitude first.")
    if wanted is None or not isinstance(x, np.ndarray):
        _check_fit(given, source, target, who)
    return cast(given, target)


def _as_numpy(x: Any, wanted: Dtype | None, who: str) -> NDArray[Any]:
    """What NumPy makes of `x`, but never a list of integers as objects or rounded floats."""
    if isinstance(x, np.ma.MaskedArray):
        raise ArgumentError(who, "a masked array", "Fill it first: x.filled(value).")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ShapeError(who, "nested lists of unequal lengths", "Make the rows equal.") from None
    if not isinstance(x, (list, tuple, int)):
        return array
    if array.dtype != object and not (array.dtype == float and np.any(array >= 2.0**63)):
        return array
    numbers = np.asarray(x, dtype=object)
    own = max((scalar_dtype(n, who)[0] for n in numbers.flat), key=LEVELS.__getitem__)
    target = own if wanted is None else wanted
    exact = is_integer(own) and is_integer(target)
    low, high = _limits[target] if exact else (-_LARGEST, _LARGEST)
    for n in numbers.flat:
        if isinstance(n, int) and not low <= n <= high:
            raise _overflow(n, target, who)
    return numbers.astype(target if exact else complex if is_complex(own) else float)


_LARGEST = _normals[float64.dtype][1]


def _check_fit(x: NDArray[Any], source: Dtype, target: Dtype, who: str) -> None:
    """Raise for the first number that an integer target cannot hold."""
    if source == target or is_bool(source) or not is_integer(target):
        return
    low, high = _limits[target]
    whole = np.trunc(x.astype(float)) if is_float(source) else x
    fits = (whole >= low) & (whole < high + 1)  # a power of two, exact in float64
    if not np.all(fits):
        raise _overflow(x[~fits][0].item(), target, who)


def _overflow(value: Any, dtype: Dtype, who: str) -> OverflowingLiteralError:
    wide = [
        t for t in (int32, int64, uint64) if _limits[t.dtype][0] <= value <= _limits[t.dtype][1]
    ]
    advice = "No integer dtype holds it; write it as a float."
    if wide:
        advice = f"Widen it: ox.array(x, dtype=ox.{wide[0]})."
    if isinstance(value, int) and value.bit_length() > 128:
        value = f"an integer of {value.bit_length()} bits"
    return OverflowingLiteralError(who, f"{value} does not fit {short_name(dtype)}", advice)


def cast(x: NDArray[Any], dtype: Dtype) -> NDArray[Any]:
    """Convert elements as XLA does; `x` itself if it has the dtype already.

    Floats become integers by truncation, clamped to what the integer holds, and NaN becomes 0;
    integers wrap; `bool` is x != 0; a complex number gives its real part. 16-bit floats are reached
    through float32, by rounding to nearest even.

    Raises:
        DtypeError: if a key or float0 is converted.

    >>> cast(np.array([300.0, -1.0, np.nan]), np.dtype("uint8"))
    array([255,   0,   0], dtype=uint8)
    """
    if x.dtype == dtype:
        return x
    if x.dtype not in LEVELS or dtype not in LEVELS:
        problem = f"{short_name(x.dtype)} does not convert to {short_name(dtype)}"
        raise DtypeError("astype", problem, "Only numbers convert.")
    with np.errstate(all="ignore"):
        if is_bool(dtype):
            return np.asarray(x != 0)
        if is_complex(x.dtype) and not is_complex(dtype):
            x = np.real(x).copy()
        if x.dtype in _through or dtype in _through:
            x = x.astype(float32.dtype)
        if is_float(x.dtype) and is_integer(dtype):
            return _saturate(x.astype(float), dtype)
        return x.astype(dtype, copy=False)


def _saturate(x: NDArray[np.float64], dtype: Dtype) -> NDArray[Any]:
    low, high = _limits[dtype]
    inside = (x >= low) & (x < high + 1)  # a power of two, exact in float64
    out = np.where(inside, x, 0).astype(dtype)
    out[x < low], out[x >= high + 1] = low, high
    return out
