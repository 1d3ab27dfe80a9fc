"""Print a table of measurements and keep it as JSON in out/."""

from __future__ import annotations

import json
import pathlib
import platform
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

OUT = pathlib.Path(__file__).resolve().parent.parent / "out"


def report(name: str, rows: list[dict[str, Any]]) -> None:
    """Print rows with the same keys as a table, and write them to out/NAME.json."""
    keys = list(rows[0])
    cells = [[show(r[k]) for k in keys] for r in rows]
    widths = [max(len(k), *(len(c[i]) for c in cells)) for i, k in enumerate(keys)]
    print("  ".join(k.ljust(w) for k, w in zip(keys, widths, strict=True)))
    for c in cells:
        print("  ".join(v.ljust(w) for v, w in zip(c, widths, strict=True)))
    OUT.mkdir(exist_ok=True)
    record = {"machine": platform.processor() or platform.machine(), "time": time.time()}
    record |= {"python": platform.python_version(), "rows": rows}
    (OUT / f"{name}.json").write_text(json.dumps(record, indent=1))


def show(x: Any) -> str:
    return f"{x:.3g}" if isinstance(x, float) else str(x)


Clock = Callable[[], float]


def seconds(f: Callable[[], Any], repeat: int, clock: Clock = time.perf_counter) -> float:
    """The time of one call, averaged over `repeat` of them."""
    start = clock()
    for _ in range(repeat):
        f()
    return (clock() - start) / repeat


class Comparison(NamedTuple):
    """The median time of a call, and how many times as long the other one takes."""

    time: float
    ratio: float


def compare(
    f: Callable[[], Any],
    other: Callable[[], Any],
    repeat: int,
    rounds: int = 15,
    clock: Clock = time.perf_counter,
) -> Comparison:
    """How a function compares with another one: the median over rounds, in each of which noise and
    caches are the same for both. Best times would come from different moments."""
    times: list[tuple[float, float]] = []
    f()
    other()
    for _ in range(rounds):
        times.append((seconds(f, repeat, clock), seconds(other, repeat, clock)))
    return Comparison(median(x for x, _ in times), median(y / x for x, y in times))


def interleaved(
    fs: dict[str, Callable[[], Any]],
    repeat: int,
    rounds: int = 7,
    clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """The best time of each function, measured in turns so that noise hits all alike."""
    best = dict.fromkeys(fs, float("inf"))
    for f in fs.values():
        f()
    for _ in range(rounds):
        for name, f in fs.items():
            best[name] = min(best[name], seconds(f, repeat, clock))
    return best
