"""The backend of the example keeps the law of ours: its code does what `impl` says."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Iterator
from typing import Any

import extend_backend
import numpy as np
import pytest
from cases import Case, every_case, run, same

import oxmlx as ox
from oxmlx.backends import base
from oxmlx.ir import device
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy

MOST_LINES = 80
COMPILERS = ["cc", "gcc", "clang", *(f"clang-{n}" for n in range(15, 30))]
FOUND = [c for c in COMPILERS if shutil.which(c)]
if not FOUND and not os.environ.get("CI"):
    pytest.skip("no C compiler is installed", allow_module_level=True)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The backend, for one test."""
    monkeypatch.setattr(base, "_backends", {**base._backends})
    monkeypatch.setattr(device, "_kinds", {**device._kinds})
    monkeypatch.setattr(extend_backend, "COMPILER", *FOUND[:1])
    base.register(extend_backend.C())
    yield


def fits(case: Case) -> bool:
    kinds = {x.dtype.name for x in case.operands}
    return "float32" in kinds and kinds <= extend_backend.TYPES.keys() and case.prim.kind != "host"


CASES = [c for c in every_case() if fits(c)]
FIRST = {type(c.prim).name: c for c in reversed(CASES)}


@pytest.mark.parametrize("name", sorted(FIRST))
def test_native_code_is_impl(name: str) -> None:
    case = FIRST[name]
    xs = [ox.device_put(from_numpy(x), "c") for x in case.operands]
    got = ox.jit(lambda *xs: bind(case.prim, *xs))(*xs)
    for x, want in zip(ox.tree.leaves(got), run(case), strict=True):
        same(x, want)


def test_rows_and_gradients_fuse(capsys: pytest.CaptureFixture[str]) -> None:
    extend_backend.main([])
    printed = capsys.readouterr().out
    assert printed.count("launch") == 1
    assert "host" not in printed
    assert printed.count("float v") > 5, "the C text is shown"
    differences = [float(s.split()[-1]) for s in printed.splitlines() if "difference" in s]
    assert len(differences) == 2
    assert max(differences) < 2e-6


def test_what_has_no_code_runs_on_the_host() -> None:
    x = np.linspace(-1, 1, 5, dtype=np.float32)
    got: Any = ox.jit(lambda x: ox.numpy.cumsum(ox.numpy.exp(x)) / 2)(ox.device_put(x, "c"))
    np.testing.assert_allclose(np.asarray(got), np.cumsum(np.exp(x)) / 2, rtol=1e-6)


def test_it_is_short() -> None:
    source = inspect.getsource(extend_backend)
    backend = source[source.index("TYPES =") : source.index("def main")]
    lines = [line.strip() for line in backend.splitlines()]
    code = [s for s in lines if s and not (s.startswith('"""') and s.endswith('"""'))]
    assert len(code) <= MOST_LINES
