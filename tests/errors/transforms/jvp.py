"""Refusals of oxmlx.transforms.jvp."""

import math

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ConcretizationError

LOST = "was asked of a value that is being differentiated, which would lose its derivative"

REFUSALS = [
    Refusal("float", lambda: ox.grad(lambda x: float(x) * x)(2.0), ConcretizationError, LOST),
    Refusal("math", lambda: ox.grad(math.sin)(2.0), ConcretizationError, LOST),
    Refusal("numpy", lambda: ox.grad(np.sin)(2.0), ConcretizationError, LOST),
    Refusal(
        "a norm of numpy's",
        lambda: ox.grad(lambda x: np.linalg.norm(x))(ox.numpy.ones(3)),
        ConcretizationError,
        LOST,
    ),
    Refusal("item", lambda: ox.jvp(lambda x: x.item(), (1.0,), (1.0,)), ConcretizationError, LOST),
]
