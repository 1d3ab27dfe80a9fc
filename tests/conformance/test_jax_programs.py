"""JAX code written on its public API runs after changing only its imports."""

from __future__ import annotations

import pathlib
import re
from functools import cache
from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox

PROGRAMS = sorted((pathlib.Path(__file__).parent / "programs").glob("*.py"))
IMPORTS = [
    (r"^import jax\.numpy as jnp$", "import oxmlx.numpy as jnp"),
    (r"^import jax$", "import oxmlx as jax"),
    (r"^from jax import", "from oxmlx import"),
]


def run(source: str, name: str) -> Any:
    """What `main()` of a program returns."""
    space: dict[str, Any] = {"__name__": name}
    exec(compile(source, name, "exec"), space)
    return space["main"]()


def translated(source: str) -> str:
    for pattern, replacement in IMPORTS:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return source


def test_there_are_twelve() -> None:
    assert len(PROGRAMS) == 12


@cache
def of_jax(path: pathlib.Path) -> Any:
    """What JAX makes of a program."""
    source = path.read_text()
    assert re.search("^import jax$", source, re.MULTILINE)
    return jax.tree.map(np.asarray, run(source, path.stem))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_same_results(device: str, path: pathlib.Path) -> None:
    ours = run(translated(path.read_text()), f"{path.stem}_ours")
    theirs = of_jax(path)
    got, want = ox.tree.leaves(ours), jax.tree.leaves(theirs)
    assert str(ox.tree.structure(ours)) == str(jax.tree.structure(theirs))
    for x, y in zip(got, want, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        scale = np.max(np.abs(y), initial=1.0) if y.dtype.kind == "f" else 0
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=2e-5 * scale)
