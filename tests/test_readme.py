"""The README's examples run as they stand."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fetch import fetch
from generate import FOLDER
from gguf_weights import convert

import oxmlx as ox
import oxmlx.numpy as onp

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL))


def block(section: str, k: int = 0) -> str:
    """The k-th Python block of a section."""
    return re.findall(r"```python\n(.*?)```", SECTIONS[section], re.DOTALL)[k]


def run(section: str, space: dict[str, Any]) -> None:
    """Execute a section's block as a newcomer's file would be."""
    exec(compile(block(section), section, "exec", dont_inherit=True), space)


def batches() -> list[tuple[ox.Array, ox.Array]]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 32, 64))
    y = x[..., :10].argmax(-1)
    return [(ox.array(a), ox.array(b)) for a, b in zip(x, y, strict=True)] * 30


def test_a_training_loop() -> None:
    space: dict[str, Any] = {"batches": batches()}
    run("A training loop", space)
    assert float(space["value"]) < 0.7


def test_models_are_pytrees(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    run("Models are pytrees", space)
    assert type(space["gradient"]) is space["Residual"]
    assert "first.weight" in capsys.readouterr().out


def test_gradients_compose(capsys: pytest.CaptureFixture[str]) -> None:
    run("Gradients compose", {})
    assert "cos" in capsys.readouterr().out


def test_a_language_model(capsys: pytest.CaptureFixture[str]) -> None:
    if not FOLDER.exists():
        convert(fetch("smollm2"), FOLDER)
    run("A language model", {})
    assert len(capsys.readouterr().out) > 20


def test_add_an_op() -> None:
    space: dict[str, Any] = {}
    run("Add an op", space)
    cube: Any = space["cube"]
    assert float(ox.grad(ox.grad(ox.jit(cube)))(2.0)) == 12.0


@pytest.mark.clang
def test_a_metal_kernel_on_linux(capsys: pytest.CaptureFixture[str]) -> None:
    run("A Metal kernel on Linux", {})
    said = "reverse: line 5: threadgroup copy at byte 4092 is read and was never "
    assert capsys.readouterr().out.startswith(said)
    assert said in SECTIONS["A Metal kernel on Linux"]


def test_the_examples_are_listed() -> None:
    files = (pathlib.Path(__file__).parents[1] / "examples").rglob("*.py")
    commands = {p.name for p in files if "python examples/" in p.read_text(encoding="utf-8")}
    listed = re.findall(r"^\| `(?:llm/)?(\w+\.py)` \|", SECTIONS["Examples"], re.MULTILINE)
    assert set(listed) == commands


def test_what_is_missing_is_missing() -> None:
    """A row of the table that has been filled is to be taken out."""
    rows = re.findall(r"^\| `(jax[\w.]*)` \| (.*) \|$", SECTIONS["Coming from JAX"], re.MULTILINE)
    assert len(rows) == 5
    for module, names in rows:
        home = getattr(ox, module.partition(".")[2], ox) if "linalg" not in module else onp.linalg
        for name in re.findall(r"`(\w+)`", names):
            assert not hasattr(home, name), f"{module}.{name}"


@pytest.mark.jax("0.9.0")
@pytest.mark.parametrize("module", [jnp, jnp.linalg, jax.random])
def test_what_is_missing_is_listed(module: Any) -> None:
    row = re.search(rf"^\| `{module.__name__}` \|(.*)\|$", README, re.MULTILINE)
    listed = set(re.findall(r"`(\w+)`", row[1] if row else ""))
    ours = {jnp: onp, jnp.linalg: onp.linalg, jax.random: ox.random}[module]
    functions = {n for n, f in vars(module).items() if callable(f) and not isinstance(f, type)}
    assert {n for n in functions if n[0] != "_"} - set(dir(ours)) <= listed


def test_weights_of_torch() -> None:
    """A convolution with channels first, by hand, is ours of what the text transposes."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 5, 5)), rng.normal(size=(4, 3, 2, 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), (2, 3))
    want = np.einsum("nchwij,ocij->nohw", windows, w)
    layer = ox.nn.Conv2d(3, 4, 2, bias=False, key=ox.random.key(0))
    layer = layer.replace(weight=ox.array(w.transpose(0, 2, 3, 1)))
    got = layer(ox.array(x.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(np.asarray(got).transpose(0, 3, 1, 2), want, rtol=1e-4, atol=1e-5)
    assert "w.transpose(0, 2, 3, 1)" in SECTIONS["Coming from torch"]


def test_the_switches_are_those_of_the_table() -> None:
    for line in ox.config.table().splitlines()[2:]:
        assert line in README
