"""Refusals of oxmlx.dtypes."""

import numpy as np
from raise_coverage import Refusal

from oxmlx import dtypes
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    OxmlxError,
)

F32, U8 = np.dtype("float32"), np.dtype("uint8")
KEY = dtypes.KEY_DTYPES["threefry"]

REFUSALS = [
    Refusal(
        "array before the roof stands",
        lambda: dtypes._no_arrays(1, F32),
        OxmlxError,
        "Import oxmlx first.",
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
]
