"""Refusals of oxmlx.backends.base."""

from raise_coverage import Refusal

from oxmlx.backends.base import backend_of
from oxmlx.errors import DeviceError
from oxmlx.ir.device import Device

REFUSALS = [
    Refusal(
        "a backend that is gone",
        lambda: backend_of(Device("abacus", 0)),
        DeviceError,
        "compile: no backend runs abacus:0",
    ),
]
