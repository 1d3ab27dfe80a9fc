"""Refusals of oxmlx.nn.fast.norms."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import DtypeError, ShapeError

onp = ox.numpy

REFUSALS = [
    Refusal(
        "complex numbers",
        lambda: nn.rms_norm(onp.ones(2) * 1j, None, 1e-5),
        DtypeError,
        "rms_norm: needs real numbers, got c64[2]",
    ),
    Refusal(
        "a number",
        lambda: nn.rms_norm(1.0, None, 1e-5),
        ShapeError,
        "needs at least one axis, got f32[]",
    ),
    Refusal(
        "a weight of another shape",
        lambda: nn.rms_norm(onp.ones((2, 3)), onp.ones(2), 1e-5),
        ShapeError,
        "weight must be of shape (3,), got f32[2] for f32[2,3]",
    ),
    Refusal(
        "a bias of another rank",
        lambda: nn.layer_norm(onp.ones(3), None, onp.ones((1, 3)), 1e-5),
        ShapeError,
        "layer_norm: bias must be of shape (3,), got f32[1,3]",
    ),
]
