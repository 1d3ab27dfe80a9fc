"""Memory that the host and the kernels share."""

from __future__ import annotations

import ctypes
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Any

from oxmlx.emulate.errors import EmulationError, HazardError

_OF_MMAP = frozenset(name for name in dir(mmap) if not name.startswith("_"))


class Buffer(mmap):
    """Bytes on the device: `memoryview(buffer)` and `np.frombuffer(buffer, dtype)` share them.

    It is an mmap because Python 3.10 lets no class of Python's own export memory. What else an mmap
    can do, a metalcompute.Buffer cannot, and neither can this.
    """

    device: object
    bytes: int
    address: int

    @classmethod
    def of(cls, device: object, x: Any) -> Buffer:
        """A buffer of so many zero bytes, or with a copy of what exports bytes.

        Raises:
            EmulationError: it is neither, or not contiguous, or there is no memory for it.
            HazardError: it is empty.
        """
        source: memoryview | None = None
        try:
            source = memoryview(x)
        except TypeError:
            count = _length(x)
        else:
            if not source.c_contiguous:
                raise EmulationError("metalcompute", "Unsupported input format")
            count = source.nbytes
        if count <= 0:
            raise HazardError(
                "Device.buffer",
                f"Could not make buffer of {count} bytes",
                "Empty arrays never go to the device.",
            )
        try:
            self = super().__new__(cls, -1, count, flags=MAP_PRIVATE | MAP_ANONYMOUS)
        except (OSError, OverflowError):
            problem = f"Could not make buffer: there is no memory for {count:,} bytes"
            raise EmulationError("Device.buffer", problem) from None
        self.device, self.bytes = device, count
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self))
        if source is not None:
            memoryview(self)[:] = _flat(source)
        return self

    def __getattribute__(self, name: str) -> Any:
        if name in _OF_MMAP:
            raise AttributeError(f"'metalcompute.Buffer' object has no attribute '{name}'")
        return super().__getattribute__(name)

    __len__: Any = None
    __getitem__: Any = None
    __setitem__: Any = None
    __iter__: Any = None
    __enter__: Any = None
    __exit__: Any = None

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"metalcompute.Buffer(length={self.bytes})"

    __str__ = __repr__


def _length(x: Any) -> int:
    try:
        return int(x)
    except (TypeError, ValueError):
        raise EmulationError("metalcompute", "Unsupported input format") from None


def _flat(view: memoryview) -> memoryview:
    """The bytes of a view. Not by `cast`: Python does not know the formats of all dtypes."""
    raw = (ctypes.c_char * view.nbytes).from_buffer_copy(view)
    return memoryview(raw).cast("B")
