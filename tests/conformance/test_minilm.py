"""MiniLM's embeddings against those that transformers computed."""

from __future__ import annotations

import json
from pathlib import Path

import embeddings
import numpy as np
import pytest
from fetch import fetch
from tokenizers import Tokenizer

from oxmlx.io import counters

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def folder() -> Path:
    return fetch("minilm").parent


def test_embeddings_are_the_recorded_ones(folder: Path) -> None:
    cases = json.loads((FIXTURES / "minilm_ids.json").read_text(encoding="utf-8"))
    wanted = np.load(FIXTURES / "minilm_embeddings.npy")
    assert wanted.shape == (4, 384)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    assert [tokenizer.encode(case["text"]).ids for case in cases] == [c["ids"] for c in cases]
    ours = embeddings.embed(embeddings.load_bert(folder), tokenizer, [c["text"] for c in cases])
    assert np.abs(ours - wanted).max() <= 1e-5


def test_weights_are_mapped(folder: Path) -> None:
    before = counters.bytes_copied
    model = embeddings.load_bert(folder)
    assert counters.bytes_copied == before
    assert sum(x.size for _, x in model.named_parameters()) == 22_565_376
