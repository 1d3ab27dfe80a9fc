"""NVRTC, NVIDIA's compiler in a library: where it is, and what it is told."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from oxmlx.emulate.cuda.driver import WHO
from oxmlx.emulate.errors import CompilerMissing, TextError

RUNTIME = Path(__file__).with_name("runtime")
NAMES = ("libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2")
COMMON = (
    *("--std=c++17", "--device-as-default-execution-space", f"--include-path={RUNTIME}"),
    "--ftz=true",  # so do GPUs of Apple's, and the Linux executor
)
FAST = ("--prec-div=false", "--prec-sqrt=false", "--define-macro=EMU_FAST_MATH")


class Nvrtc:
    """The compiler.

    Args:
        library: the loaded library.
    """

    def __init__(self, library: Any) -> None:
        self.library = library
        major, minor = c_int(), c_int()
        library.nvrtcVersion(byref(major), byref(minor))
        self.version = f"{major.value}.{minor.value}"

    def architectures(self) -> list[int]:
        """The compute capabilities that it knows, 90 for 9.0."""
        count = c_int()
        self.library.nvrtcGetNumSupportedArchs(byref(count))
        found = (c_int * count.value)()
        self.library.nvrtcGetSupportedArchs(found)
        return list(found)

    def compile(self, source: str, capability: int, fast_math: bool = False) -> bytes:
        """Machine code for a compute capability; PTX, if it knows only earlier ones.

        Raises:
            TextError: the source is no C++ for CUDA.
        """
        known = self.architectures()
        native = capability in known
        target = (
            capability if native else max((k for k in known if k < capability), default=known[0])
        )
        kind = "sm" if native else "compute"
        options = (f"--gpu-architecture={kind}_{target}", *COMMON, *(FAST if fast_math else ()))
        program = c_void_p()
        self.library.nvrtcCreateProgram(byref(program), source.encode(), None, 0, None, None)
        try:
            given = (c_char_p * len(options))(*map(str.encode, options))
            if self.library.nvrtcCompileProgram(program, len(options), given):
                raise TextError("Metal text", errors(self.read(program, "ProgramLog")))
            return self.read(program, "CUBIN" if native else "PTX")
        finally:
            self.library.nvrtcDestroyProgram(byref(program))

    def read(self, program: c_void_p, what: str) -> bytes:
        """Something that belongs to a program."""
        size = c_size_t()
        getattr(self.library, f"nvrtcGet{what}Size")(program, byref(size))
        found = ctypes.create_string_buffer(size.value)
        getattr(self.library, f"nvrtcGet{what}")(program, found)
        return found.raw


def errors(said: bytes) -> str:
    """The errors of a log, without what it quotes."""
    lines = said.decode(errors="replace").strip("\0").splitlines()
    return "\n  ".join([line for line in lines if "error" in line] or lines[-5:])


@cache
def nvrtc() -> Nvrtc:
    """The compiler: that of a CUDA toolkit, or of the package nvidia-cuda-nvrtc.

    Raises:
        CompilerMissing: there is none.
    """
    for file in (*NAMES, *installed()):
        try:
            return Nvrtc(ctypes.CDLL(file))
        except OSError:
            continue
    raise CompilerMissing(
        WHO,
        "found no NVRTC, neither in a CUDA toolkit nor among Python's packages",
        "Install it: pip install nvidia-cuda-nvrtc",
    )


def installed() -> Iterator[str]:
    """Files that may be NVRTC and are not where the loader looks."""
    toolkits = (os.environ.get("CUDA_HOME", ""), os.environ.get("CUDA_PATH", ""), "/usr/local/cuda")
    folders: Sequence[Path] = [Path(p, "lib64") for p in toolkits if p]
    folders += [f for p in sys.path for f in Path(p, "nvidia").glob("*/lib")]
    for folder in folders:
        yield from map(str, sorted(folder.glob("libnvrtc.so*")))
