"""Refusals of oxmlx.dtypes."""

import numpy as np
from raise_coverage import Refusal

from oxmlx import dtypes
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    OverflowingLiteralError,
    OxmlxError,
    ShapeError,
)

F32, U8 = np.dtype("float32"), np.dtype("uint8")
KEY = dtypes.KEY_DTYPES["threefry"]

REFUSALS = [
    Refusal(
        "array before the roof stands",
        lambda: dtypes._no_arrays(1, F32),
        OxmlxError,
        "import oxmlx",
    ),
    Refusal(
        "name of two dtypes",
        lambda: dtypes.as_dtype("i8"),
        DtypeError,
        "'i8' is int64 to NumPy and int8 in a printed program",
    ),
    Refusal(
        "foreign byte order",
        lambda: dtypes.as_dtype(np.dtype("float32").newbyteorder()),
        DtypeError,
        "is not in this machine's byte order",
    ),
    Refusal("no dtype", lambda: dtypes.as_dtype("float42"), DtypeError, "dtype: 'float42' is no"),
    Refusal(
        "no short name",
        lambda: dtypes.from_short_name("f42"),
        DtypeError,
        "no dtype prints as 'f42'",
    ),
    Refusal("finfo of integers", lambda: dtypes.finfo("uint8"), DtypeError, "u8 is not floating"),
    Refusal("iinfo of floats", lambda: dtypes.iinfo("f32"), DtypeError, "f32 is not an integer"),
    Refusal("a key and a number", lambda: dtypes.promote_types(KEY, "f32"), DtypeError, "threefry"),
    Refusal("result type of nothing", lambda: dtypes.result_type(), ArgumentError, "result_type:"),
    Refusal(
        "not a number",
        lambda: dtypes.scalar_dtype("1"),
        DtypeError,
        "'1' of type str is not a number",
    ),
    Refusal(
        "literal of a greater kind",
        lambda: dtypes.literal_for(0.5, U8),
        DtypeError,
        "0.5 cannot become u8\n  convert the other operand: x.astype(ox.float32)",
    ),
    Refusal(
        "literal too great",
        lambda: dtypes.literal_for(256, U8),
        OverflowingLiteralError,
        "256 does not fit u8",
    ),
    Refusal(
        "literal too great for a float",
        lambda: dtypes.literal_for(10**400, F32),
        OverflowingLiteralError,
        "does not fit f32",
    ),
    Refusal(
        "complex to real",
        lambda: dtypes.canonical(np.array([1j]), "f32"),
        DtypeError,
        "complex array cannot become f32",
    ),
    Refusal(
        "number too great",
        lambda: dtypes.canonical(np.array([2**40])),
        OverflowingLiteralError,
        "array: 1099511627776 does not fit i32\n  int64 holds it",
    ),
    Refusal(
        "number in a list too great",
        lambda: dtypes.canonical([1, 2**64]),
        OverflowingLiteralError,
        "18446744073709551616 does not fit i32",
    ),
    Refusal(
        "number in a list too great for a float",
        lambda: dtypes.canonical([0.5, 10**400]),
        OverflowingLiteralError,
        "does not fit",
    ),
    Refusal(
        "masked array",
        lambda: dtypes.canonical(np.ma.masked_array([1.0], mask=[True])),
        ArgumentError,
        "masked array",
    ),
    Refusal("ragged rows", lambda: dtypes.canonical([[1, 2], [3]]), ShapeError, "nested lists"),
    Refusal(
        "key to number",
        lambda: dtypes.cast(np.zeros(3, KEY), F32),
        DtypeError,
        "astype: key<threefry> does not convert to f32",
    ),
]
