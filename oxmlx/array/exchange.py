"""Arrays in other libraries and in files: DLPack, Python's buffer protocol, pickle, copy.

What leaves is a read-only view that keeps its buffer alive; only DLPack before 1.0 cannot say
read-only, and gets a copy.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, bfloat16, short_name
from oxmlx.errors import ArgumentError, DeviceError, DtypeError
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device, as_device, default_device
from oxmlx.ir.value import Value
from oxmlx.ops.convert import from_numpy

VERSIONED = np.lib.NumpyVersion(np.__version__) >= "2.1.0"
"""Whether NumPy knows DLPack 1.0."""

CPU = 1
UNSIGNED, BFLOAT = 1, 4
"""Numbers that DLPack gives to devices and to kinds of dtypes."""

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.argtypes = [ctypes.py_object, ctypes.c_char_p]

KIND_AT = {b"dltensor": 20, b"dltensor_versioned": 52}
"""Where the kind of the dtype stands in the structure that a capsule of this name holds."""


class Capsule:
    """A DLPack capsule as an object that `numpy.from_dlpack` reads."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU, 0


def kind_of(capsule: Any) -> ctypes.c_uint8:
    """The kind of the dtype in a capsule, which may be changed: NumPy's DLPack has no bfloat16."""
    for name, offset in KIND_AT.items():
        if _is_capsule(capsule, name):
            return ctypes.c_uint8.from_address(_pointer(capsule, name) + offset)
    raise ArgumentError(
        "from_dlpack",
        f"got {capsule!r}, which is no unused DLPack capsule",
        "A capsule can be used once: pass the array that made it instead.",
    )


def from_dlpack(
    x: Any, /, *, device: Device | str | None = None, copy: bool | None = None
) -> Array:
    """The array of another library's data, without a copy and with its dtype.

    Args:
        x: an object with `__dlpack__`, which must not change from now on.
        device: where the array lives.
        copy: `True` copies.

    Raises:
        ArgumentError: x does not speak DLPack.
        DeviceError: the data is not in the memory of the CPU.
        DtypeError: it has no dtype of oxmlx.

    >>> import numpy
    >>> import oxmlx as ox
    >>> ox.numpy.from_dlpack(numpy.arange(3.0))
    array([0., 1., 2.], dtype=float64)
    """
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise ArgumentError(
            "from_dlpack",
            f"{type(x).__name__} does not speak DLPack",
            "Pass an array that has __dlpack__, or use ox.array(x).",
        )
    kind = int(x.__dlpack_device__()[0])
    if kind != CPU:
        advice = "Copy it to the CPU first."
        raise DeviceError("from_dlpack", f"the data is on a device of DLPack's kind {kind}", advice)
    try:
        capsule = x.__dlpack__(**({"max_version": (1, 0)} if VERSIONED else {}))
    except TypeError:  # DLPack before 1.0
        capsule = x.__dlpack__()
    code = kind_of(capsule)
    is_bfloat = code.value == BFLOAT
    if is_bfloat:
        code.value = UNSIGNED
    data = np.from_dlpack(Capsule(capsule))
    data = data.view(bfloat16.dtype) if is_bfloat else data
    as_dtype(data.dtype, "from_dlpack")
    return from_numpy(data.copy() if copy else data, device)


def dlpack(
    x: Value,
    /,
    *,
    stream: object = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """The elements as a DLPack capsule."""
    data = x.concrete("a DLPack capsule")
    if not VERSIONED or max_version is None or max_version < (1, 0):
        data = data if copy is False else data.copy()
        options: dict[str, Any] = {}
    else:
        options = {"max_version": max_version, "dl_device": dl_device, "copy": copy}
    if data.dtype != bfloat16.dtype:
        return data.__dlpack__(**options)
    capsule = data.view(np.uint16).__dlpack__(**options)
    kind_of(capsule).value = BFLOAT
    return capsule


def dlpack_device(x: Value) -> tuple[int, int]:
    """Every backend so far keeps its elements where the CPU reads them."""
    return CPU, 0


def buffer(x: Value, flags: int) -> memoryview:
    """The elements as Python ≥ 3.12 asks for them: `memoryview(x)` is read-only.

    Raises:
        DtypeError: they are bfloat16 or keys, for which Python's buffers have no name.
    """
    if x.dtype.kind == "V":
        problem = f"Python's buffers have no {short_name(x.dtype)}"
        raise DtypeError("memoryview", problem, "Use DLPack, or view the bits: x.view(ox.uint16).")
    return memoryview(x.concrete("a buffer"))


def restore(data: np.ndarray[Any, Any], weak: bool, device: str) -> Array:
    """An array from a pickle, on the default device if this machine lacks the one it was on."""
    data.flags.writeable = False
    try:
        place = as_device(device)
    except DeviceError:
        place = default_device()
    return from_numpy(data, place, weak)


def reduce(x: Value) -> tuple[Any, ...]:
    """What a pickle holds."""
    data = x.concrete("a pickle")
    return restore, (data, x.weak_type, str(getattr(x, "device", "")))


def renew(x: Value, memo: object = None) -> Value:
    """Another handle on the same elements, which never change."""
    return Array(x.aval, x.place, x.node) if isinstance(x, Array) else x


def install() -> None:
    """Put the protocols on values."""
    methods: dict[str, Any] = {
        "__dlpack__": dlpack,
        "__dlpack_device__": dlpack_device,
        "__buffer__": buffer,
        "__reduce__": reduce,
        "__copy__": renew,
        "__deepcopy__": renew,
    }
    for name, method in methods.items():
        setattr(Value, name, method)
