"""Refusals of oxmlx.backends.metal.scalars."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.metal.render import render
from oxmlx.errors import DtypeError, MissingRule
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import kernel_of, scalar


def text(op, dtype):
    x = Aval((3,), np.dtype(dtype))
    return render(kernel_of("bad", [x], x, lambda index, x, *, out: scalar(op, x(index))))


REFUSALS = [
    Refusal(
        "double precision",
        lambda: text("neg", np.float64),
        DtypeError,
        "metal: cannot hold f64\n  There are ",
    ),
    Refusal(
        "an operation that MSL lacks",
        lambda: text("lgamma", np.float32),
        MissingRule,
        "metal: cannot spell `lgamma` for f32\n  Write it in oxmlx/backends/metal/scalars.py",
    ),
]
