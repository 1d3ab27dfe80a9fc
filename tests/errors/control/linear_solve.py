"""Refusals of oxmlx.control.linear_solve."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import GradientError, ShapeError, TreeError
from oxmlx.ops.convert import from_numpy

B = from_numpy(np.ones(3))
solve = ox.lax.custom_linear_solve

REFUSALS = [
    Refusal(
        "reverse mode without a transposed solver",
        lambda: ox.grad(lambda b: solve(lambda x: x, b, lambda _, b: b)[0])(B),
        GradientError,
        "custom_linear_solve: reverse mode needs the solution of the transposed equation\n"
        "  Pass transpose_solve=, or symmetric=True.",
    ),
    Refusal(
        "a matrix of another structure",
        lambda: solve(lambda x: [x], B, lambda _, b: b),
        TreeError,
        "custom_linear_solve: matvec must return PyTreeDef(*), got PyTreeDef([*])",
    ),
    Refusal(
        "a solver that returns nothing more",
        lambda: solve(lambda x: x, B, lambda _, b: b, has_aux=True),
        TreeError,
        "solve must return (PyTreeDef(*), aux), got PyTreeDef(*)",
    ),
    Refusal(
        "a matrix that is not square",
        lambda: solve(lambda x: x[:2], B, lambda _, b: b),
        ShapeError,
        "matvec must return arrays like b: [f64[3]], got [f64[2]]",
    ),
]
