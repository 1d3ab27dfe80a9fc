"""Elements as integers of the same order, which is that of `sort`: NaN above all others."""

from __future__ import annotations

import numpy as np

from oxmlx.backends.llvm.builder import Builder, Value, register_type, typed
from oxmlx.backends.llvm.scalars import has_register
from oxmlx.dtypes import Dtype, is_float, is_key, is_signed


def is_ordered(dtype: Dtype) -> bool:
    """Are there integers for such elements?"""
    return has_register(dtype) and not is_key(dtype)


def bits_of(dtype: Dtype) -> Dtype:
    """The integers that hold the bits of such elements, signed if these may be below zero."""
    signed = is_float(dtype) or is_signed(dtype)
    return np.dtype(f"{'i' if signed else 'u'}{dtype.itemsize}")


def load_bits(b: Builder, dtype: Dtype, at: str, lanes: int) -> Value:
    """The bits of elements at an address."""
    bits = bits_of(dtype)
    return Value(b.load(typed(register_type(bits), lanes), at), bits, lanes)


def flipped(b: Builder, x: Value) -> Value:
    """The bits of a float as a signed integer of the same order, -0 below 0; and back."""
    sign = b.binary("ashr", x, b.number(8 * x.dtype.itemsize - 1, x))
    return b.binary("xor", x, b.binary("and", sign, b.number(np.iinfo(x.dtype).max, x)))


def signed_key(b: Builder, x: Value, dtype: Dtype, nan: int) -> Value:
    """The bits of a float as such an integer, with one for every NaN."""
    infinity = int(np.array(np.inf, dtype).view(x.dtype))
    size = b.binary("and", x, b.number(np.iinfo(x.dtype).max, x))
    is_nan = b.compare("sgt", size, b.number(infinity, x))
    return b.select(is_nan, b.number(nan, x), flipped(b, x))


def key(b: Builder, x: Value, dtype: Dtype) -> Value:
    """The bits of elements as unsigned integers of the same order, in which -0 is 0."""
    lowest, highest = np.iinfo(bits_of(dtype)).min, np.iinfo(bits_of(dtype)).max
    if is_float(dtype):
        sign = b.compare("eq", x, b.number(lowest, x))
        x = signed_key(b, b.select(sign, b.number(0, x), x), dtype, highest)
    return b.binary("xor", x, b.number(lowest, x)) if lowest else x


def from_key(b: Builder, x: Value, dtype: Dtype) -> Value:
    """The bits of the element of a key; of a float, one of those that have it."""
    lowest = np.iinfo(bits_of(dtype)).min
    x = b.binary("xor", x, b.number(lowest, x)) if lowest else x
    return flipped(b, x) if is_float(dtype) else x
