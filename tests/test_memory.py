"""Ten thousand rounds of making, evaluating and dropping arrays leave the process as it was.

Measured in a process of its own, by what is resident: other tests' garbage would hide a leak.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import oxmlx as ox

STATM = Path("/proc/self/statm")
SLACK = (
    2**21
)  # bytes in 10 000 rounds: less than the handle of an array in each; pools vary by 2**20

PROGRAM = """
import gc, os, pathlib, sys
import oxmlx as ox
import oxmlx.numpy as jnp

def resident():
    gc.collect()
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

def loss(x):
    return jnp.sum(x * jnp.sin(x))

f, g, h = ox.jit(lambda x: 2 * jnp.sin(x) + 1), ox.grad(loss), ox.jit(ox.vmap(ox.grad(loss)))
KEPT = []

def round(k):
    x = jnp.full((10, 100), 2.0) * 3          # created, and read by what follows
    unread = x + 1                            # dropped before anything computes it
    ox.eval(x - 1, g(x), f(x), h(x))
    if k % 25 == 0:                           # a new function, a new program
        ox.eval(ox.jit(ox.grad(lambda y: loss(f(y + x))))(x))
    if sys.argv[2] == "leak":
        KEPT.append(unread)

with ox.default_device(sys.argv[1]):
    for k in range(2000):
        round(k)
    before = resident()
    for k in range(10_000 if sys.argv[2] == "hold" else 1000):
        round(k)
    print(resident() - before)
"""


def growth(device: str, mode: str) -> int:
    """Bytes that a run adds to a process."""
    if not STATM.exists():
        pytest.skip("no /proc: this system does not say what is resident now, only its maximum")
    if device not in {d.kind for d in ox.devices()}:
        pytest.skip("llvmlite has no wheel for this platform")
    command = [sys.executable, "-c", PROGRAM, device, mode]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("device", ["reference", "cpu"])
def test_ten_thousand_rounds_hold_memory_flat(device: str) -> None:
    assert growth(device, "hold") < SLACK


def test_a_leak_would_be_seen() -> None:
    assert growth("reference", "leak") > SLACK
