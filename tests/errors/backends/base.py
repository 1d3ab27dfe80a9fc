"""Refusals of oxmlx.backends.base."""

from raise_coverage import Refusal

from oxmlx.backends.base import executable
from oxmlx.errors import DeviceError
from oxmlx.ir.device import Device
from oxmlx.ir.jaxpr import Jaxpr

REFUSALS = [
    Refusal(
        "a backend that is gone",
        lambda: executable(Jaxpr([], [], []), Device("abacus", 0)),
        DeviceError,
        "compile: no backend runs abacus:0",
    ),
]
