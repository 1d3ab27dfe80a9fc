"""Refusals of oxmlx.nn.fast.attention."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ShapeError

onp = ox.numpy
Q = onp.ones((1, 4, 3, 8))
attend = nn.scaled_dot_product_attention

REFUSALS = [
    Refusal(
        "no batch axis",
        lambda: attend(Q[0], Q, Q, scale=1.0),
        ShapeError,
        "wants [batch, heads, time, features], got q f32[4,3,8]",
    ),
    Refusal(
        "heads that do not divide",
        lambda: attend(Q, Q[:, :3], Q[:, :3], scale=1.0),
        ShapeError,
        "the number of query heads must be a multiple of key heads",
    ),
    Refusal(
        "values of other heads",
        lambda: attend(Q, Q, Q[:, :2], scale=1.0),
        ShapeError,
        "batch, keys' heads and times, and features must agree",
    ),
    Refusal(
        "keys of other features",
        lambda: attend(Q, Q[..., :4], Q, scale=1.0),
        ShapeError,
        "k f32[1,4,3,4], v f32[1,4,3,8]",
    ),
    Refusal(
        "a mask by another word",
        lambda: attend(Q, Q, Q, scale=1.0, mask="full"),
        ArgumentError,
        "mask got 'full'\n  It takes \"causal\"",
    ),
    Refusal(
        "a mask that does not broadcast",
        lambda: attend(Q, Q, Q, scale=1.0, mask=onp.ones((3, 4))),
        ShapeError,
        "the mask must broadcast to (1, 4, 3, 3), got f32[3,4]",
    ),
    Refusal(
        "sinks of other heads",
        lambda: attend(Q, Q, Q, scale=1.0, sinks=onp.ones(3)),
        ShapeError,
        "sinks must be one number a query head, got f32[3]",
    ),
]
