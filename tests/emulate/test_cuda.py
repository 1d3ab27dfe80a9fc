"""Metal texts as CUDA's: what becomes of the words, and what the driver of a GPU is told."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulate.programs import PROGRAMS, uints
from fake_cuda import FAULT, Library, stand_in
from test_metal_render import TEXTS

import oxmlx.emulate.cuda as metalcompute
from oxmlx import emulate
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.backends.metal.texts import kernel_names, kernel_text
from oxmlx.emulate.clang import clang
from oxmlx.emulate.cuda.nvrtc import RUNTIME, Nvrtc, errors
from oxmlx.emulate.cuda.rewrite import rewrite, unit
from oxmlx.emulate.tokens import code, tokenize

EVERY = {
    **{name: kernel_text(name) for name in kernel_names()},
    **{f"printed {name}": text for name, text in TEXTS.items()},
    **{f"program {make.__name__}": make().text for make in PROGRAMS},
}
TWICE = """#include <metal_stdlib>
[[max_total_threads_per_threadgroup(64)]]
kernel void twice(device float* x [[buffer(0)]], constant uint& n [[buffer(1)]],
                  uint i [[thread_position_in_grid]]) {
  threadgroup float kept[64];
  thread float* at = kept;
  if (i < n) x[i] *= 2.0;
}
"""


# Words


def test_what_becomes_of_the_words() -> None:
    want = """

     void twice( float* x               , const uint& n               ,
                  uint i                            ) {
  __shared__ float kept[64];
   float* at = kept;
  if (i < n) x[i] *= 2.0f;
}
"""
    assert [line.split() for line in rewrite(TWICE).splitlines()] == [
        line.split() for line in want.splitlines()
    ]


@pytest.mark.parametrize("name", EVERY)
def test_lines_stay_and_words_of_metal_go(name: str) -> None:
    text = rewrite(EVERY[name])
    assert text.count("\n") == EVERY[name].count("\n")
    tokens = tokenize(text)
    words = {tokens[i].text for i in code(tokens)}
    assert words.isdisjoint({"device", "constant", "threadgroup", "thread", "kernel"})
    assert "[[" not in text


def test_the_entry_takes_buffers_and_says_which() -> None:
    entry = unit(TWICE).partition('#line 1 "entries"\n')[2]
    assert "void __launch_bounds__(64) emu_run_twice(void* b0, void* b1) {" in entry
    assert "::emu::thread_position_in_grid<" in entry
    assert "emu_table_twice[] = {64, 0, ::emu::Bound" in entry


@pytest.mark.clang
@pytest.mark.parametrize("fast_math", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_a_compiler_of_cuda_reads_it(name: str, fast_math: bool) -> None:
    builtins = Path(__file__).with_name("cuda_builtins.h")
    flags = "-x cuda -fsyntax-only -nocudainc -nocudalib --cuda-device-only -std=c++17"
    flags += " --cuda-gpu-arch=sm_70 -Wno-unknown-cuda-version" + " -DEMU_FAST_MATH" * fast_math
    right, said = clang().run(
        *flags.split(), f"-I{RUNTIME}", "-include", str(builtins), "-", source=unit(EVERY[name])
    )
    assert right, said


@pytest.mark.clang
def test_and_refuses_what_it_should() -> None:
    with pytest.raises(AssertionError, match="program_source:7.*undeclared identifier 'y'"):
        EVERY["wrong"] = TWICE.replace("x[i] *=", "y[i] *=")
        try:
            test_a_compiler_of_cuda_reads_it("wrong", False)
        finally:
            del EVERY["wrong"]


# Calls


def test_a_call_is_a_launch_on_what_the_gpu_sees() -> None:
    library = Library(table=(64, 1, 4, 0, 0, 4, 1))
    with stand_in(library) as device:
        twice = device.kernel(TWICE).function("twice")
        x = device.buffer(400)
        twice(100, x, uints(100))
        (launch,) = library.launches
        assert (launch.groups, launch.threads) == (2, 64)
        assert launch.places[1] == x.address + 1  # in the order of the table
        with emulate.mode(groups=1, threads_limit=32):
            twice(100, x, uints(100))
        assert library.launches[1][1:3] == (1, 32)
        assert str(device) == "metalcompute.Device(a stand-in)"
        assert metalcompute.get_devices()[0].deviceName


def test_memory_is_given_back_when_nobody_has_it() -> None:
    library = Library()
    with stand_in(library) as device:
        x = device.buffer(b"12345678")
        view = memoryview(x)
        assert library.registered == {x.address: 8}
        del x
        gc.collect()
        assert library.registered and bytes(view) == b"12345678"
        del view
        gc.collect()
        assert library.registered == {}


def test_a_written_buffer_must_be_one() -> None:
    with (
        stand_in(Library()) as device,
        pytest.raises(emulate.HazardError, match=r"buffer\(0\) is written"),
    ):
        device.kernel(TWICE).function("twice")(64, np.zeros(4, "f4"), uints(4))


def test_a_lazy_run_is_waited_for_when_its_handle_dies() -> None:
    library = Library()
    with stand_in(library) as device:
        twice = device.kernel(TWICE).function("twice")
        library.failing["cuCtxSynchronize"] = FAULT
        x = device.buffer(256)
        with emulate.mode(lazy=True):
            run = twice(64, x, uints(64))
        assert len(library.launches) == 1
        del run
        with pytest.raises(emulate.FaultError, match=r"the GPU stopped.*cuGetErrorName\(700\)"):
            emulate.check()


def test_runs_are_recorded_and_timed() -> None:
    library = Library()
    with stand_in(library) as device:
        twice = device.kernel(TWICE).function("twice")
        x = device.buffer(256)
        with metalcompute.recorded() as jobs:
            twice(64, x, uints(64))
        twice(64, x, uints(64))
        assert [job.kernel.name for job in jobs] == ["twice"]
        library.launches.clear()
        assert metalcompute.seconds(jobs, repeat=3) == pytest.approx(0.002)
        assert [launch.places for launch in library.launches] == [(1 << 20,)] * 4
        assert metalcompute.copy_seconds(1 << 10, repeat=3) == pytest.approx(0.002)


def test_it_serves_the_device_metal() -> None:
    with stand_in(Library()):
        gpu = Gpu(metalcompute)
        assert gpu.empty((3, 4), np.dtype("float32")).shape == (3, 4)


# The compiler


class Compiler:
    """NVRTC, as far as it is called."""

    def __init__(self, known: tuple[int, ...]) -> None:
        self.known, self.options = known, list[bytes]()

    def nvrtcVersion(self, major: Any, minor: Any) -> None:
        major._obj.value, minor._obj.value = 13, 1

    def nvrtcGetNumSupportedArchs(self, count: Any) -> None:
        count._obj.value = len(self.known)

    def nvrtcGetSupportedArchs(self, found: Any) -> None:
        found[:] = self.known

    def nvrtcCreateProgram(self, *_: Any) -> None:
        pass

    def nvrtcCompileProgram(self, _: Any, count: int, options: Any) -> int:
        self.options = list(options)
        return 0

    def nvrtcDestroyProgram(self, _: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        def size(_: Any, count: Any) -> None:
            count._obj.value = len(name)

        def content(_: Any, found: Any) -> None:
            found.value = name.encode()

        return size if name.endswith("Size") else content


@pytest.mark.parametrize(
    ("known", "option", "kind"),
    [
        ((75, 80, 90), b"--gpu-architecture=sm_90", b"nvrtcGetCUBIN"),
        ((75, 80), b"--gpu-architecture=compute_80", b"nvrtcGetPTX"),
    ],
)
def test_a_chip_that_the_compiler_does_not_know_gets_what_its_driver_compiles(
    known: tuple[int, ...], option: bytes, kind: bytes
) -> None:
    library = Compiler(known)
    compiler = Nvrtc(library)
    assert compiler.version == "13.1"
    assert compiler.compile(unit(TWICE), 90).startswith(kind)
    assert library.options[0] == option and b"--ftz=true" in library.options
    compiler.compile(unit(TWICE), 90, fast_math=True)
    assert b"--prec-div=false" in library.options


def test_of_a_log_the_errors_are_told() -> None:
    log = b'program_source(7): error: identifier "y" is undefined\n  y[i]\n  ^\n\n1 error\n\0'
    assert errors(log).splitlines()[0] == 'program_source(7): error: identifier "y" is undefined'
    assert errors(b"out of memory\0") == "out of memory"
