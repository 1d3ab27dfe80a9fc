"""What a backend is: a kind of device, what it has code for, and what runs its plans."""

from __future__ import annotations

from typing import Protocol

from oxmlx.errors import DeviceError
from oxmlx.ir.device import Device, register_backend
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Obstacle, Plan


class Backend(Protocol):
    """A place to run programs."""

    kind: str

    def count(self) -> int:
        """How many devices of this kind there are."""
        ...

    @property
    def obstacle(self) -> Obstacle | None:
        """Why it has no code for a primitive, which then runs on the host; nothing at all if it
        has no kernels."""
        ...

    def source(self, kernel: Kernel) -> str:
        """The text of a kernel, in the language it is compiled from."""
        ...

    def load(self, plan: Plan) -> Executable:
        """A callable from the buffers of the inputs to those of the outputs."""
        ...


_backends: dict[str, Backend] = {}


def register(backend: Backend) -> None:
    """Make a backend's devices known; the first one registered is the default."""
    _backends[backend.kind] = backend
    register_backend(backend.kind, backend.count)


def backend_of(device: Device) -> Backend:
    """The backend that runs programs on a device.

    Raises:
        DeviceError: it is gone.
    """
    backend = _backends.get(device.kind)
    if backend is None:
        raise DeviceError("compile", f"no backend runs {device}", "Move the arrays elsewhere.")
    return backend
