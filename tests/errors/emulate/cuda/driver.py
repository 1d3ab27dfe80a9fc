"""Refusals of oxmlx.emulate.cuda.driver."""

from unittest.mock import patch

from fake_cuda import Library
from raise_coverage import Refusal

from oxmlx.emulate import DeviceMissing, EmulationError
from oxmlx.emulate.cuda.driver import Driver, driver


def without_one() -> None:
    with patch("oxmlx.emulate.cuda.driver.LIBRARY", "libnowhere.so.1"):
        driver.__wrapped__()


def without_a_gpu() -> None:
    with patch("ctypes.CDLL", lambda name: Library(cuInit=100)):
        driver.__wrapped__()


REFUSALS = [
    Refusal(
        "no driver",
        without_one,
        DeviceMissing,
        "found no driver of NVIDIA's, libnowhere.so.1\n  It runs where one is installed",
    ),
    Refusal(
        "no GPU",
        without_a_gpu,
        DeviceMissing,
        "there is no GPU for the driver: cuInit fails: cuGetErrorName(100)",
    ),
    Refusal(
        "a call that fails",
        lambda: Driver(Library(cuMemAlloc_v2=2))("cuMemAlloc_v2", None, 8),
        EmulationError,
        "cuMemAlloc_v2 fails: cuGetErrorName(2), cuGetErrorString(2)",
    ),
]
