"""From Metal texts to kernels that an NVIDIA GPU runs; kept on disk and in the process."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_int, c_size_t, c_ulong, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock

from oxmlx.code_cache import CodeCache
from oxmlx.config import config
from oxmlx.emulate.cuda.chip import Chip
from oxmlx.emulate.cuda.nvrtc import COMMON, FAST, RUNTIME, nvrtc
from oxmlx.emulate.cuda.rewrite import function_name, table_name, unit
from oxmlx.emulate.library import BufferUse, Interface
from oxmlx.emulate.lint import check_text
from oxmlx.emulate.signature import kernels
from oxmlx.emulate.tokens import tokenize

SHARED_BYTES = 1  # an attribute of a function

_lock = RLock()
_programs: dict[tuple[Chip, str, bool], dict[str, CompiledKernel]] = {}


@dataclass(frozen=True, slots=True)
class CompiledKernel(Interface):
    """A kernel that can run: its function takes its buffers in the order of `buffers`."""

    function: c_void_p


def kernels_of(chip: Chip, text: str, fast_math: bool) -> dict[str, CompiledKernel]:
    """The kernels of a text, compiled and loaded.

    Raises:
        TextError: the text is no MSL 2.3, or has what CUDA's prelude lacks.
        CompilerMissing: there is no NVRTC.
    """
    with _lock:
        key = chip, text, fast_math
        if key not in _programs:
            check_text(text)
            _programs[key] = load(chip, text, machine_code(text, chip.capability, fast_math))
        return _programs[key]


def machine_code(text: str, capability: int, fast_math: bool = False) -> bytes:
    """The code of a text for a compute capability, from disk if it is there."""
    compiler, kept = nvrtc(), _cache()
    made_from = ("cuda", text, _ourselves(), compiler.version, str(capability), str(fast_math))
    made_from += (*COMMON, *FAST)
    if kept and (found := kept.get(kept.path(*made_from))) is not None:
        return found
    code = compiler.compile(unit(text), capability, fast_math)
    if kept:
        kept.put(kept.path(*made_from), code)
    return code


def load(chip: Chip, text: str, code: bytes) -> dict[str, CompiledKernel]:
    """Have a GPU take machine code; it is never unloaded."""
    chip.enter()
    module = c_void_p()
    chip.driver("cuModuleLoadData", byref(module), code)
    return {k.name: _loaded(chip, module, k.name) for k in kernels(tokenize(text))}


def _loaded(chip: Chip, module: c_void_p, name: str) -> CompiledKernel:
    function, shared = c_void_p(), c_int()
    chip.driver("cuModuleGetFunction", byref(function), module, function_name(name).encode())
    chip.driver("cuFuncGetAttribute", byref(shared), SHARED_BYTES, function)
    address, size = c_ulong(), c_size_t()
    table = table_name(name).encode()
    chip.driver("cuModuleGetGlobal_v2", byref(address), byref(size), module, table)
    numbers = (ctypes.c_uint * (size.value // 4))()
    chip.driver("cuMemcpyDtoH_v2", numbers, address, size)
    limit, *rest = numbers
    rows = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    buffers = {i: BufferUse(size, min(size, 4), bool(written)) for i, size, written in rows}
    return CompiledKernel(name, limit, buffers, (("", shared.value),), function)


@cache
def _ourselves() -> str:
    """What compiles: another prelude makes other code of the same text."""
    ours, emulator = Path(__file__).parent, RUNTIME.parents[1] / "runtime"
    files = sorted([*ours.glob("*.py"), *RUNTIME.glob("*.h"), *emulator.glob("*.h")])
    return "\0".join(file.read_text(encoding="utf-8") for file in files)


def _cache() -> CodeCache | None:
    return None if config.cache == "off" else CodeCache(Path(config.cache).expanduser())
