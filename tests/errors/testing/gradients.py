"""Refusals of oxmlx.testing.gradients."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.testing.gradients import GradientMismatch, check_grads

ONES = ox.array(np.ones(2))


@ox.custom_jvp
def twice(x):
    return 2 * x


@twice.defjvp
def wrong_rule(primals, tangents):
    return twice(*primals), 3 * tangents[0]


REFUSALS = [
    Refusal(
        "a wrong jvp rule",
        lambda: check_grads(twice, [ONES], order=1, modes=["fwd"]),
        GradientMismatch,
        "jvp: derivatives differ: got [",
    ),
]
