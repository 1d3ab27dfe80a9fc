"""Where Metal comes from: `metalcompute` on a Mac, or our Linux executor if `metal` says so."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from oxmlx.config import config

MODULES = {"": "metalcompute", "emulate": "oxmlx.emulate"}
"""The module that each value of the switch `metal` names; both speak metalcompute's API."""


def library() -> Any:
    """The module, or nothing where there is no Metal device."""
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
        return None
