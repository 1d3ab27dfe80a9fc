"""Refusals of oxmlx.lax.roots."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import TreeError

REFUSALS = [
    Refusal(
        "a function of another structure",
        lambda: ox.lax.custom_root(lambda x: (x, x), 1.0, lambda f, x: x, lambda g, y: y),
        TreeError,
        "custom_root: f must return what the guess is, PyTreeDef(*), got PyTreeDef((*, *))",
    ),
    Refusal(
        "a solver that returns more",
        lambda: ox.lax.custom_root(lambda x: x, 1.0, lambda f, x: (x, 0), lambda g, y: y),
        TreeError,
        "solve must return what the guess is",
    ),
    Refusal(
        "a solver that returns nothing more",
        lambda: ox.lax.custom_root(lambda x: x, 1.0, lambda f, x: x, lambda g, y: y, has_aux=True),
        TreeError,
        "solve must return (what the guess is, anything)",
    ),
]
