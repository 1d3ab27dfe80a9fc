"""What a backend is: a kind of device, what it has code for, and what runs its plans."""

from __future__ import annotations

from typing import Protocol

from oxmlx.errors import DeviceError
from oxmlx.ir.device import Device, register_backend
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Obstacle, Over, Plan


class Backend(Protocol):
    """A place to run programs. A subclass that says nothing else has one device, and no bits or
    commands of which anything is known."""

    kind: str
    most_arrays: int = 0
    """How many arrays one command may take, beside those of kernels of single whole numbers, which
    the host may run; 0 if a command is one kernel."""

    def count(self) -> int:
        """How many devices of this kind there are."""
        return 1

    @property
    def rank(self) -> int:
        """Where its devices stand among all, of which the first is the default: low ones come
        first, those of one rank in the order in which they were registered."""
        return 0

    @property
    def obstacle(self) -> Obstacle | None:
        """Why it has no code for a primitive, which then runs on the host; nothing at all if it
        has no kernels."""
        return None

    def shelf(self, eqn: Eqn) -> str:
        """The name of what its library has for an equation; nothing if it has nothing."""
        return ""

    def is_exact(self, kernel: Kernel) -> bool:
        """Whether the kernel has the bits of the primitives it is made of, as their `impl` computes
        them; `False` is always safe."""
        return False

    @property
    def kernels_compiled(self) -> int:
        """How many texts this process has compiled for its devices."""
        return 0

    def source(self, kernel: Kernel) -> str:
        """The text of a kernel, in the language it is compiled from."""
        ...

    def source_in_place(self, kernel: Kernel, over: Over) -> str:
        """That of a kernel which writes over some of its inputs."""
        return self.source(kernel)

    def load(self, plan: Plan) -> Executable:
        """A callable from the buffers of the inputs to those of the outputs."""
        ...


_backends: dict[str, Backend] = {}


def register(backend: Backend) -> None:
    """Make a backend's devices known; of the lowest rank the first one registered is the
    default."""
    _backends[backend.kind] = backend
    register_backend(backend.kind, backend.count, lambda: backend.rank)


def backend_of(device: Device) -> Backend:
    """The backend that runs programs on a device.

    Raises:
        DeviceError: it is gone.
    """
    backend = _backends.get(device.kind)
    if backend is None:
        raise DeviceError("compile", f"no backend runs {device}", "Move the arrays elsewhere.")
    return backend
