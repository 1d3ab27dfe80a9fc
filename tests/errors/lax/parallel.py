"""Refusals of oxmlx.lax.parallel."""

from collections.abc import Callable
from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError
from oxmlx.ops.convert import from_numpy


def mapped(f: Callable[[Any], Any]) -> Any:
    return ox.vmap(f, axis_name="i")(from_numpy(np.ones(3)))


REFUSALS = [
    Refusal(
        "no permutation",
        lambda: mapped(lambda x: ox.lax.pshuffle(x, "i", [0, 0, 1])),
        ArgumentError,
        "lax.pshuffle: perm must name each of the 3 elements once, got [0, 0, 1]",
    ),
    Refusal(
        "no such element",
        lambda: mapped(lambda x: ox.lax.pbroadcast(x, "i", 3)),
        ArgumentError,
        "lax.pbroadcast: source must lie in [0, 3), got 3",
    ),
]
