"""Chat with SmolLM2-135M: python examples/llm/generate.py "Why is the sky blue?"

Two compiled programs: one reads the prompt, one appends a token. Several prompts are one batch,
by `vmap`; each has its own cache and its own random key.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gguf_weights import convert
from llama import Caches, Llama, load_llama
from sampling import Sampling, mark_seen, next_token
from tokenizer import TextStream, UntilText, load_tokenizer, render_chat
from tokenizers import Tokenizer

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.errors import ArgumentError

sys.path.append(str(Path(__file__).resolve().parents[1]))
from fetch import fetch
from options import folder_with, positive, seed

FOLDER = Path(__file__).resolve().parents[2] / "data" / "smollm2-135m-instruct"
FILES = "config.json", "model.safetensors", "tokenizer.json"
ENDS = "<|im_end|>", "<|endoftext|>"
ROUND = 16  # prompt lengths are rounded up to this, so that few programs are compiled


@functools.partial(ox.jit, static_argnames=("capacity", "settings"))
def read_prompts(
    model: Llama, tokens: Any, lengths: Any, keys: Any, *, capacity: int, settings: Sampling
) -> tuple[Any, Any, Caches, Any]:
    """Read whole prompts [batch, time], padded at the right; results as of `append_tokens`."""

    def one(tokens: Any, length: Any, key: Any) -> Any:
        hidden, caches = model(tokens[None], model.make_caches(1, capacity))
        logits = model.logits(hidden[0, length - 1])
        seen = jnp.zeros(logits.shape, bool)
        position = jnp.arange(tokens.shape[0])
        seen = mark_seen(seen, jnp.where(position < length, tokens, tokens[0]))
        # What was written for the padding lies beyond the offset: hidden now, overwritten later.
        caches = tuple(c.replace(offset=length) for c in caches)
        return next_token(key, logits, seen, settings), seen, caches, logits

    return ox.vmap(one)(tokens, lengths, keys)


@functools.partial(ox.jit, static_argnames="settings", donate_argnames=("caches", "seen"))
def append_tokens(
    model: Llama, tokens: Any, seen: Any, caches: Caches, keys: Any, *, settings: Sampling
) -> tuple[Any, Any, Caches, Any]:
    """Append a token [batch] to each sequence: (next tokens, seen, caches, logits)."""

    def one(token: Any, seen: Any, caches: Caches, key: Any) -> Any:
        hidden, caches = model(token[None, None], caches)
        logits = model.logits(hidden[0, 0])
        seen = mark_seen(seen, token[None])
        return next_token(key, logits, seen, settings), seen, caches, logits

    return ox.vmap(one)(tokens, seen, caches, keys)


def stream(
    model: Llama,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    settings: Sampling = Sampling(),  # noqa: B008  # immutable
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, step by step, the next token of each sequence [batch] and the logits it came from.

    Args:
        model: of `load_llama`.
        prompts: token ids, at least one a prompt.
        max_tokens: how many steps.
        settings: how to choose.
        seed: of the random choices.
    """
    batch, longest = len(prompts), max(map(len, prompts))
    width = -(-longest // ROUND) * ROUND
    padded = np.zeros((batch, width), np.int32)
    for row, prompt in zip(padded, prompts, strict=True):
        row[: len(prompt)] = prompt
    lengths = ox.array([len(p) for p in prompts])
    keys = ox.random.split(ox.random.key(seed), (max_tokens, batch))
    capacity = width + -(-max_tokens // ROUND) * ROUND
    tokens, seen, caches, logits = read_prompts(
        model, ox.array(padded), lengths, keys[0], capacity=capacity, settings=settings
    )
    for k in range(1, max_tokens + 1):
        yield np.asarray(tokens), np.asarray(logits)
        if k < max_tokens:
            tokens, seen, caches, logits = append_tokens(
                model, tokens, seen, caches, keys[k], settings=settings
            )


class Answer:
    """The text of one sequence, piece by piece, until a special token or a text that stops it."""

    def __init__(self, prompt: str, tokenizer: Tokenizer, stops: Sequence[str]) -> None:
        self.prompt, self.text, self.tokens, self.alive = prompt, "", 0, True
        special = {t.content: k for k, t in tokenizer.get_added_tokens_decoder().items()}
        self.stops = [special[stop] for stop in stops if stop in special]
        self.stream = TextStream(tokenizer)
        self.until = UntilText([stop for stop in stops if stop not in special])

    def push(self, token: int) -> str:
        """The text that became certain with this token."""
        self.alive = self.alive and token not in self.stops
        if not self.alive:
            return ""
        self.tokens += 1
        piece = self.until.push(self.stream.push(token))
        self.alive = not self.until.found
        return self.add(piece)

    def finish(self) -> str:
        """What is left at the end: half a character, or the beginning of a stop, if anything."""
        return self.add(self.until.push(self.stream.finish()) + self.until.finish())

    def add(self, piece: str) -> str:
        self.text += piece
        return piece


def chat(model: Llama, tokenizer: Tokenizer, args: argparse.Namespace) -> list[Answer]:
    """Answer the prompts; the first answer is printed as it comes, the others at the end."""
    prompts = [p for p in args.prompt for _ in range(args.samples)]
    texts = [p if args.raw else render_chat([{"role": "user", "content": p}]) for p in prompts]
    ids = [tokenizer.encode(text).ids for text in texts]
    answers = [Answer(prompt, tokenizer, [*ENDS, *args.stop]) for prompt in prompts]
    times, made = [time.perf_counter()], list[int]()
    for tokens, _ in stream(model, ids, args.max_tokens, args.settings, args.seed):
        times.append(time.perf_counter())
        made.append(sum(a.alive for a in answers))
        pieces = [a.push(token) for a, token in zip(answers, tokens.tolist(), strict=True)]
        print(pieces[0], end="", flush=True)
        if not any(a.alive for a in answers):
            break
    print(answers[0].finish())
    for answer in answers[1:]:
        answer.finish()
        print(f"\n> {answer.prompt}\n{answer.text}")
    print(f"[{sum(map(len, ids))} tokens read in {speed(times, made)}]", file=sys.stderr)
    return answers


def speed(times: Sequence[float], made: Sequence[int]) -> str:
    """What the clock says: the first step reads and compiles, the second compiles, too.

    Args:
        times: when it began, and when each step ended.
        made: how many tokens each step made.

    >>> speed([0.0, 2.0, 3.0, 3.5, 4.0], [1, 1, 1, 1])
    '2.00 s, compiling included; then 2.0 tokens/s'
    >>> speed([0.0, 2.0, 3.0], [1, 1])
    '2.00 s, compiling included; then too few to time'
    """
    steady = times[2:]
    rate = "too few to time"
    if len(steady) > 1:
        rate = f"{sum(made[2:]) / (steady[-1] - steady[0]):.1f} tokens/s"
    return f"{times[1] - times[0]:.2f} s, compiling included; then {rate}"


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument(
        "prompt",
        nargs="*",
        default=["Tell me three facts about the Moon."],
        help="one or more, answered in one batch",
    )
    p.add_argument(
        "--model", type=folder_with(*FILES), default=FOLDER, help="a Hugging Face folder"
    )
    p.add_argument("--raw", action="store_true", help="continue the text, without a chat template")
    p.add_argument("--samples", type=positive, default=1, help="answers to each prompt")
    p.add_argument("--max-tokens", type=positive, default=96, help="length of an answer at most")
    p.add_argument("--temperature", type=float, default=0.0, help="0 chooses the likeliest token")
    p.add_argument(
        "--top-k", type=int, default=0, help="draw from so many of the likeliest tokens; 0 for all"
    )
    p.add_argument(
        "--top-p",
        type=float,
        default=1.0,
        help="draw from the likeliest tokens that have this probability together",
    )
    p.add_argument(
        "--min-p",
        type=float,
        default=0.0,
        help="leave out tokens less likely than this times the likeliest",
    )
    p.add_argument(
        "--repetition-penalty",
        type=float,
        default=1.1,
        help="makes tokens that were there less likely; 1 does nothing",
    )
    p.add_argument(
        "--stop",
        action="append",
        default=[],
        help="a text that ends an answer, which the end of a turn always does; can be repeated",
    )
    p.add_argument("--seed", type=seed, default=0, help="of the draws, at a temperature above 0")
    args = p.parse_args(argv)
    if "" in args.stop:
        p.error("argument --stop: an empty text is everywhere")
    if args.raw and "" in args.prompt:
        p.error("argument prompt: with --raw there must be some text to continue, got ''")
    try:
        args.settings = Sampling(
            args.temperature, args.top_k, args.top_p, args.min_p, args.repetition_penalty
        )
    except ArgumentError as error:
        p.error(error.problem)
    return args


def main(argv: Sequence[str] | None = None) -> list[Answer]:
    """Load, fetching and converting the weights the first time, and answer."""
    args = parse(argv)
    if args.model == FOLDER and not FOLDER.exists():
        convert(fetch("smollm2"), FOLDER)
    return chat(load_llama(args.model), load_tokenizer(args.model), args)


if __name__ == "__main__":
    main()
