from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, StaticValueError

static = ox.jit(lambda x, n: x, static_argnums=1)

REFUSALS = [
    Refusal(
        "a traced static argument",
        lambda: ox.jit(lambda n: static(1.0, n))(1.0),
        StaticValueError,
        "static argument #1 is a traced value",
    ),
    Refusal(
        "an unhashable static argument",
        lambda: static(1.0, [2]),
        StaticValueError,
        "static argument #1 must be hashable, got list",
    ),
    Refusal(
        "an argument that does not exist",
        lambda: ox.jit(lambda x: x, static_argnames="n"),
        ArgumentError,
        "static arguments must be among ['x'], got ['n']",
    ),
    Refusal(
        "an argument that is static and donated",
        lambda: ox.jit(lambda x, n: x, static_argnums=1, donate_argnames="n"),
        ArgumentError,
        "arguments [1] are static and donated",
    ),
    Refusal(
        "a string",
        lambda: ox.jit(lambda x, mode: x)(1.0, {"a": ["b"]}),
        ArgumentError,
        "argument mode['a'][0] must be an array or a number, got str: 'b'\n"
        "  If the trace depends on its value, name it in static_argnames.",
    ),
]
