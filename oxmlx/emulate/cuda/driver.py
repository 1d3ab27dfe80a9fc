"""The driver of NVIDIA's GPUs: what of it we call, and its errors."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_float, c_int, c_size_t, c_uint, c_ulong, c_void_p
from functools import cache
from typing import Any

from oxmlx.emulate.errors import DeviceMissing, EmulationError

LIBRARY = "libcuda.so.1"
POINTED = POINTER(c_void_p)
WHO = "oxmlx.emulate.cuda"

SIGNATURES: dict[str, tuple[Any, ...]] = {
    "cuInit": (c_uint,),
    "cuGetErrorName": (c_int, POINTER(c_char_p)),
    "cuGetErrorString": (c_int, POINTER(c_char_p)),
    "cuDeviceGetCount": (POINTER(c_int),),
    "cuDeviceGet": (POINTER(c_int), c_int),
    "cuDeviceGetName": (c_char_p, c_int, c_int),
    "cuDeviceGetAttribute": (POINTER(c_int), c_int, c_int),
    "cuDevicePrimaryCtxRetain": (POINTED, c_int),
    "cuCtxSetCurrent": (c_void_p,),
    "cuCtxSynchronize": (),
    "cuModuleLoadData": (POINTED, c_char_p),
    "cuModuleGetFunction": (POINTED, c_void_p, c_char_p),
    "cuModuleGetGlobal_v2": (POINTER(c_ulong), POINTER(c_size_t), c_void_p, c_char_p),
    "cuFuncGetAttribute": (POINTER(c_int), c_int, c_void_p),
    "cuLaunchKernel": (c_void_p, *(c_uint,) * 7, c_void_p, POINTED, c_void_p),
    "cuMemHostRegister_v2": (c_void_p, c_size_t, c_uint),
    "cuMemHostUnregister": (c_void_p,),
    "cuMemHostGetDevicePointer_v2": (POINTER(c_ulong), c_void_p, c_uint),
    "cuMemAlloc_v2": (POINTER(c_ulong), c_size_t),
    "cuMemFree_v2": (c_ulong,),
    "cuMemcpyHtoD_v2": (c_ulong, c_void_p, c_size_t),
    "cuMemcpyDtoH_v2": (c_void_p, c_ulong, c_size_t),
    "cuMemcpyDtoDAsync_v2": (c_ulong, c_ulong, c_size_t, c_void_p),
    "cuEventCreate": (POINTED, c_uint),
    "cuEventRecord": (c_void_p, c_void_p),
    "cuEventSynchronize": (c_void_p,),
    "cuEventElapsedTime": (POINTER(c_float), c_void_p, c_void_p),
    "cuEventDestroy_v2": (c_void_p,),
}


class Driver:
    """Functions of libcuda by name.

    Args:
        library: the loaded library.
    """

    def __init__(self, library: Any) -> None:
        self.functions: dict[str, Any] = {}
        for name, types in SIGNATURES.items():
            function = self.functions[name] = getattr(library, name)
            function.argtypes, function.restype = types, c_int

    def __call__(self, name: str, *arguments: Any) -> None:
        """Call a function.

        Raises:
            EmulationError: it fails, or work before it did.
        """
        if code := self.functions[name](*arguments):
            raise EmulationError(WHO, f"{name} fails: {self.describe(code)}")

    def describe(self, code: int) -> str:
        """An error, by name and in words."""
        said: list[str] = []
        for function in ("cuGetErrorName", "cuGetErrorString"):
            text = c_char_p()
            self.functions[function](code, ctypes.byref(text))
            said.append((text.value or b"unknown").decode())
        return ", ".join(said)


@cache
def driver() -> Driver:
    """The driver, ready for use.

    Raises:
        DeviceMissing: there is none, or no GPU that it drives.
    """
    try:
        found = Driver(ctypes.CDLL(LIBRARY))
    except OSError:
        raise DeviceMissing(
            WHO,
            f"found no driver of NVIDIA's, {LIBRARY}",
            "It runs where one is installed; OXMLX_METAL=emulate runs without a GPU.",
        ) from None
    try:
        found("cuInit", 0)
    except EmulationError as error:
        raise DeviceMissing(
            WHO,
            f"there is no GPU for the driver: {error.problem}",
            "OXMLX_METAL=emulate runs without one.",
        ) from None
    return found
