"""Refusals of oxmlx.io.dispatch."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError
from oxmlx.io import load, save

X = {"w": np.ones(1)}
REFUSALS = [
    Refusal("load a pickle", lambda: load("w.pt"), ArgumentError, "load('w.pt'): nothing reads"),
    Refusal("load no extension", lambda: load("w"), ArgumentError, "nothing reads files in ''"),
    Refusal("save a pickle", lambda: save("w.pkl", X), ArgumentError, "nothing writes files in"),
    Refusal(
        "metadata of npz",
        lambda: save("w.npz", X, {"a": "b"}),
        ArgumentError,
        "save('w.npz'): an npz archive has no metadata",
    ),
]
