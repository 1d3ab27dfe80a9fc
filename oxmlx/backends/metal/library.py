"""Where Metal comes from: `metalcompute` on a Mac, or an executor of ours if `metal` says so."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from oxmlx.config import config

MAC = "metalcompute"
MODULES = {"": MAC, "emulate": "oxmlx.emulate", "cuda": "oxmlx.emulate.cuda"}
"""The module that each value of the switch `metal` names; all speak metalcompute's API."""


def library() -> Any:
    """The module, or nothing where there is no Metal device.

    Raises:
        DeviceMissing: the switch names a GPU that is not there.
    """
    return find(MODULES[config.metal])


@cache
def find(name: str) -> Any:
    """The module `name`, if it can be imported and finds a device."""
    try:
        module = import_module(name)
    except ImportError:
        return None
    try:
        return module if module.get_devices() else None
    except module.error:
        if name != MAC:  # nobody asked for that one
            raise
        return None
