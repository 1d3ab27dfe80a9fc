"""Refusals of oxmlx.numpy.viewing."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import DtypeError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "shape for a dtype",
        lambda: V.view(-1),
        DtypeError,
        "got -1\n  Use x.reshape(-1) for another shape.",
    ),
    Refusal(
        "keys as numbers",
        lambda: onp.asarray(ox.random.key(0)).view("uint32"),
        DtypeError,
        "view: key<threefry>[] cannot be read as u32",
    ),
    Refusal(
        "a number in parts",
        lambda: ox.array(1.0).view("uint8"),
        ShapeError,
        "view: f32[] has no last axis with a whole number of u8",
    ),
    Refusal(
        "no whole number of elements",
        lambda: V.view("float64"),
        ShapeError,
        "view: f32[3] has no last axis with a whole number of f64",
    ),
]
