"""`python -m oxmlx.doctor`: what this machine has, whether its devices agree with the reference,
and what to report."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import oxmlx.numpy as jnp
from oxmlx.api.evaluation import block_until_ready
from oxmlx.backends.llvm.target import target
from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.metal.texts import kernel_names, kernel_text
from oxmlx.config import config
from oxmlx.emulate.clang import clang
from oxmlx.emulate.errors import CompilerMissing
from oxmlx.emulate.signature import kernels
from oxmlx.emulate.tokens import tokenize
from oxmlx.errors import CompileError, OxmlxError
from oxmlx.ir.device import Device, default_device, devices, use_device
from oxmlx.jit import jit
from oxmlx.testing.parity import (
    compare_devices,
    is_emulated,
    parity_table,
    problems_of,
    stamp_metal,
)

PACKAGES = ("oxmlx", "numpy", "ml_dtypes", "llvmlite", "metalcompute")
FEATURES = ("avx2", "fma", "f16c", "avx512f", "avx512vl", "avx512bf16", "amx-bf16", "neon")
LONG = 1 << 24  # elements of an array that no cache holds


def main() -> int:
    """Print what there is; 1 if something is wrong with it."""
    for title, text in machine():
        print(f"{title + ':':14}{text}")
    problems: list[str] = []
    for device in devices():
        if device.index == 0 and device.kind != "reference":
            print(f"\n{name_of(device)}", flush=True)
            try:
                problems += examine(device)
            except OxmlxError as e:
                problems.append(f"{device}: {e}")
    print("\nThe figures are the largest errors, in ulps of the largest number of a result.")
    print(*verdict(problems), sep="\n")
    return bool(problems)


def machine() -> Iterator[tuple[str, str]]:
    """Versions, hardware, and what is set."""
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "is not installed"
    yield "system", platform.platform()
    found = devices()
    if any(d.kind == "cpu" for d in found):
        wide = [f for f in FEATURES if target().features.get(f)]
        yield "CPU", f"{target().cpu}, {target().bits} bits: {', '.join(wide)}"
    try:
        yield "clang", f"{clang().major}: OXMLX_METAL=emulate runs Metal texts as C++"
    except CompilerMissing as e:
        yield "clang", e.problem
    yield "cache", str(Path(config.cache).expanduser())
    yield "devices", f"{', '.join(map(str, found))}; {default_device()} is the default"


def name_of(device: Device) -> str:
    """A device, and what it is."""
    if device.kind != "metal":
        return str(device)
    if config.metal == "emulate":
        return f"{device}: the executor for Linux, which runs Metal texts as C++; no GPU"
    name = f"{device}: {gpu().metal.get_devices()[0].deviceName}"
    return f"{name}, which runs Metal texts as CUDA C++" if is_emulated(device) else name


def examine(device: Device) -> list[str]:
    """Compile, compare and time on a device; what is wrong with it."""
    if device.kind == "metal":
        compile_tuned()
    found = compare_devices([device.kind])
    problems = problems_of(found)
    if device.kind == "metal":
        print(f"{len(gpu().functions)} kernels compiled, {len(gpu().refused)} texts refused")
        problems += [f"metal: {why}, in the text\n{text}" for text, why in gpu().refused.items()]
    print(parity_table(found))
    if not is_emulated(device):
        print(f"\n{bandwidth(device):.1f} GB/s: 2 x + y, of {LONG:,} numbers in float32")
    if file := stamp_metal(found):
        print(f"It agrees with the reference, so it is the default from now on: {file} says so.")
    return problems


def compile_tuned() -> None:
    """Have all texts of `kernels/` compiled; the device keeps what it refuses."""
    for text in map(kernel_text, kernel_names()):
        for kernel in kernels(tokenize(text)):
            with suppress(CompileError):
                gpu().function(text, kernel.name)


def bandwidth(device: Device) -> float:
    """Bytes that go through the memory of a device, in 10⁹ a second: the best of some runs."""
    with use_device(device):
        x, y = block_until_ready((jnp.zeros(LONG) + 1, jnp.zeros(LONG) + 2))
        step = jit(lambda x, y: 2 * x + y)
        best = min(seconds(step, x, y) for _ in range(10))
    return 3 * x.nbytes / best / 1e9


def seconds(f: Callable[..., Any], *args: Any) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    block_until_ready(f(*args))
    return time.perf_counter() - start


def verdict(problems: Sequence[str]) -> Iterator[str]:
    """What is wrong, and where to say so."""
    yield f"{len(problems)} problems" if problems else "All is well."
    yield from problems
    yield "To report: all of this text, as an issue of the repository that oxmlx comes from."
    if any(d.kind == "metal" and not is_emulated(d) for d in devices()):
        yield "From a Mac, please do so even if all is well."


if __name__ == "__main__":
    sys.exit(main())
