"""Refusals of oxmlx.io.naming."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import StateDictError, TreeError
from oxmlx.io import names_to_tree, tree_to_names

X = np.zeros(3, np.float32)
REFUSALS = [
    Refusal(
        "one name for two leaves",
        lambda: tree_to_names({"a": {"b": 1}, "a.b": 2}),
        TreeError,
        "['a']['b'] and ['a.b'] would both be called 'a.b'",
    ),
    Refusal(
        "missing and unexpected",
        lambda: names_to_tree([X, X], {"0": X, "2": X}),
        StateDictError,
        "names_to_tree: missing: '1'; unexpected: '2'\n",
    ),
    Refusal(
        "many",
        lambda: names_to_tree({}, dict.fromkeys("abcdefg", X)),
        StateDictError,
        "unexpected: 'a', 'b', 'c', 'd', 'e' and 2 more\n",
    ),
    Refusal(
        "another shape, dtype and type",
        lambda: names_to_tree([X, X, 0, 0], {"0": X[:2], "1": np.ones(3), "2": 0.5, "3": X}),
        StateDictError,
        "mismatched: '0' is f32[2], wanted f32[3], '1' is f64[3], wanted f32[3], "
        "'2' is float, wanted int, '3' is f32[3], wanted int\n",
    ),
]
