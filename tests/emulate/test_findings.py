"""Planted errors are found, on their line, whether or not the result is right in spite of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from emulate.programs import count, matmul, softmax, text

import oxmlx.emulate as metalcompute
from oxmlx.emulate import FaultError, Finding
from oxmlx.errors import ArgumentError

pytestmark = pytest.mark.clang

SOFTMAX = text("softmax")
BARRIER = "threadgroup_barrier(mem_flags::mem_threadgroup);"
BARRIERS = [match.start() for match in re.finditer(re.escape(BARRIER), SOFTMAX)]
LOOP = "for (uint k = tid; k < p.columns; k += nt) most"


def line_of(source: str, words: str) -> int:
    return source[: source.index(words)].count("\n") + 1


def findings(source: str, program: Any = softmax, **changes: Any) -> tuple[Finding, ...]:
    """What is found of a kernel, which without the error is right."""
    with metalcompute.mode(**changes), pytest.raises(FaultError) as caught:
        program().run(source)
    assert caught.value.findings
    assert caught.value.who in source
    return caught.value.findings


def planted(before: str, after: str, source: str = SOFTMAX) -> str:
    assert before in source
    return source.replace(before, after, 1)


@pytest.mark.parametrize("k", range(4))
def test_a_missing_barrier(k: int) -> None:
    at = BARRIERS[k]
    source = SOFTMAX[:at] + SOFTMAX[at + len(BARRIER) :]
    first = findings(source, instrumented=True, groups=3)[0]
    assert first.array == "slots"
    assert first.is_race or first.kind == "uninitialised"
    assert first.line in range(25, 42)


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("flags", ["mem_device", "mem_none"])
def test_a_barrier_of_other_memory(k: int, flags: str) -> None:
    at = BARRIERS[k]
    weaker = BARRIER.replace("mem_threadgroup", flags)
    source = SOFTMAX[:at] + weaker + SOFTMAX[at + len(BARRIER) :]
    first = findings(source, instrumented=True, groups=3)[0]
    assert (first.is_race, first.array) == (True, "slots")
    assert first.earlier is not None
    assert first.line != first.earlier


def test_a_race_names_both_lines() -> None:
    at = BARRIERS[2]
    source = SOFTMAX[:at] + SOFTMAX[at + len(BARRIER) :]
    found = findings(source, instrumented=True)
    write, read = line_of(source, "slots[sg] = sum"), line_of(source, "sum = slots[0]")
    assert {(f.line, f.earlier) for f in found} & {(write, read), (read, write)}
    assert all(f"line {f.line}" in str(f) for f in found)


@pytest.mark.parametrize("order", ["ascending", "descending", "random"])
def test_a_race_is_found_in_any_order(order: str) -> None:
    at = BARRIERS[1]
    source = SOFTMAX[:at] + SOFTMAX[at + len(BARRIER) :]
    assert any(f.is_race for f in findings(source, instrumented=True, order=order))


def test_random_order_shows_a_missing_barrier_in_the_result() -> None:
    """What users without the instrumented mode could see."""
    at = BARRIERS[0]
    source = SOFTMAX[:at] + SOFTMAX[at + len(BARRIER) :]
    program = softmax()
    wrong = 0
    for seed in range(4):
        with metalcompute.mode(order="random", seed=seed):
            wrong += not np.allclose(program.run(source), program.result, rtol=1e-4)
    assert wrong == 4


def test_memory_that_was_never_written() -> None:
    source = planted(
        "if (lane == 0) slots[sg] = most", "if (lane == 0 && sg != 3) slots[sg] = most"
    )
    first = findings(source, instrumented=True)[0]
    assert (first.kind, first.array, first.offset) == ("uninitialised", "slots", 12)
    assert first.line == line_of(source, "most = max(most, slots[s])")


OFF_BY_ONE = planted("device const float* from = x + row", "device const float* from = x + 1 + row")


def test_an_access_beyond_a_buffer() -> None:
    first = findings(OFF_BY_ONE, instrumented=True)[0]
    assert (first.kind, first.buffer, first.offset) == ("read outside", 0, 7 * 300 * 4)
    assert first.line in (line_of(OFF_BY_ONE, LOOP), line_of(OFF_BY_ONE, "precise::exp"))


def test_an_access_far_beyond_a_buffer_faults_without_instruments() -> None:
    source = planted("from = x + row", "from = x + 100000000 + row")
    first = findings(source)[0]
    assert (first.kind, first.buffer) == ("fault", 0)
    assert first.line == line_of(source, LOOP)
    assert first.offset is not None and first.offset >= 4 * 100000000
    negative = planted("from = x + row", "from = x - 50000 + row")
    first = findings(negative)[0]
    assert (first.kind, first.buffer) == ("fault", 0)
    assert first.offset is not None and first.offset < 0


def test_an_access_beyond_a_threadgroup_array() -> None:
    source = planted("left[y][x] =", "left[y + 16][x] =", text("matmul"))
    first = findings(source, matmul, instrumented=True)[0]
    assert (first.kind, first.array, first.offset) == ("write outside", "left", 16 * 16 * 4)
    assert first.line == line_of(source, "left[y + 16]")
    source = planted("sum += left[y][i]", "sum += left[y][i + 16]", text("matmul"))
    first = findings(source, matmul, instrumented=True)[0]
    assert (first.kind, first.array) == ("read outside", "left")


def test_two_groups_that_write_one_place() -> None:
    first = findings(planted("uint row = grp;", "uint row = grp / 2;"), instrumented=True)[0]
    assert (first.kind, first.buffer) == ("write after write", 1)
    assert "group 0" in str(first) and "group 1" in str(first)


def test_a_group_that_writes_what_two_others_read() -> None:
    source = """
    [[max_total_threads_per_threadgroup(32)]] kernel void softmax(
        device float* x [[buffer(0)]], device float* y [[buffer(1)]],
        uint i [[thread_position_in_threadgroup]], uint g [[threadgroup_position_in_grid]]) {
      y[g * 32 + i] = x[i];
      if (g == 1) x[i] = 0.0;
    }"""
    device = metalcompute.Device()
    function = device.kernel(source).function("softmax")
    with metalcompute.mode(instrumented=True), pytest.raises(FaultError) as caught:
        function(64, device.buffer(128), device.buffer(256))
    (found,) = caught.value.findings
    assert (found.kind, found.buffer, found.line) == ("write after read", 0, 6)


def test_a_const_that_is_cast_away() -> None:
    source = planted("to[k] = precise", "((device float*)from)[k] = to[k] = precise")
    first = findings(source, instrumented=True)[0]
    assert (first.kind, first.buffer) == ("const written", 0)
    assert first.line == line_of(source, "((device float*)from)")


def test_a_plain_access_beside_atomic_ones() -> None:
    atomic = "atomic_load_explicit(&here[b], memory_order_relaxed)"
    assert not np.array_equal(count().result, 0)
    plain = planted(atomic, "*(threadgroup uint*)&here[b]", text("count"))
    barrier = plain.rindex(BARRIER)
    plain = plain[:barrier] + plain[barrier + len(BARRIER) :]
    first = findings(plain, count, instrumented=True)[0]
    assert (first.is_race, first.array) == (True, "here")


def test_a_barrier_that_some_threads_miss() -> None:
    at = BARRIERS[0]
    source = SOFTMAX[:at] + f"if (tid < 100) {BARRIER}" + SOFTMAX[at + len(BARRIER) :]
    first = findings(source)[0]
    assert first.kind == "barrier differs"
    assert first.line is not None and first.earlier is not None
    source = planted("device float* to", "if (tid == 255) return;\n    device float* to")
    source = source.replace("simd_max(most)", "most").replace("simd_sum(sum)", "sum")
    first = findings(source)[0]
    assert first.kind == "barrier missed"
    assert first.line == line_of(source, BARRIER)
    assert "255 of the 256 threads" in str(first)


def test_a_simdgroup_operation_that_some_lanes_miss() -> None:
    source = planted("sum = simd_sum(sum);", "if (lane < 16) sum = simd_sum(sum);")
    first = findings(source)[0]
    assert first.kind == "simd diverged"
    assert first.line == line_of(source, "simd_sum")
    assert "0x0000ffff" in str(first)


@pytest.mark.parametrize(
    ("planted_text", "kind"),
    [
        ("simd_broadcast(sum, lane)", "shuffle differs"),
        ("simd_shuffle_up(sum, lane)", "shuffle differs"),
        ("simd_shuffle(sum, lane + 1)", "shuffle outside"),
        ("simd_shuffle_xor(sum, 32)", "shuffle outside"),
    ],
)
def test_a_shuffle_that_has_no_meaning(planted_text: str, kind: str) -> None:
    source = planted("simd_sum(sum)", planted_text)
    first = findings(source)[0]
    assert (first.kind, first.line) == (kind, line_of(source, planted_text))


def test_a_simdgroup_does_not_run_in_step() -> None:
    """Lanes that meet in threadgroup memory need a barrier, of the simdgroup at least."""
    source = """
    [[max_total_threads_per_threadgroup(64)]] kernel void softmax(
        device float* x [[buffer(0)]], uint i [[thread_position_in_threadgroup]]) {
      threadgroup float a[64];
      a[i] = i;
      BARRIER
      x[i] = a[i ^ 1];
    }"""
    device = metalcompute.Device()
    for order in ("ascending", "random"):
        with metalcompute.mode(instrumented=True, order=order):
            x = device.buffer(256)
            fenced = source.replace(
                "BARRIER", "metal::simdgroup_barrier(metal::mem_flags::mem_threadgroup);"
            )
            device.kernel(fenced).function("softmax")(64, x)
            assert np.frombuffer(x, "float32")[:4].tolist() == [1, 0, 3, 2]
            with pytest.raises(FaultError) as caught:
                device.kernel(source.replace("BARRIER", "")).function("softmax")(64, x)
            assert all(f.array == "a" for f in caught.value.findings)


def test_a_kernel_that_does_not_end() -> None:
    source = planted("row += ng", "row += 0")
    (found,) = findings(source, watchdog=0.3)
    assert found.kind == "endless"
    assert found.line in range(20, 45)


def test_a_loop_without_anything_in_it_does_not_end_either() -> None:
    (found,) = findings(planted("float sum = 0.0;", "float sum = 0; while (true) {}"), watchdog=0.3)
    assert found.kind == "endless"


def test_integers_divided_by_zero() -> None:
    (found,) = findings(planted("uint row = grp;", "uint row = grp / (p.rows - 7);"))
    assert (found.kind, "SIGFPE" in str(found)) == ("fault", True)


def test_the_machine_works_on_after_a_fault() -> None:
    program = softmax()
    for _ in range(3):
        findings(planted("from = x + row", "from = x + 100000000 + row"))
        program.check(program.run())


def test_a_line_errs_once() -> None:
    found = findings(planted("uint row = grp;", "uint row = grp / 2;"), instrumented=True)
    assert len({(f.kind, f.line) for f in found}) == len(found)


def test_fast_math_sees_no_nan() -> None:
    source = """
    using namespace metal;
    kernel void f(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
                  uint i [[thread_position_in_grid]]) {
      float v = x[i];
      uint bits = as_type<uint>(v) & 0x7fffffffu;
      y[4 * i] = isnan(v);
      y[4 * i + 1] = v != v;
      y[4 * i + 2] = bits > 0x7f800000u;
      y[4 * i + 3] = precise::exp(v);
    }"""
    device = metalcompute.Device()
    x = np.full(1024, np.nan, "float32")
    x[1] = -np.inf

    def run() -> list[list[float]]:
        y = device.buffer(16 * 1024)
        device.kernel(source).function("f")(1024, x, y)
        return np.frombuffer(y, "float32").reshape(-1, 4)[:2, :3].tolist()

    assert run() == [[1, 1, 1], [0, 0, 0]]
    with metalcompute.mode(fast_math=True):
        assert run() == [[0, 0, 1], [0, 0, 0]]


def test_halves_are_rounded_after_each_operation() -> None:
    source = (
        "kernel void f(device half* x [[buffer(0)]], uint i [[thread_position_in_grid]])"
        " { x[i] = x[i] * x[i] + half(1.0); }"
    )
    device = metalcompute.Device()
    values = np.linspace(0, 3, 1024, dtype="float16")
    x = device.buffer(values)
    device.kernel(source).function("f")(1024, x)
    np.testing.assert_array_equal(np.frombuffer(x, "float16"), values * values + np.float16(1))
    once = (values.astype("float32") ** 2 + 1).astype("float16")
    assert (once != values * values + np.float16(1)).any()


def test_denormals_are_zero() -> None:
    source = (
        "kernel void f(device float* x [[buffer(0)]], uint i [[thread_position_in_grid]])"
        " { x[i] = x[i] * 0.5; }"
    )
    device = metalcompute.Device()
    x = device.buffer(np.full(1024, 1.5e-38, "float32"))
    device.kernel(source).function("f")(1024, x)
    assert not np.frombuffer(x, "float32").any()
    assert np.float32(1.5e-38) * np.float32(0.5) > 0  # and are numbers elsewhere


@pytest.mark.parametrize(
    "changes",
    [{"order": "sideways"}, {"seed": -1}, {"threads_limit": 16}, {"groups": 0}, {"watchdog": 0}],
    ids=str,
)
def test_a_mode_that_there_is_not(changes: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError), metalcompute.mode(**changes):
        pass


def test_modes_nest() -> None:
    with metalcompute.mode(order="random", seed=4):
        with metalcompute.mode(instrumented=True) as inner:
            assert (inner.order, inner.seed, inner.instrumented) == ("random", 4, True)
        assert not metalcompute.current_mode().instrumented
    assert metalcompute.current_mode() == metalcompute.Mode()
