"""The tokenizer against llama.cpp on 2068 strings, and streaming against batch decoding."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from fetch import fetch
from gguf_weights import field, open_gguf
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizer import Message, TextStream, build_tokenizer, load_tokenizer, render_chat
from tokenizers import Tokenizer

from oxmlx.errors import ArgumentError

FIXTURES = Path(__file__).parent / "fixtures"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
VOCABULARY = 49152

messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text()}
    ),
    max_size=4,
)


def read_recorded() -> list[tuple[str, list[int]]]:
    with gzip.open(FIXTURES / "smollm2_tokens.json.gz", "rt", encoding="utf-8") as file:
        return [(text, ids) for text, ids in json.load(file)]


def stream(tokenizer: Tokenizer, tokens: list[int], *, skip: bool) -> list[str]:
    text = TextStream(tokenizer, skip_special_tokens=skip)
    return [*(text.push(token) for token in tokens), text.finish()]


@pytest.fixture(scope="module")
def gguf() -> Path:
    return fetch("smollm2")


@pytest.fixture(scope="module")
def tokenizer(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """The tokenizer of the GGUF file, saved and loaded."""
    reader, folder = open_gguf(gguf), tmp_path_factory.mktemp("tokenizer")
    lists = (field(reader, f"tokenizer.ggml.{name}") for name in ("tokens", "merges", "token_type"))
    build_tokenizer(*lists).save(str(folder / "tokenizer.json"))
    return load_tokenizer(folder)


@pytest.fixture(scope="module")
def template(gguf: Path) -> Template:
    """The chat template inside the GGUF file, in the environment that transformers gives it."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(field(open_gguf(gguf), "tokenizer.chat_template"))


def test_model_file_is_the_one_on_record(gguf: Path) -> None:
    assert hashlib.sha256(gguf.read_bytes()).hexdigest() == GGUF_SHA256


def test_all_recorded_strings(tokenizer: Tokenizer) -> None:
    recorded = read_recorded()
    assert len(recorded) == 2068
    wrong = [text for text, ids in recorded if tokenizer.encode(text).ids != ids]
    assert wrong == []


def test_decoding_gives_the_text_back(tokenizer: Tokenizer) -> None:
    wrong = [
        text
        for text, ids in read_recorded()
        if tokenizer.decode(ids, skip_special_tokens=False) != text
    ]
    assert wrong == []


def test_streaming_recorded_strings_is_never_late_nor_early(tokenizer: Tokenizer) -> None:
    """What has come is exactly the whole characters of the bytes so far."""
    for text, ids in read_recorded():
        pieces, sent = stream(tokenizer, ids, skip=False), ""
        assert "".join(pieces) == text
        for count, piece in enumerate(pieces[:-1], start=1):
            sent += piece
            assert text.startswith(sent)
            so_far = tokenizer.decode(ids[:count], skip_special_tokens=False)
            whole = so_far.rstrip("\ufffd") if not text.startswith(so_far) else so_far
            assert sent == whole


@given(st.lists(st.integers(0, VOCABULARY - 1), max_size=30), st.booleans())
@settings(max_examples=300, deadline=None)
def test_streaming_any_tokens_equals_decoding_them(
    tokenizer: Tokenizer, tokens: list[int], skip: bool
) -> None:
    pieces = stream(tokenizer, tokens, skip=skip)
    assert "".join(pieces) == tokenizer.decode(tokens, skip_special_tokens=skip)


def test_half_a_character_waits_for_the_rest(tokenizer: Tokenizer) -> None:
    fox = tokenizer.encode("🦊").ids
    assert len(fox) > 1
    assert stream(tokenizer, fox, skip=True) == [""] * (len(fox) - 1) + ["🦊", ""]
    assert stream(tokenizer, fox[:-1], skip=True) == [""] * (len(fox) - 1) + ["\ufffd"]


def test_special_tokens_are_skipped_on_request(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode("<|im_start|>a<|im_end|>").ids
    assert stream(tokenizer, tokens, skip=True) == ["", "a", "", ""]
    assert stream(tokenizer, tokens, skip=False) == ["<|im_start|>", "a", "<|im_end|>", ""]


def test_token_outside_the_vocabulary_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ArgumentError, match="token 49152 is outside the vocabulary of 49152"):
        TextStream(tokenizer).push(VOCABULARY)


@given(messages, st.booleans())
@settings(max_examples=200, deadline=None)
def test_chat_is_rendered_as_by_the_models_own_template(
    template: Template, messages: list[Message], prompt: bool
) -> None:
    wanted = template.render(messages=messages, add_generation_prompt=prompt)
    assert render_chat(messages, add_generation_prompt=prompt) == wanted


def test_prompts_of_the_greedy_fixture(tokenizer: Tokenizer) -> None:
    cases = json.loads((FIXTURES / "smollm2_greedy.json").read_text(encoding="utf-8"))
    assert [tokenizer.encode(case["prompt"]).ids for case in cases] == [c["ids"] for c in cases]
    question: Message = {"role": "user", "content": "What is the capital of France?"}
    assert render_chat([question]) in [case["prompt"] for case in cases]
