"""Sentences that mean alike are close; lengths and neighbours do not matter."""

from __future__ import annotations

import embeddings
import numpy as np
import pytest
from fetch import fetch
from tokenizers import Tokenizer


def test_pairs_find_each_other(
    device: str, traced: dict[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    similarity = embeddings.main([])
    assert np.allclose(np.diag(similarity), 1, atol=1e-5)
    alone = similarity - 2 * np.eye(len(similarity))
    assert alone.argmax(axis=1)[:4].tolist() == [1, 0, 3, 2]
    assert traced["embed_tokens"] == [1]
    printed = capsys.readouterr().out
    assert all(sentence in printed for sentence in embeddings.SENTENCES)
    assert f"{similarity[0, 1]:5.2f}" in printed


def test_a_sentence_is_the_same_among_longer_ones() -> None:
    folder = fetch("minilm").parent
    model = embeddings.load_bert(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    short, long = "A cat.", "word " * 40
    alone = embeddings.embed(model, tokenizer, [short])
    among = embeddings.embed(model, tokenizer, [long, short])
    assert np.abs(alone[0] - among[1]).max() < 1e-6
    assert np.abs(alone[0] - among[0]).max() > 1e-2
