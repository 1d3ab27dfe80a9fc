"""What is right is not refused: neighbours, wide accesses, constants, every kind of barrier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import oxmlx.emulate as metalcompute
from oxmlx.emulate import FaultError

pytestmark = pytest.mark.clang

HEAD = """
#include <metal_stdlib>
using namespace metal;
constant float table[4] = {1, 2, 3, 4};
struct Mixed { float x; uchar y, z; };
inline float third(constant float* t) { return t[2]; }
inline void put(device float* to, threadgroup const float* from, uint i) { to[i] = from[i]; }
[[max_total_threads_per_threadgroup(64)]]
kernel void f(device TYPE* x [[buffer(0)]], device float* scratch [[buffer(1)]],
              uint tid [[thread_position_in_threadgroup]],
              uint grp [[threadgroup_position_in_grid]],
              uint i [[thread_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
"""
N = 256  # threads, in 4 groups

RIGHT: dict[str, tuple[str, str, Callable[[np.ndarray], np.ndarray]]] = {
    "neighbouring bytes": ("uchar", "x[i] = x[i] + 1;", lambda x: x + 1),
    "neighbouring halves": ("half", "x[i] = x[i] + x[i];", lambda x: x + x),
    "vectors": (
        "float",
        "if (i % 4 == 0) { device float4* v = (device float4*)(x + i); v[0] = v[0].wzyx; }",
        lambda x: x.reshape(-1, 4)[:, ::-1].reshape(-1),
    ),
    "longs": ("long", "x[i] = x[i] * 3;", lambda x: x * 3),
    "constants of the program": (
        "float",
        "x[i] = table[i % 4] + third(table);",
        lambda x: np.arange(N, dtype="float32") % 4 + 4,
    ),
    "memory of a thread": (
        "float",
        "float mine[8]; for (uint k = 0; k < 8; k++) mine[(k + i) % 8] = k; x[i] = mine[i % 8];",
        lambda x: np.zeros(N, "float32"),
    ),
    "fields of a struct": (
        "float",
        "threadgroup Mixed m[2]; if (tid == 0) m[1].y = 7; if (tid == 40) m[1].z = 9;"
        "threadgroup_barrier(mem_flags::mem_threadgroup); x[i] = m[1].y + m[1].z;",
        lambda x: np.full(N, 16, "float32"),
    ),
    "a pointer that is handed on": (
        "float",
        "threadgroup float t[64]; t[tid ^ 33] = i;"
        "threadgroup_barrier(mem_flags::mem_threadgroup); put(x + grp * 64, t, tid);",
        lambda x: (np.arange(N) ^ 33).astype("float32"),
    ),
    "exchange on the device": (
        "float",
        "scratch[i] = x[i]; threadgroup_barrier(mem_flags::mem_device); x[i] = scratch[i ^ 63];",
        lambda x: x[np.arange(N) ^ 63],
    ),
    "both flags": (
        "float",
        "threadgroup float t[64]; t[tid] = scratch[i] = x[i];"
        "threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);"
        "x[i] = scratch[i ^ 63] + t[tid ^ 1];",
        lambda x: x[np.arange(N) ^ 63] + x[np.arange(N) ^ 1],
    ),
    "a barrier of the simdgroup": (
        "float",
        "threadgroup float t[64]; t[tid] = x[i];"
        "simdgroup_barrier(mem_flags::mem_threadgroup); x[i] = t[tid ^ 31];",
        lambda x: x[np.arange(N) ^ 31],
    ),
    "one thread after another": (
        "float",
        "threadgroup float t; if (tid == 0) t = 1;"
        "for (uint k = 0; k < 64; k++) { threadgroup_barrier(mem_flags::mem_threadgroup);"
        "if (tid == k) t = t + 1; } threadgroup_barrier(mem_flags::mem_threadgroup); x[i] = t;",
        lambda x: np.full(N, 65, "float32"),
    ),
    "a barrier in a branch that all take": (
        "float",
        "threadgroup float t[64]; t[tid] = i;"
        "if (grp % 2 == 0) threadgroup_barrier(mem_flags::mem_threadgroup);"
        "x[i] = grp % 2 == 0 ? t[tid ^ 32] : t[tid];",
        lambda x: np.where(np.arange(N) // 64 % 2, np.arange(N), np.arange(N) ^ 32),
    ),
    "a number that is agreed on atomically": (
        "int",
        "threadgroup atomic_int most; if (tid == 0)"
        "atomic_store_explicit(&most, 0, memory_order_relaxed);"
        "threadgroup_barrier(mem_flags::mem_threadgroup); int mine = x[i];"
        "int seen = atomic_load_explicit(&most, memory_order_relaxed);"
        "while (mine > seen && !atomic_compare_exchange_weak_explicit("
        "&most, &seen, mine, memory_order_relaxed, memory_order_relaxed)) {}"
        "threadgroup_barrier(mem_flags::mem_threadgroup);"
        "x[i] = atomic_load_explicit(&most, memory_order_relaxed);",
        lambda x: np.repeat(x.reshape(4, 64).max(1), 64),
    ),
}
DTYPES = {"uchar": "uint8", "half": "float16", "long": "int64", "int": "int32", "float": "float32"}


def run(type_: str, body: str) -> tuple[np.ndarray, np.ndarray]:
    """What there was, and what the kernel has made of it."""
    device = metalcompute.Device()
    before = np.random.default_rng(0).permutation(N).astype(DTYPES[type_])
    x = device.buffer(before)
    text = HEAD.replace("TYPE", type_) + body + "}"
    device.kernel(text).function("f")(N, x, device.buffer(4 * N))
    return before, np.frombuffer(x, DTYPES[type_])


@pytest.mark.parametrize("order", ["ascending", "descending", "random"])
@pytest.mark.parametrize(("type_", "body", "want"), RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_passes(
    type_: str, body: str, want: Callable[[np.ndarray], np.ndarray], order: str
) -> None:
    with metalcompute.mode(instrumented=True, order=order):
        before, after = run(type_, body)
    np.testing.assert_array_equal(after, want(before))


@pytest.mark.parametrize(
    "name", [name for name, (_, body, _) in RIGHT.items() if "barrier(mem_flags" in body]
)
@pytest.mark.parametrize("flags", ["mem_none", "mem_texture"])
def test_and_not_with_weaker_barriers(name: str, flags: str) -> None:
    type_, body, _ = RIGHT[name]
    for word in ("mem_flags::mem_device", "mem_flags::mem_threadgroup"):
        body = body.replace(word, f"mem_flags::{flags}")
    with metalcompute.mode(instrumented=True), pytest.raises(FaultError) as caught:
        run(type_, body)
    assert all(finding.is_race for finding in caught.value.findings)
