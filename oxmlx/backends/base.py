"""What a backend is: a kind of device, and a compiler from jaxprs to callables on its buffers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from oxmlx.errors import DeviceError
from oxmlx.ir.device import Device, register_backend
from oxmlx.ir.jaxpr import Jaxpr

Executable = Callable[[Sequence[Any]], list[Any]]


class Backend(Protocol):
    """A place to run programs."""

    kind: str

    def count(self) -> int:
        """How many devices of this kind there are."""
        ...

    def compile(self, jaxpr: Jaxpr) -> Executable:
        """A callable from the buffers of the inputs to those of the outputs."""
        ...


_backends: dict[str, Backend] = {}


def register(backend: Backend) -> None:
    """Make a backend's devices known; the first one registered is the default."""
    _backends[backend.kind] = backend
    register_backend(backend.kind, backend.count)


def executable(jaxpr: Jaxpr, device: Device) -> Executable:
    """The program compiled for a kind of device, once.

    Raises:
        DeviceError: the device's backend is gone.
    """
    backend = _backends.get(device.kind)
    if backend is None:
        raise DeviceError("compile", f"no backend runs {device}")
    return jaxpr.derive(("executable", device.kind), lambda: backend.compile(jaxpr))
