"""Refusals of oxmlx.io.buffers."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.dtypes import float0
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.io.buffers import check_texts, tree_to_buffers

MASKED = np.ma.masked_array([1.0, 2.0], [True, False])
REFUSALS = [
    Refusal(
        "a number",
        lambda: tree_to_buffers({"opt": {"step": 7}}, "save('x')"),
        ArgumentError,
        "save('x'): leaf 'opt.step' is int, wanted an array",
    ),
    Refusal(
        "a masked array",
        lambda: tree_to_buffers([MASKED], "save"),
        ArgumentError,
        "leaf '0' is MaskedArray, wanted an array",
    ),
    Refusal(
        "texts",
        lambda: tree_to_buffers([np.array(["a"])], "save"),
        DtypeError,
        "save: leaf '0': dtype('<U1') is no dtype of oxmlx",
    ),
    Refusal(
        "float0",
        lambda: tree_to_buffers([np.zeros(3, float0)], "save"),
        DtypeError,
        "leaf '0' is float0",
    ),
    Refusal(
        "metadata of a number",
        lambda: check_texts({"step": 7}, "save"),  # type: ignore[dict-item]
        ArgumentError,
        "metadata['step'] is 7, wanted a text",
    ),
    Refusal(
        "metadata under a number",
        lambda: check_texts({7: "step"}, "save"),  # type: ignore[dict-item]
        ArgumentError,
        "a key of metadata is 7, wanted a text",
    ),
    Refusal(
        "lone surrogate",
        lambda: check_texts({"a": "\ud800"}, "save"),
        ArgumentError,
        "metadata['a'] is '\\ud800', which is not Unicode",
    ),
]
