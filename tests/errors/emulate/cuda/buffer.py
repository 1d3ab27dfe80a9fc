"""Refusals of oxmlx.emulate.cuda.buffer."""

from fake_cuda import Library, stand_in
from raise_coverage import Refusal

from oxmlx.emulate import EmulationError


def too_large() -> None:
    with stand_in(Library(cuMemHostRegister_v2=2)) as device:
        device.buffer(1 << 20)


REFUSALS = [
    Refusal(
        "no memory that stays where it is",
        too_large,
        EmulationError,
        "Could not make buffer of 1,048,576 bytes: cuMemHostRegister_v2 fails: cuGetErrorName(2)",
    ),
]
