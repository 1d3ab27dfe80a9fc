"""Refusals of oxmlx.ir.array."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import EvaluationError


def failing(_):
    raise ZeroDivisionError("mine")


def callback_of_itself():
    out = [ox.pure_callback(lambda x: out[0] + x, ox.ShapeDtypeStruct((), "float32"), 1.0)]
    ox.eval(out[0])


REFUSALS = [
    Refusal(
        "a callback that fails",
        lambda: ox.eval(ox.pure_callback(failing, ox.ShapeDtypeStruct((), "float32"), 1.0) + 1),
        EvaluationError,
        "failed: ZeroDivisionError('mine')\n  It was raised at ",
    ),
    Refusal(
        "a callback that waits for itself",
        callback_of_itself,
        EvaluationError,
        "the callback needs the result that it is to return\n"
        "  Compute it from the arguments of the callback.",
    ),
]
