"""Refusals of oxmlx.ir.device."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DeviceError

REFUSALS = [
    Refusal(
        "no such backend", lambda: ox.devices("gpu"), DeviceError, "no backend is called 'gpu'"
    ),
    Refusal(
        "no such device",
        lambda: ox.device_put(1.0, "reference:9"),
        DeviceError,
        "there is no device 'reference:9'",
    ),
]
