"""Refusals of oxmlx.nn.filtering."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, TreeError

REFUSALS = [
    Refusal(
        "nothing to combine",
        lambda: nn.combine(),
        ArgumentError,
        "needs a tree or more",
    ),
    Refusal(
        "other structures",
        lambda: nn.combine({"a": 1}, {"b": None}),
        TreeError,
        "the structures differ",
    ),
    Refusal(
        "no model",
        lambda: nn.value_and_grad(nn.Dropout(0.5), lambda m, x: x)(ox.numpy.ones(2)),
        ArgumentError,
        "the first argument must be a Dropout, got Array",
    ),
]
