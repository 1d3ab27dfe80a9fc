"""Refusals of oxmlx.ir.device."""

from unittest import mock

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import DeviceError
from oxmlx.ir import device


def put_on_abacus():
    with mock.patch.dict(device._kinds, {"abacus": device.Kind(lambda: 0, lambda: 0)}):
        ox.device_put(1.0, "abacus")


def ask_beside_an_abacus():
    """A backend that has no device here is not offered."""
    with mock.patch.dict(device._kinds, {"abacus": device.Kind(lambda: 0, lambda: 0)}):
        ox.devices("gpu")


REFUSALS = [
    Refusal(
        "no such backend",
        ask_beside_an_abacus,
        DeviceError,
        "devices: no backend is called 'gpu'\n  On this machine there is: "
        + ", ".join(dict.fromkeys(d.kind for d in ox.devices())),
    ),
    Refusal(
        "no such device",
        lambda: ox.device_put(1.0, "reference:9"),
        DeviceError,
        "there is no device 'reference:9'",
    ),
    Refusal(
        "a backend without a device",
        put_on_abacus,
        DeviceError,
        "device: this machine has no abacus\n  There is: ",
    ),
]
