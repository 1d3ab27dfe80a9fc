"""Do random programs hold the memory flat, and agree with the reference, for as long as one likes?

python bench/soak.py --minutes 10
"""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import Any

from argparse import ArgumentTypeError
from math import inf

from command import Command


def minutes(text: str) -> float:
    """A time that is long enough for something."""
    if not 0 < float(text) < inf:
        raise ArgumentTypeError(f"wanted a number above 0, got {text}")
    return float(text)


COMMAND = Command(__doc__)
COMMAND.add_argument("--minutes", type=minutes, default=1.0, help="how long (default: 1)")
COMMAND.add_argument("--device", default="cpu", help="which device (default: cpu)")
COMMAND.add_argument("--seed", type=int, default=0, help="of the first program (default: 0)")
OPTIONS = COMMAND.start()

import numpy as np
from report import report

import oxmlx as ox
from oxmlx.testing import Program

CLOSE = 5e-4


def resident() -> float:
    """Megabytes of this process, without garbage."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def worst(program: Program, device: str) -> float:
    """The largest difference between a device and the reference: eager, jitted, differentiated."""

    def on(place: str, f: Any) -> list[np.ndarray]:
        with ox.default_device(place):
            return [np.asarray(x) for x in ox.tree.leaves(f(*map(ox.numpy.asarray, program.args)))]

    def total(*args: Any) -> Any:
        return sum(ox.numpy.sin(x).mean() for x in program(*args))

    fs = [program]
    if "while_loop" not in str(program):
        fs.append(ox.grad(total, argnums=(0, 1)))
    out = 0.0
    for f in fs:
        want = on("reference", f)
        for g in (f, ox.jit(f)):
            pairs = zip(on(device, g), want, strict=True)
            apart = [float(np.max(np.abs(x - y), initial=0)) for x, y in pairs]
            out = max(out, *(x if np.isfinite(x) else np.inf for x in apart))
    return out


def main() -> None:
    start, seed, rows = time.monotonic(), OPTIONS.seed, list[dict[str, Any]]()
    part = OPTIONS.minutes * 60 / 10
    apart: list[int] = []
    for n in range(10):
        while time.monotonic() < start + (n + 1) * part:
            if worst(Program(seed), OPTIONS.device) > CLOSE:
                apart.append(seed)
            seed += 1
        rows.append({"minutes": (n + 1) * part / 60, "programs": seed, "resident MB": resident()})
    report("soak", rows)
    print(f"seeds that differ from the reference by more than {CLOSE}: {apart or 'none'}")


if __name__ == "__main__":
    main()
