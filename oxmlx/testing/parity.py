"""Devices against the reference, operation by operation: how far off they are, and what has no
kernel.

The error of a result is the largest difference of an element, in ulps of the largest element: where
terms cancel, a sum in another order is off by that much.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from oxmlx import emulate
from oxmlx.api.executable import plan_of, sources
from oxmlx.backends.base import backend_of
from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.metal.stamp import stamp
from oxmlx.config import config
from oxmlx.dtypes import finfo, is_inexact
from oxmlx.errors import OxmlxError
from oxmlx.ir.device import Device, as_device, devices
from oxmlx.ir.jaxpr import Jaxpr, alone
from oxmlx.ir.plan import Host, Plan
from oxmlx.ir.pretty import letters
from oxmlx.testing.operations import OPERATIONS
from oxmlx.testing.trials import Trial, trials

TOLERANCE = {"float32": 32.0, "bfloat16": 2.0, "float16": 2.0}
"""Ulps. In float32 two orders of a sum of n terms are some √n apart, here up to 11, Metal's `pow`
is off by up to 16, and blocks are chains of such. In 16 bits what is rounded last was computed in
float32: it is the same number or its neighbour, and few roundings follow each other."""


class Outcome(NamedTuple):
    """What a device makes of an operation or its gradient, over all dtypes and sizes."""

    operation: str
    gradient: bool
    device: str
    error: float
    """The largest, in ulps."""
    host: tuple[str, ...]
    """Steps that have no kernel, and why."""
    problems: tuple[str, ...]
    """What is wrong."""


def compare_devices(
    kinds: Iterable[str] = (), names: Iterable[str] = (), run: bool = True
) -> list[Outcome]:
    """Run operations and their gradients on devices, jitted and eager, and on the reference.

    Args:
        kinds: of devices; by default all but the reference.
        names: of operations; by default all.
        run: if not, only see what has no kernel.

    >>> [outcome] = compare_devices(["cpu"], ["argmax"])
    >>> outcome.error, outcome.host, outcome.problems
    (0.0, (), ())
    """
    every = [d for d in devices() if d.index == 0 and d.kind != "reference"]
    places = [as_device(kind) for kind in kinds] or every
    chosen = {name: OPERATIONS[name] for name in names or OPERATIONS}
    parts = [
        (name, gradient, list(trials(op, gradient)))
        for name, op in chosen.items()
        for gradient in (False, True)[: 1 + op.smooth]
    ]
    found: list[Outcome] = []
    for place in places:
        with like_a_gpu(place), quiet_log():
            if run and is_emulated(place) and config.metal == "emulate":
                programs = [trial.jaxpr for *_, part in parts for trial in part]
                emulate.prepare([text for p in programs for text in texts(p, place)])
            found += [compare(*part, place, run) for part in parts]
    return found


def compare(
    name: str, gradient: bool, tried: Sequence[Trial], device: Device, run: bool
) -> Outcome:
    """An operation, or its gradient, on a device."""
    worst, hosts, problems = 0.0, dict[str, list[str]](), list[str]()
    for trial in tried:
        try:
            plan = plan_of(trial.jaxpr, backend_of(device), config.strict)
            for step in host_steps(plan):
                hosts.setdefault(step, []).append(trial.dtype)
            error, warned = measure(trial, device) if run else (0.0, [])
        except OxmlxError as e:
            problems.append(f"{trial}: {e}")
            continue
        worst = max(worst, error)
        problems += [f"{trial}: {text}" for text in warned]
        if not error <= TOLERANCE[trial.dtype]:
            problems.append(f"{trial}: off by {error:.3g} ulps, of {TOLERANCE[trial.dtype]:g}")
    host = tuple(step + in_which(dtypes) for step, dtypes in hosts.items())
    return Outcome(name, gradient, device.kind, worst, host, tuple(problems))


def in_which(dtypes: Iterable[str]) -> str:
    """In which dtypes there is a step, if float32 is none of them."""
    found = dict.fromkeys(dtypes)
    return "" if "float32" in found else f" (in {' and '.join(found)} only)"


def measure(trial: Trial, device: Device) -> tuple[float, list[str]]:
    """The largest error of a program on a device, and what is said of kernels that it refuses."""
    want = trial.run(as_device("reference"))
    before = len(refusals(device))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = [trial.run(device), trial.run(device, compiled=False)]
    errors = [distance(x, y) for got in results for x, y in zip(got, want, strict=True)]
    said = list(dict.fromkeys(str(w.message) for w in caught))
    # of groups of kernels nobody warns: they go on one by one
    return max(errors), said or refusals(device)[before:]


def refusals(device: Device) -> list[str]:
    """What Metal's compiler has said of texts that it refuses, so far."""
    return list(gpu().refused.values()) if device.kind == "metal" else []


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """The largest difference, in ulps of the largest number that is wanted.

    >>> distance(np.float32([1, 2, 4]), np.float32([1, 2 + 2**-20, 4]))
    2.0
    """
    if got.shape != want.shape or got.dtype != want.dtype:
        return np.inf
    if not is_inexact(want.dtype):
        return 0.0 if np.array_equal(got, want) else np.inf
    a, b = got.astype(np.float64), want.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    off = float(np.max(np.abs(a[finite] - b[finite]), initial=0.0))
    ulp = float(np.max(np.abs(b[finite]), initial=0.0)) * float(finfo(want.dtype).eps)
    return 0.0 if off == 0 else off / ulp if off < np.inf and ulp else np.inf


