"""What runs equations on the buffers of a device: their meaning, until the roof installs more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.ir.device import Device
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.primitive import Primitive


class Machine:
    """Every primitive by its `impl`."""

    def run(self, prim: Primitive, buffers: Sequence[Any], device: Device | None) -> Any:
        """The results of one equation; without a device on the default one."""
        return prim.impl(*buffers)

    def fused(self, jaxpr: Jaxpr, device: Device) -> Executable | None:
        """The program of many equations with the bits that `run` gives one by one; nothing where
        that is not faster."""
        return None


_installed = [Machine()]


def install(machine: Machine) -> None:
    """Let a machine run what comes: the one place where the roof reaches below itself."""
    _installed[0] = machine


def installed() -> Machine:
    """The machine that runs everything."""
    return _installed[0]
