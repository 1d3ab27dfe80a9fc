"""Refusals of oxmlx.io.safetensors."""

from typing import Any

import numpy as np
from raise_coverage import Refusal
from raw_safetensors import on_files

from oxmlx.dtypes import KEY_DTYPES
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.io import save_safetensors


def save(arrays: Any) -> object:
    return on_files({}, lambda folder: save_safetensors(folder / "x", arrays))


REFUSALS = [
    Refusal(
        "the name of the metadata",
        lambda: save({"__metadata__": np.ones(1)}),
        ArgumentError,
        "an array is called '__metadata__'",
    ),
    Refusal(
        "a name that is not Unicode",
        lambda: save({"\udc00": np.ones(1)}),
        ArgumentError,
        "the name of an array is '\\udc00', which is not Unicode",
    ),
    Refusal(
        "complex128",
        lambda: save({"z": np.ones(1, complex)}),
        DtypeError,
        "leaf 'z' is c128, which safetensors cannot hold\n  Use save_npz or save_state, which can.",
    ),
    Refusal(
        "a key",
        lambda: save({"rng": np.zeros((), KEY_DTYPES["threefry"])}),
        DtypeError,
        "Or save ox.random.key_data(key).",
    ),
]
