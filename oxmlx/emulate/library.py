"""Compiled kernels in this process: their tables, and the lines that their code comes from."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from ctypes import POINTER, Structure, c_bool, c_char_p, c_double, c_int, c_uint, c_ulong, c_void_p
from dataclasses import dataclass

from oxmlx.cached import cached_property
from oxmlx.emulate.finding import Raw


class _Parameter(Structure):
    _fields_ = tuple((name, c_uint) for name in ("index", "bytes", "granule", "writable"))


class _Variable(Structure):
    _fields_ = (
        ("address", c_void_p),
        ("name", c_char_p),
        *((name, c_uint) for name in ("bytes", "granule", "line", "unused")),
    )


class _Kernel(Structure):
    _fields_ = (
        *(("name", c_char_p), ("run", c_void_p)),
        *((name, c_uint) for name in ("text", "limit", "parameter_count")),
        *(
            ("parameters", POINTER(_Parameter)),
            ("variables", c_void_p),
            ("variables_end", c_void_p),
        ),
        *(("memory", c_void_p), ("memory_end", c_void_p)),
    )


class Bound(Structure):
    """A buffer of a dispatch: runtime/arena.h."""

    _fields_ = (
        *(("host", c_void_p), ("bytes", c_ulong)),
        *((name, c_uint) for name in ("index", "granule", "writable", "unused")),
    )


class Options(Structure):
    """How to dispatch: runtime/runtime.cpp."""

    _fields_ = (
        *((name, c_uint) for name in ("order", "seed", "checked", "unused")),
        ("seconds", c_double),
    )


@dataclass(frozen=True, slots=True)
class BufferUse:
    """A buffer of a kernel: bytes of an element and of a unit of storage, and if it is written."""

    bytes: int
    granule: int
    writable: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """What a kernel wants of a call: threads in a group at most, buffers by index, and its
    threadgroup memory, by name, in bytes."""

    name: str
    limit: int
    buffers: dict[int, BufferUse]
    arrays: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CompiledKernel(Interface):
    """A kernel that can run."""

    address: int
    library: Library


class Library:
    """The machine code of some texts, loaded; it is never unloaded."""

    def __init__(self, machine_code: bytes) -> None:
        self.machine_code = machine_code
        self.handle = load(machine_code)
        self.texts: dict[int, dict[str, CompiledKernel]] = {}
        address = ctypes.addressof(c_int.in_dll(self.handle, "emu_kernels"))
        while (kernel := _Kernel.from_address(address)).name:
            found = self._compiled(kernel, address)
            self.texts.setdefault(kernel.text, {})[found.name] = found
            address += ctypes.sizeof(_Kernel)

    def _compiled(self, kernel: _Kernel, address: int) -> CompiledKernel:
        parameters = kernel.parameters[: kernel.parameter_count]
        count = ((kernel.variables_end or 0) - (kernel.variables or 0)) // ctypes.sizeof(_Variable)
        variables = (_Variable * count).from_address(kernel.variables) if count else ()
        return CompiledKernel(
            kernel.name.decode(),
            kernel.limit,
            {p.index: BufferUse(p.bytes, p.granule, bool(p.writable)) for p in parameters},
            tuple((v.name.decode(), v.bytes) for v in variables),
            address,
            self,
        )

    @cached_property
    def lines(self) -> dict[int, int | None]:
        """Lines that were looked up, by offset into the code."""
        return {}

    def line_of(self, offset: int) -> int | None:
        """The line of the text that the code at an offset comes from."""
        if offset not in self.lines:
            self.lines[offset] = self._look_up(offset)
        return self.lines[offset]

    def _look_up(self, offset: int) -> int | None:
        program = shutil.which("addr2line")  # of binutils, without which clang could not link
        if program is None:
            return None
        with tempfile.NamedTemporaryFile(suffix=".so") as file:
            file.write(self.machine_code)
            file.flush()
            # What the compiler made up has no line of its own: that of the code before it will do.
            offsets = [hex(max(offset - back, 0)) for back in range(64)]
            command = [program, "-i", "-e", file.name, *offsets]
            said = subprocess.run(command, capture_output=True, text=True).stdout
        # Innermost first; what is inlined from our headers is not the user's.
        found = re.search(r"program_source:([1-9]\d*)", said)
        return int(found[1]) if found else None


def load(machine_code: bytes, everywhere: bool = False) -> ctypes.CDLL:
    """Load a shared library; `everywhere` lets those that are loaded later use it."""
    with tempfile.NamedTemporaryFile(suffix=".so") as file:
        file.write(machine_code)
        file.flush()
        return ctypes.CDLL(file.name, ctypes.RTLD_GLOBAL if everywhere else ctypes.RTLD_LOCAL)


class Runtime:
    """The machine that kernels run on: runtime/runtime.cpp."""

    def __init__(self, machine_code: bytes) -> None:
        library = load(machine_code, everywhere=True)
        self.dispatch = library.emu_dispatch
        self.dispatch.restype = c_int
        self.dispatch.argtypes = (
            *(c_void_p, POINTER(Bound), c_uint, POINTER(c_uint), c_uint, c_uint, c_uint),
            *(POINTER(Options), POINTER(POINTER(Raw))),
        )
        self.guard = library.emu_guard
        self.guard.restype = c_bool
        self.guard.argtypes = (c_void_p, c_ulong, c_int)
