"""Which device programs run on when nobody chooses one."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_LLVMLITE = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "llvmlite" else find(name, *rest)
import warnings
import oxmlx as ox
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    y = ox.jit(lambda x: ox.numpy.exp(x).sum())(ox.numpy.zeros(3))
    z = ox.numpy.ones(2) + 1
    print(y.device, z.device, float(y), len(seen), "pip install llvmlite" in str(seen[0].message))
print("llvmlite" in __import__("sys").modules)
"""


def run(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_cpu_is_the_default() -> None:
    assert run("import oxmlx as ox; print(ox.numpy.ones(2).device)") == ["cpu:0"]


def test_llvmlite_is_imported_only_when_something_is_compiled() -> None:
    program = (
        "import sys, oxmlx as ox; x = ox.numpy.arange(4.0) * 2 + 1; ox.eval(x);"
        "print('llvmlite' in sys.modules); ox.eval(ox.numpy.exp(x));"
        "print('llvmlite' in sys.modules)"
    )
    assert run(program) == ["False", "True"]


def test_without_llvmlite_the_reference_runs_everything_and_says_so_once() -> None:
    assert run(WITHOUT_LLVMLITE) == ["reference:0", "reference:0", "3.0", "1", "True", "False"]