def host_steps(plan: Plan) -> Iterator[str]:
    """The steps of a plan that compute without a kernel, and why."""
    for step in plan.steps:
        if isinstance(step, Host) and step.eqn.prim.kind != "move":
            yield f"{step.eqn.prim.name}: {step.reason}"
    for inner in plan.inner:
        yield from host_steps(inner)


def is_emulated(device: Device) -> bool:
    """Is it an executor of ours that runs its kernels, and no Mac?"""
    return device.kind == "metal" and config.metal != ""


def like_a_gpu(device: Device) -> AbstractContextManager[Any]:
    """Metal's fast math cannot be turned off: executors have it, too."""
    return emulate.mode(fast_math=True) if is_emulated(device) else nullcontext()


@contextmanager
def quiet_log() -> Generator[None]:
    """No warnings of what has no kernel: the matrix says so."""
    log = logging.getLogger("oxmlx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def texts(jaxpr: Jaxpr, device: Device) -> Iterator[str]:
    """What a device compiles for a program, jitted and eager, but for groups of kernels."""
    backend = backend_of(device)
    yield from sources(plan_of(jaxpr, backend, config.strict), backend)
    for eqn in jaxpr.eqns:
        inner = eqn.prim.inline()
        if inner is not None:
            yield from texts(inner, device)
        elif eqn.prim.kind in ("map", "fold"):
            types = [(a.aval.shape, a.aval.dtype) for a in eqn.inputs]
            yield from sources(plan_of(alone(eqn.prim, types), backend, True), backend)


def problems_of(outcomes: Iterable[Outcome]) -> list[str]:
    """What is wrong with devices, a line each."""
    return [
        f"{o.device}: {'gradient of ' * o.gradient}{o.operation}, {problem}"
        for o in outcomes
        for problem in o.problems
    ]


def stamp_metal(outcomes: Iterable[Outcome]) -> Path | None:
    """Keep whether a GPU agrees on all operations, if there is one and they were tried on it; one
    that refused any text of ours so far does not.

    Returns:
        The file that says that it does; nothing otherwise.
    """
    own = [o for o in outcomes if o.device == "metal"]
    tried = {o.operation for o in own} == OPERATIONS.keys()
    return stamp(agrees=not problems_of(own) and not gpu().refused) if tried else None


def parity_table(outcomes: Sequence[Outcome], figures: bool = True) -> str:
    """The matrix of operations and devices as Markdown, with a note for each step without a kernel.

    Args:
        outcomes: of `compare_devices`.
        figures: give errors, too, in ulps; they differ from one machine to the next.

    >>> print(parity_table(compare_devices(["cpu"], ["argmax", "sort"]), figures=False))
    | operation | cpu | its gradient |
    |---|---|---|
    | argmax | ✓ |  |
    | sort | ✓ | ✓ |
    """
    notes: dict[str, str] = {}

    def mark(found: Outcome) -> str:
        if found.problems:
            return "wrong"
        where = " ".join(notes.setdefault(h, letters(len(notes))) for h in found.host) or "✓"
        return f"{where} {found.error:.2g}" if figures else where

    cells = {(o.operation, o.device, o.gradient): mark(o) for o in outcomes}
    columns = [(k, g) for k in dict.fromkeys(o.device for o in outcomes) for g in (False, True)]
    heads = ["operation", *("its gradient" if gradient else kind for kind, gradient in columns)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name in dict.fromkeys(o.operation for o in outcomes):
        row = [cells.get((name, *column), "") for column in columns]
        lines.append(f"| {' | '.join((name, *row))} |")
    lines += ["", *(f"- {letter}: on the host: {reason}" for reason, letter in notes.items())]
    return "\n".join(lines).rstrip()
