"""Refusals of oxmlx.ir.primitive."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import ArgumentError, MissingRule, StaticValueError
from oxmlx.ir.aval import Aval
from oxmlx.ir.primitive import Primitive
from oxmlx.ops.axes import ReduceSum
from oxmlx.ops.elementwise import ADD


class Bare(Primitive):
    """a primitive without rules"""


X = Aval((), np.dtype(np.float32))
BARE = Bare()
WHERE = "Define `Bare.{}` in "

REFUSALS = [
    Refusal(
        "an unhashable param",
        lambda: ReduceSum([0]),
        StaticValueError,
        "param axes must be hashable, got list: [0]",
    ),
    Refusal("setting a param", lambda: setattr(ADD, "x", 1), AttributeError, "add is frozen"),
    Refusal("wrong params", lambda: ReduceSum(axis=0), ArgumentError, "takes the params ('axes',)"),
    Refusal("no abstract", lambda: BARE.abstract(X), MissingRule, WHERE.format("abstract")),
    Refusal("no impl", lambda: BARE.impl(1), MissingRule, WHERE.format("impl")),
    Refusal("no jvp", lambda: BARE.jvp([1], [1]), MissingRule, WHERE.format("jvp")),
    Refusal("no transpose", lambda: BARE.transpose(1, 1), MissingRule, WHERE.format("transpose")),
    Refusal("no vmap", lambda: BARE.vmap(1, [1], [0]), MissingRule, WHERE.format("vmap")),
    Refusal("no lower", lambda: BARE.lower((), out=X), MissingRule, WHERE.format("lower")),
]
