"""The texts of kernels/ keep to what kernels/README.md says of all of them."""

from __future__ import annotations

import re

import pytest

from oxmlx.backends.metal.texts import kernel_names, kernel_text
from oxmlx.backends.metal.tuned import THREADS
from oxmlx.emulate.signature import Kernel, kernels
from oxmlx.emulate.tokens import tokenize

BUILTINS = {
    "tid": "thread_position_in_threadgroup",
    "grp": "threadgroup_position_in_grid",
    "nt": "threads_per_threadgroup",
    "ng": "threadgroups_per_grid",
    "lane": "thread_index_in_simdgroup",
    "sg": "simdgroup_index_in_threadgroup",
}
PARTS = ("Buffers:", "Group size:", "Sizes:", "Compared with ")

pytestmark = pytest.mark.parametrize("name", kernel_names())


def kernel(name: str) -> Kernel:
    (only,) = kernels(tokenize(kernel_text(name)))
    return only


def test_the_header_is_the_contract(name: str) -> None:
    header = kernel_text(name).partition("#include")[0]
    lines = header.splitlines()
    assert all(line.startswith("//") and len(line) <= 100 for line in lines)
    assert lines[0][3:].partition("=")[0].strip()
    starts = [next(k for k, line in enumerate(lines) if line[3:].startswith(p)) for p in PARTS]
    assert starts == sorted(starts)


def test_its_signature(name: str) -> None:
    found = kernel(name)
    assert found.name == name
    assert found.limit == str(THREADS.get(name, 256))
    buffers = [p for p in found.parameters if p.buffer is not None]
    assert [p.buffer for p in buffers] == [str(k) for k in range(len(buffers))]
    kinds = ["in" if "const" in p.words else "out" for p in buffers[:-2]]
    assert kinds == sorted(kinds)
    assert [" ".join(p.words) for p in buffers[-2:]] == ["constant P & p", "device uint * done"]
    others = {p.name: p.builtin for p in found.parameters if p.buffer is None}
    assert others.items() <= BUILTINS.items()


def test_its_end(name: str) -> None:
    assert kernel_text(name).endswith("  if (tid == 0) {\n    done[grp] = ng;\n  }\n}\n")


def test_its_code_has_no_early_end(name: str) -> None:
    body = kernel_text(name).partition("kernel void")[2]
    assert not re.search(r"\b(return|isnan|isinf|INFINITY|NAN|atomic_\w+)\b", body)
