"""The CPU this process runs on: what it can do, and machine code for it from LLVM IR text."""

from __future__ import annotations

import ctypes
from collections import deque
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary

from oxmlx.backends.llvm.scalars import C_NAMES
from oxmlx.code_cache import CodeCache
from oxmlx.config import config
from oxmlx.errors import CompileError
from oxmlx.fork import COMPILATION, WORK, hold

LEVEL = 2  # of LLVM's code generator; of its passes over the IR only one runs
ATTRIBUTES = '#0 = {{ nounwind "prefer-vector-width"="{bits}" "no-trapping-math"="true" }}'

MOST_UNUSED = 512
"""Engines that are kept although nobody may need them: the next program often does."""


class Target:
    """LLVM, set up for the host.

    Raises:
        ImportError: llvmlite is not installed, as on platforms without a wheel.
    """

    def __init__(self) -> None:
        self.llvm: Any
        self.llvm = llvm = import_module("llvmlite.binding")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.cpu: str = llvm.get_host_cpu_name()
        features = llvm.get_host_cpu_features()
        self.features: dict[str, bool] = dict(features)
        self.feature_text: str = features.flatten()
        self.triple: str = llvm.get_process_triple()
        self.lanes = self.bits // 32
        self.version: str = import_module("llvmlite").__version__
        self.kernels_compiled = 0
        """How many texts this process has compiled; what it finds on disk is not among them."""
        self.lock = RLock()
        hold(self.lock, COMPILATION)
        # llvmlite has a lock around every call, and no way to hold it across a fork but this
        theirs = getattr(getattr(llvm.ffi.lib, "_lock", None), "_lock", None)
        if theirs is not None:
            hold(theirs, WORK)
        self.engines: WeakValueDictionary[str, Any] = WeakValueDictionary()
        """Of each text. Machine code lives as long as somebody has its engine."""
        self.recent: deque[Any] = deque(maxlen=MOST_UNUSED)
        self.kept: dict[str, Any] = {}
        for name in libm_names():
            llvm.add_symbol(name, ctypes.cast(getattr(libm(), name), ctypes.c_void_p).value)

    @property
    def bits(self) -> int:
        """The width of a vector register."""
        if self.features.get("avx512f") and self.features.get("avx512vl"):
            return 512
        return 256 if self.features.get("avx2") else 128

    def load(self, text: str) -> Any:
        """The engine of a text, which is compiled once. Who calls its code must hold it.

        Raises:
            CompileError: LLVM refuses the text.
        """
        with self.lock:
            engine = self.engines.get(text)
            if engine is None:
                engine = self.engines[text] = self.compile(text)
                self.recent.append(engine)
            return engine

    def address(self, text: str, function: str) -> int:
        """The address of a function of a text that is kept for ever.

        Raises:
            CompileError: LLVM refuses the text.
        """
        engine = self.load(text)
        self.kept[text] = engine
        return engine.get_function_address(function)

    def compile(self, text: str) -> Any:
        """Machine code of a text: that on disk, if there is any."""
        text = self.annotated(text)
        machine = self.llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.cpu, features=self.feature_text, opt=LEVEL, jit=True, codemodel="jitdefault"
        )
        cache = None if config.cache == "off" else CodeCache(Path(config.cache).expanduser())
        made_from = text, self.cpu, self.feature_text, self.triple, self.version, str(LEVEL)
        path = cache.path(*made_from) if cache else Path()
        code = cache.get(path) if cache else None
        if code is None:
            self.kernels_compiled += 1
            code = machine.emit_object(self.module(text, machine))
            if cache:
                cache.put(path, code)
        engine = self.llvm.create_mcjit_compiler(self.llvm.parse_assembly(""), machine)
        engine.add_object_file(self.llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    def module(self, text: str, machine: Any) -> Any:
        """The text as a module, verified, for LLVM's later errors would end the process."""
        llvm = self.llvm
        try:
            module = llvm.parse_assembly(text)
            module.verify()
        except RuntimeError as e:
            raise CompileError("cpu", f"LLVM refuses a kernel: {e}", "Please report it.") from e
        module.triple, module.data_layout = self.triple, str(machine.target_data)
        passes = llvm.create_new_function_pass_manager()
        passes.add_sroa_pass()
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
        for f in module.functions:
            if not f.is_declaration:
                passes.run(f, builder)
        return module

    def annotated(self, text: str) -> str:
        """The text with the attributes that make LLVM use whole registers."""
        text = text.replace(") {\n", ") #0 {\n")
        return f"{text}\nattributes {ATTRIBUTES.format(bits=self.bits)}\n"


def target() -> Target:
    """The one target of the process. A second one, made by another thread at the same time, would
    take its code away when it goes."""
    if not _targets:
        with _lock:
            if not _targets:
                _targets.append(Target())
    return _targets[0]


_targets: list[Target] = []
_lock = RLock()
hold(_lock, COMPILATION)


@cache
def libm() -> ctypes.CDLL:
    """The C library's mathematics, which NumPy has loaded."""
    find_library = import_module("ctypes.util").find_library  # slow to import, and rarely used
    return ctypes.CDLL(find_library("m"))


def libm_names() -> list[str]:
    """The functions that kernels may call."""
    return [name + suffix for name in sorted(set(C_NAMES.values())) for suffix in ("", "f")]
