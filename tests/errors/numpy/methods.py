"""Refusals of oxmlx.numpy.methods."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "another standard",
        lambda: V.__array_namespace__(api_version="1999.01"),
        ArgumentError,
        "__array_namespace__: version '1999.01'",
    ),
]
