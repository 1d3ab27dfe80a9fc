"""The chat: it streams, stops, draws samples, and answers several at once as it answers one."""

from __future__ import annotations

import generate
import numpy as np
import pytest
from fetch import fetch
from generate import FOLDER, Answer, render_chat, stream
from gguf_weights import convert
from llama import load_llama
from sampling import Sampling
from tokenizer import load_tokenizer

QUESTION = "What is the capital of France?"
CITY = "The capital of France is Paris."
SHORT = "--max-tokens", "24"  # the same in several tests: then they share compiled programs


@pytest.fixture(autouse=True)
def converted() -> None:
    convert(fetch("smollm2"), FOLDER)


def test_answers_a_question(
    traced: dict[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    (answer,) = generate.main([QUESTION, *SHORT])
    printed = capsys.readouterr()
    assert answer.text == CITY
    assert printed.out == f"{CITY}\n"
    assert "tokens read in" in printed.err and "tokens/s]" in printed.err
    assert not answer.alive, "<|im_end|> stopped it"
    assert answer.tokens == 7
    assert traced["read_prompts"] == traced["append_tokens"] == [1]


def test_answers_several_prompts_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    story, answer = generate.main(["Tell me a story.", QUESTION, "--max-tokens", "12"])
    printed = capsys.readouterr().out
    assert story.tokens == 12 and story.alive
    assert printed == f"{story.text}\n\n> {QUESTION}\n{CITY}\n"
    assert answer.text == CITY


def test_samples_differ_and_come_again_with_their_seed() -> None:
    settings = ["Once upon a time", "--raw", "--samples", "2", "--max-tokens", "4", "--seed", "5"]
    settings += ["--temperature", "1.2", "--top-k", "50", "--top-p", "0.95", "--min-p", "0.01"]
    first, second = ([a.text for a in generate.main(settings)] for _ in range(2))
    assert first == second
    assert first[0] != first[1]
    assert [a.text for a in generate.main([*settings, "--seed", "6"])] != first


def test_repetition_costs() -> None:
    model, tokenizer = load_llama(FOLDER), load_tokenizer(FOLDER)
    prompt = tokenizer.encode("A rose is a rose is a rose is a rose is a").ids
    rose = tokenizer.encode(" rose").ids[0]

    def first(penalty: float) -> int:
        tokens, _ = next(stream(model, [prompt], 1, Sampling(repetition_penalty=penalty)))
        return int(tokens[0])

    assert first(1.0) == rose
    assert first(10.0) not in prompt


def test_prompts_of_any_length_are_read_to_their_end() -> None:
    """The padding at the right is neither seen nor counted; two layers would show it."""
    model, tokenizer = load_llama(FOLDER), load_tokenizer(FOLDER)
    model = model.replace(layers=model.layers[:2])
    ids = tokenizer.encode(render_chat([{"role": "user", "content": QUESTION}])).ids
    _, alone = next(stream(model, [ids], 1))
    _, padded = next(stream(model, [ids, ids + ids[:10]], 1))
    assert len(ids) % generate.ROUND != 0
    assert np.abs(alone[0] - padded[0]).max() < 1e-4
    assert np.abs(alone[0] - padded[1]).max() > 1


def test_an_answer_ends_at_a_stop_token() -> None:
    tokenizer = load_tokenizer(FOLDER)
    a, b = tokenizer.encode("one two").ids
    (end,) = tokenizer.encode("<|im_end|>").ids
    answer = Answer("?", tokenizer, ["<|im_end|>"])
    assert (answer.push(a), answer.push(end), answer.push(b)) == ("one", "", "")
    assert answer.finish() == ""
    assert (answer.text, answer.tokens, answer.alive) == ("one", 1, False)


def test_an_answer_ends_at_a_text_of_several_tokens() -> None:
    tokenizer = load_tokenizer(FOLDER)
    ids = tokenizer.encode("one two three four").ids
    answer = Answer("?", tokenizer, ["wo thr"])
    assert [answer.push(token) for token in ids] == ["one", " t", "", ""]
    assert (answer.finish(), answer.text, answer.alive) == ("", "one t", False)


def test_what_only_looked_like_a_stop_is_said_at_the_end() -> None:
    tokenizer = load_tokenizer(FOLDER)
    answer = Answer("?", tokenizer, ["two!", "<|im_end|>"])
    pieces = [answer.push(token) for token in tokenizer.encode("one two<|im_end|>").ids]
    assert pieces == ["one", " ", ""]
    assert (answer.finish(), answer.text) == ("two", "one two")


def test_stop_texts_from_the_command_line() -> None:
    (answer,) = generate.main([QUESTION, "--stop", "tal of Fr", "--stop", "?", *SHORT])
    assert answer.text == "The capi"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--max-tokens", "0"], "argument --max-tokens: wanted 1 or more, got 0"),
        (["--samples", "0"], "argument --samples: wanted 1 or more, got 0"),
        (["", "--raw"], "argument prompt: with --raw there must be some text"),
        (["--stop", ""], "argument --stop: an empty text"),
        (["--model", "/nope"], "argument --model: there is no folder /nope"),
        (["--temperature", "-1"], "temperature is -1.0; wanted 0 (greedy) or more"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    options: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        generate.main(options)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err.splitlines()[-1]
