from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, AxisError, ShapeError, TreeError

TWO, THREE = ox.numpy.ones(2), ox.numpy.ones(3)

REFUSALS = [
    Refusal(
        "an axis that is no int",
        lambda: ox.vmap(abs, in_axes=("x",))(TWO),
        ArgumentError,
        "in_axes must hold ints or None, got 'x' for argument[0]\n  It is an int for all",
    ),
    Refusal(
        "an axis out of range",
        lambda: ox.vmap(abs, in_axes=1)(TWO),
        AxisError,
        "in_axes names axis 1 of argument[0], of type f32[2]\n  It is an int for all",
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
        "got argument[0] f32[2] axis 0, argument[1]['a'] f32[3] axis 0\n  None passes an argument "
        "as it is: in_axes=(0, {'a': None}) maps those of extent 2 alone.",
    ),
    Refusal(
        "out_axes None for a mapped output",
        lambda: ox.vmap(lambda x: {"a": x}, out_axes=None)(TWO),
        ArgumentError,
        "out_axes is None for output['a'], which varies along the axis: f32[2]",
    ),
    Refusal(
        "a number to map",
        lambda: ox.vmap(lambda x, y: x)({"a": TWO}, 1.0),
        AxisError,
        "in_axes names axis 0 of argument[1], of type f32[]\n  It is an int for all, or a tuple "
        "with an int, None or a tree of them for each argument: here, say, "
        "in_axes=({'a': 0}, None).",
    ),
    Refusal(
        "in_axes of another structure",
        lambda: ox.vmap(lambda x, y: y, in_axes=({"b": 0}, 0))({"a": TWO}, TWO),
        TreeError,
        "trees differ at [0]: in_axes alone has the keys ['b'], the arguments alone has the keys "
        "['a']\n  It is an int for all, or a tuple with an int, None or a tree of them for each "
        "argument: here, say, in_axes=({'a': 0}, 0).",
    ),
    Refusal(
        "out_axes of another structure",
        lambda: ox.vmap(lambda x: {"a": x, "b": x}, out_axes=(0, 0))(TWO),
        TreeError,
        "out_axes has tuple of 2, the output dict with keys ['a', 'b']\n  It is an int or None for "
        "all, or a tree of them like the output: here, say, out_axes={'a': 0, 'b': 0}.",
    ),
    Refusal(
        "out_axes out of range",
        lambda: ox.vmap(lambda x: {"a": x}, out_axes=1)(TWO),
        AxisError,
        "out_axes names axis 1 of output['a'], of type f32[2]",
    ),
]
