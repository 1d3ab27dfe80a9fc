"""Refusals of oxmlx.conversion."""

import numpy as np
from raise_coverage import Refusal

from oxmlx import conversion, dtypes
from oxmlx.errors import ArgumentError, DtypeError, OverflowingLiteralError, ShapeError

F32, U8 = np.dtype("float32"), np.dtype("uint8")
KEY = dtypes.KEY_DTYPES["threefry"]

REFUSALS = [
    Refusal(
        "literal of a greater kind",
        lambda: conversion.literal_for(0.5, U8),
        DtypeError,
        "0.5 cannot become u8\n  Convert the other operand: x.astype(ox.float32).",
    ),
    Refusal(
        "literal too great",
        lambda: conversion.literal_for(256, U8),
        OverflowingLiteralError,
        "256 does not fit u8",
    ),
    Refusal(
        "literal too great for a float",
        lambda: conversion.literal_for(10**400, F32),
        OverflowingLiteralError,
        "does not fit f32",
    ),
    Refusal(
        "complex to real",
        lambda: conversion.canonical(np.array([1j]), "f32"),
        DtypeError,
        "complex array cannot become f32",
    ),
    Refusal(
        "number too great",
        lambda: conversion.canonical(np.array([2**40])),
        OverflowingLiteralError,
        "array: 1099511627776 does not fit i32\n  Widen it: ox.array(x, dtype=ox.int64).",
    ),
    Refusal(
        "number in a list too great",
        lambda: conversion.canonical([1, 2**64]),
        OverflowingLiteralError,
        "18446744073709551616 does not fit i32",
    ),
    Refusal(
        "number in a list too great for a float",
        lambda: conversion.canonical([0.5, 10**400]),
        OverflowingLiteralError,
        "does not fit",
    ),
    Refusal(
        "masked array",
        lambda: conversion.canonical(np.ma.masked_array([1.0], mask=[True])),
        ArgumentError,
        "masked array",
    ),
    Refusal(
        "texts",
        lambda: conversion.canonical(["a"]),
        DtypeError,
        "an array holds numbers, got NumPy's <U1",
    ),
    Refusal("ragged rows", lambda: conversion.canonical([[1, 2], [3]]), ShapeError, "nested lists"),
    Refusal(
        "key to number",
        lambda: conversion.cast(np.zeros(3, KEY), F32),
        DtypeError,
        "astype: key<threefry> does not convert to f32",
    ),
]
