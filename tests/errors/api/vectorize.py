from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, AxisError, ShapeError

TWO, THREE = ox.numpy.ones(2), ox.numpy.ones(3)

REFUSALS = [
    Refusal(
        "in_axes of another length",
        lambda: ox.vmap(abs, in_axes=(0, 0))(TWO),
        ArgumentError,
        "in_axes has 2 items for 1 positional arguments",
    ),
    Refusal(
        "an axis that is no int",
        lambda: ox.vmap(abs, in_axes=("x",))(TWO),
        ArgumentError,
        "in_axes must hold ints or None, got 'x'",
    ),
    Refusal(
        "an axis out of range",
        lambda: ox.vmap(abs, in_axes=1)(TWO),
        AxisError,
        "in_axes names axis 1 of an array of type f32[2]",
    ),
    Refusal(
        "nothing mapped",
        lambda: ox.vmap(abs, in_axes=None)(TWO),
        ArgumentError,
        "no argument is mapped",
    ),
    Refusal(
        "extents differ",
        lambda: ox.vmap(lambda x, y: x)(TWO, {"a": THREE}),
        ShapeError,
        "got argument[0] f32[2] axis 0, argument[1]['a'] f32[3] axis 0",
    ),
    Refusal(
        "out_axes None for a mapped output",
        lambda: ox.vmap(abs, out_axes=None)(TWO),
        ArgumentError,
        "out_axes is None for an output that varies along the axis",
    ),
]
