"""Refusals of oxmlx.backends.metal.launch."""

from unittest import mock

import numpy as np
from fake_metal import Metal
from raise_coverage import Refusal

from oxmlx.backends.metal import launch
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.errors import CompileError
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import const, kernel_of, scalar

F32 = np.dtype(np.float32)


def launcher(shape, inputs):
    def lower(index, *xs, out):
        e = const(1.0)
        for x in xs:
            e = scalar("add", e, x(index))
        return e

    kernel = kernel_of("sum", [Aval(shape, F32)] * inputs, Aval(shape, F32), lower)
    with mock.patch.object(launch, "gpu", lambda: Gpu(Metal())):
        launch.load_kernel(kernel, [shape])


REFUSALS = [
    Refusal(
        "too many arrays",
        lambda: launcher((3,), 30),
        CompileError,
        "metal: sum has 31 arrays; Metal binds 29",
    ),
    Refusal(
        "too many elements",
        lambda: launcher((2**31 - 1,), 0),
        CompileError,
        "metal: sum has 2,147,483,647 points, more than an index can count",
    ),
]
