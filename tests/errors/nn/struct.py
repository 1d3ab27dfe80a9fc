"""Refusals of oxmlx.nn.struct."""

from typing import Any

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, ImmutableError, StaticValueError


class Forgetful(nn.Module):
    weight: ox.Array

    def __init__(self) -> None:
        pass


class Undeclared(nn.Module):
    def __init__(self) -> None:
        self.weight = ox.numpy.ones(1)


class Plain(nn.Module):
    weight: ox.Array
    size: Any = 1


NORM = nn.LayerNorm(2)

REFUSALS = [
    Refusal(
        "assignment",
        lambda: setattr(NORM, "bias", None),
        ImmutableError,
        "`bias` cannot be assigned: modules are immutable\n  Make another one with model.replace",
    ),
    Refusal(
        "deletion",
        lambda: delattr(NORM, "bias"),
        ImmutableError,
        "`bias` cannot be deleted",
    ),
    Refusal(
        "a field without a declaration",
        Undeclared,
        ArgumentError,
        "`weight` is not declared\n  Write `weight: <type>` in the class body",
    ),
    Refusal(
        "a field without a value",
        Forgetful,
        ArgumentError,
        "field `weight` was not assigned\n  Assign self.weight in __init__.",
    ),
    Refusal(
        "no such field",
        lambda: NORM.replace(scale=1.0),
        ArgumentError,
        "there is no field `scale` to replace\n  The fields are weight, bias",
    ),
    Refusal(
        "a child that is no array",
        lambda: Plain("zeros"),
        ArgumentError,
        "field `weight` is a child by its annotation, and got str: 'zeros'",
    ),
    Refusal(
        "arrays in a static field",
        lambda: Plain(1.0, [ox.numpy.ones(1)]),
        StaticValueError,
        "field `size` is static by its annotation, and holds arrays or modules",
    ),
    Refusal(
        "a static field that cannot be hashed",
        lambda: Plain(1.0, [1]),
        StaticValueError,
        "static field `size` must be hashable, got list: [1]\n  Use a tuple for a list",
    ),
]
