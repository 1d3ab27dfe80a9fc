"""Refusals of oxmlx.ops.collective."""

from collections.abc import Callable
from typing import Any

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    DtypeError,
    MissingRule,
    ShapeError,
    UnboundAxisError,
)
from oxmlx.ir.trace import bind
from oxmlx.ops import collective
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.prng import random_wrap

X = from_numpy(np.ones((2, 3, 4), np.float32))
Y = from_numpy(np.ones((2, 3, 2), np.float32))
Z = from_numpy(np.ones(2, np.complex64))
KEYS = random_wrap(from_numpy(np.ones((2, 2), np.uint32)))


class Nameless(collective.Collective):
    """A collective that nobody has given a meaning."""

    def abstract(self, x: Any) -> Any:
        return x


def mapped(f: Callable[[Any], Any], x: Any = X) -> Any:
    return ox.vmap(f, axis_name="i")(x)


REFUSALS = [
    Refusal(
        "name outside of any vmap",
        lambda: collective.psum(X, "i"),
        UnboundAxisError,
        "psum: there is no axis named 'i' here; the names around us: none\n"
        "  Give the axis of a vmap around the call its name: ox.vmap(f, axis_name=...).",
    ),
    Refusal(
        "another name",
        lambda: mapped(lambda x: collective.all_gather(x, ("i", "j"))),
        UnboundAxisError,
        "all_gather: there is no axis named 'j' here; the names around us: 'i'",
    ),
    Refusal(
        "sum of keys",
        lambda: mapped(lambda k: collective.psum(k, "i"), KEYS),
        DtypeError,
        "psum: cannot add elements of key<threefry>[]",
    ),
    Refusal(
        "largest of complex numbers",
        lambda: mapped(lambda z: collective.pmax(z, "i"), Z),
        DtypeError,
        "pmax: elements of c64[] have no order",
    ),
    Refusal(
        "axis to gather along",
        lambda: mapped(lambda x: collective.all_gather(x, "i", axis=3)),
        AxisError,
        "all_gather: axis must lie in [-3, 3), got 3 for f32[3,4]",
    ),
    Refusal(
        "axis to gather along, of the primitive",
        lambda: mapped(lambda x: bind(collective.AllGather("i", 2, 3), x)),
        AxisError,
        "all_gather: the new axis must lie in [0, 2], got 3",
    ),
    Refusal(
        "axis of another extent to scatter",
        lambda: mapped(lambda x: collective.psum_scatter(x, "i")),
        ShapeError,
        "psum_scatter: axis 0 must exist and have extent 2, got f32[3,4]",
    ),
    Refusal(
        "axis of another extent to exchange",
        lambda: mapped(lambda x: collective.all_to_all(x, "i", 1, 0)),
        ShapeError,
        "all_to_all: axis 1 must exist and have extent 2, got f32[3,4]",
    ),
    Refusal(
        "axis to stack along",
        lambda: mapped(lambda x: bind(collective.AllToAll("i", 2, 1, 2), x), Y),
        AxisError,
        "all_to_all: the axis to stack along is 2 for f32[3,2]",
    ),
    Refusal(
        "no meaning",
        lambda: mapped(lambda x: bind(Nameless("i", 2), x)),
        MissingRule,
        "`nameless[axis_name=i axis_size=2]`: has no resolve rule",
    ),
    Refusal(
        "uneven blocks",
        lambda: mapped(lambda x: collective.psum_scatter(x, "i", tiled=True)),
        ShapeError,
        "psum_scatter: axis 0 of f32[3,4] cannot be cut into 2 equal blocks",
    ),
    Refusal(
        "permutation to an element that does not exist",
        lambda: mapped(lambda x: collective.ppermute(x, "i", [(0, 1), (1, 2)])),
        ArgumentError,
        "ppermute: perm goes to (1, 2); wanted different elements in [0, 2)",
    ),
    Refusal(
        "permutation from one element twice",
        lambda: mapped(lambda x: collective.ppermute(x, "i", [(0, 1), (0, 0)])),
        ArgumentError,
        "ppermute: perm goes from (0, 0); wanted different elements in [0, 2)",
    ),
]
