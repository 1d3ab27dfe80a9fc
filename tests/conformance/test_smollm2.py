"""SmolLM2 against llama.cpp: logits of whole prompts, and 64 greedy tokens of each."""

from __future__ import annotations

import hashlib
import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fetch import fetch
from generate import FOLDER, stream
from gguf_weights import convert
from llama import Llama, load_llama

import oxmlx as ox
from oxmlx.io import counters

FIXTURES = Path(__file__).parent / "fixtures"
TOLERANCE = 2e-4  # other engines agree with the recorded logits to 5e-5
CASES: list[dict[str, Any]] = json.loads((FIXTURES / "smollm2_greedy.json").read_text("utf-8"))
PROMPTS: list[list[int]] = [case["ids"] for case in CASES]
STEPS = 64


@pytest.fixture(scope="module")
def model() -> Llama:
    return load_llama(convert(fetch("smollm2"), FOLDER))


@pytest.fixture(scope="module", params=["reference", "cpu"])
def prompt_logits(model: Llama, request: pytest.FixtureRequest) -> np.ndarray:
    """The logits [7, vocabulary] at the last position of each prompt, in one batch."""
    with ox.default_device(request.param):
        _, logits = next(stream(ox.device_put(model, request.param), PROMPTS, 1))
    return logits


@pytest.fixture(scope="module")
def embedding(model: Llama) -> np.ndarray:
    return np.asarray(model.embed_tokens.weight)


def test_weights_are_mapped_and_not_copied(model: Llama) -> None:
    before = counters.bytes_copied
    again = load_llama(FOLDER)
    assert counters.bytes_copied == before
    for name, x in [*model.named_parameters(), *again.named_parameters()]:
        assert isinstance(owner(x.buffer), mmap.mmap), name


def owner(array: Any) -> Any:
    """Whose memory an array is a view of."""
    while isinstance(array, (np.ndarray, memoryview)):
        array = array.obj if isinstance(array, memoryview) else array.base
    return array


def test_embedding_is_the_one_of_the_fixture(embedding: np.ndarray) -> None:
    recorded = np.load(FIXTURES / "smollm2_logits.npz")
    digest = hashlib.sha256(np.ascontiguousarray(embedding).tobytes()).hexdigest()
    assert digest == str(recorded["embedding_sha256"])


@pytest.mark.parametrize("k", range(len(PROMPTS)))
def test_logits_after_a_prompt(prompt_logits: np.ndarray, embedding: np.ndarray, k: int) -> None:
    """In every column: those recorded are `embedding @ hidden`, up to `residual`."""
    recorded = np.load(FIXTURES / "smollm2_logits.npz")
    logits = prompt_logits[k].astype(np.float64)
    reference = embedding.astype(np.float64) @ recorded["hidden"][k].astype(np.float64)
    assert logits.std() > 1
    assert np.abs(logits - reference).max() + recorded["residual"][k] <= TOLERANCE
    assert np.abs(logits[recorded["columns"]] - recorded["values"][k]).max() <= TOLERANCE
    assert np.abs(logits[recorded["top"][k]] - recorded["top_values"][k]).max() <= TOLERANCE


def test_64_greedy_tokens_of_each_prompt(model: Llama) -> None:
    """Equal up to the first step whose two best tokens llama.cpp itself could hardly tell apart."""
    steps = list(stream(model, PROMPTS, STEPS))
    assert len(steps) == STEPS
    for k, case in enumerate(CASES):
        assert len(case["greedy"]) == len(case["gap"]) == STEPS
        for n, (tokens, logits) in enumerate(steps):
            ours, wanted = int(tokens[k]), case["greedy"][n]
            if ours != wanted:
                told = f"token {n} of prompt {k} is {ours}, recorded was {wanted}"
                assert case["gap"][n] < 1e-3, told
                assert {ours, wanted} == set(np.argsort(logits[k])[-2:].tolist()), told
                break  # from here on it is another text


def test_a_prompt_alone_is_the_same_as_in_a_batch(model: Llama) -> None:
    """Alone it has other padding and a cache of another size; four layers would show it."""
    model = model.replace(layers=model.layers[:4])
    short, long = PROMPTS[0], PROMPTS[4]
    assert len(short) < 16 < 32 < len(long)
    alone, both = stream(model, [short], 16), stream(model, [long, short], 16)
    for (token, logits), (tokens, batch) in zip(alone, both, strict=True):
        assert int(token[0]) == int(tokens[1])
        assert np.abs(logits[0] - batch[1]).max() <= TOLERANCE / 2
