from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, GradientError, ShapeError

ONES = ox.numpy.ones(2)
F64 = ox.numpy.ones(2, ox.float64)

REFUSALS = [
    Refusal(
        "a leaf that is no array",
        lambda: ox.vmap(lambda p: p)({"a": [object()]}),
        ArgumentError,
        "at [0][0]['a'][0]: operands must be arrays or numbers, got object",
    ),
    Refusal("argnums out of range", lambda: ox.grad(abs, 2)(1.0), ArgumentError, "got 2"),
    Refusal("argnums twice", lambda: ox.grad(abs, (0, -1))(1.0), ArgumentError, "must be distinct"),
    Refusal(
        "integer argument", lambda: ox.grad(abs)(1), GradientError, "floating dtype, got i32[]"
    ),
    Refusal(
        "holomorphic of a real",
        lambda: ox.grad(abs, holomorphic=True)(1.0),
        GradientError,
        "holomorphic=True needs complex arguments, got f32[]",
    ),
    Refusal(
        "tangent of another shape",
        lambda: ox.jvp(abs, (ONES,), (1.0,)),
        ShapeError,
        "a tangent must have the shape of its value f32[2], got f32[]",
    ),
    Refusal(
        "tangent of another dtype",
        lambda: ox.jvp(abs, (ONES,), (F64,)),
        GradientError,
        "a tangent must have the dtype of its value f32[2], got f64[2]",
    ),
    Refusal(
        "tangent of an integer",
        lambda: ox.jvp(abs, (2,), (1,)),
        GradientError,
        "the tangent of a value of type i32[] must be of dtype float0, got 1",
    ),
    Refusal(
        "holomorphic with a real output",
        lambda: ox.grad(abs, holomorphic=True)(1j),
        GradientError,
        "must return a complex number, got f32[]",
    ),
]
