"""A transformer that learns to write Shakespeare: python examples/char_transformer.py

Its state is saved as it trains. Stopped with Ctrl-C and started again with --resume, it ends with
the very bits it would have had without the pause.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fetch import fetch
from options import file, new_folder, positive, rate, seed
from tqdm import tqdm

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn, optim

OUT = Path(__file__).resolve().parents[1] / "out"


class Block(nn.Module):
    """x + attention(norm x), then x + feed-forward(norm x)"""

    attention_norm: nn.RMSNorm
    attention: nn.GroupedQueryAttention
    norm: nn.RMSNorm
    up: nn.Linear
    down: nn.Linear

    def __init__(self, dims: int, heads: int, *, key: Any) -> None:
        attention, up, down = ox.random.split(key, 3)
        self.attention_norm, self.norm = nn.RMSNorm(dims), nn.RMSNorm(dims)
        self.attention = nn.GroupedQueryAttention(
            dims, heads, rope=nn.RoPE(dims // heads), key=attention
        )
        self.up = nn.Linear(dims, 4 * dims, bias=False, key=up)
        self.down = nn.Linear(4 * dims, dims, bias=False, key=down)

    def __call__(self, x: Any, mask: Any, cache: Any = None) -> Any:
        """x f32[B, T, dims] → (the same, the cache with these positions)"""
        y, cache = self.attention(self.attention_norm(x), mask=mask, cache=cache)
        x = x + y
        return x + self.down(nn.silu(self.up(self.norm(x)))), cache


class Transformer(nn.Module):
    """Letters to a score for each letter that may follow."""

    embedding: nn.Embedding
    blocks: tuple[Block, ...]
    norm: nn.RMSNorm

    def __init__(self, letters: int, dims: int, heads: int, layers: int, *, key: Any) -> None:
        first, *rest = ox.random.split(key, layers + 1)
        self.embedding = nn.Embedding(letters, dims, key=first)
        self.blocks = tuple(Block(dims, heads, key=k) for k in rest)
        self.norm = nn.RMSNorm(dims)

    def __call__(self, letters: Any, mask: Any = "causal", caches: Any = None) -> Any:
        """letters i32[B, T] → (scores f32[B, T, L], caches); by default the text starts here"""
        x = self.embedding(letters) * self.embedding.weight.shape[1] ** 0.5
        after: list[Any] = []
        for k, block in enumerate(self.blocks):
            x, cache = block(x, mask, None if caches is None else caches[k])
            after.append(cache)
        return self.embedding.as_linear(self.norm(x)), tuple(after)


class Text(NamedTuple):
    """The letters that occur, and a text as their numbers: to train with, and to test on."""

    letters: str
    train: np.ndarray
    test: np.ndarray

    def encode(self, text: str) -> np.ndarray:
        """The numbers of letters; of one that does not occur, that of a space."""
        space = self.letters.index(" ")
        return np.array(
            [self.letters.find(c) if c in self.letters else space for c in text], "int32"
        )

    def decode(self, numbers: Any) -> str:
        """The letters of numbers."""
        return "".join(self.letters[n] for n in np.asarray(numbers).tolist())


def load_text(path: Path | None, limit: int | None) -> Text:
    """A file, or all of Shakespeare; the last twentieth is kept for testing."""
    files = [path] if path else sorted(fetch("shakespeare").parent.glob("*.txt"))
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)[:limit]
    letters = "".join(sorted({*text, " "}))
    number = {c: k for k, c in enumerate(letters)}
    numbers = np.array([number[c] for c in text], np.int32)
    split = len(numbers) * 19 // 20
    return Text(letters, numbers[:split], numbers[split:])


class State(NamedTuple):
    """All that training goes on from: what `ox.io.save_state` saves."""

    model: Transformer
    optimizer: Any
    key: Any
    step: int


def draw_batch(key: Any, text: Any, batch: int, context: int) -> tuple[Any, Any]:
    """Pieces of the text at random places, i32[batch, context], and the letters that follow."""
    starts = ox.random.randint(key, (batch, 1), 0, text.shape[0] - context)
    places = starts + jnp.arange(context)
    return text[places], text[places + 1]


def loss_of(model: Transformer, x: Any, y: Any) -> Any:
    """The mean cross-entropy in nats a letter."""
    return nn.losses.cross_entropy(model(x)[0], y, reduction="mean")


class Trainer:
    """The compiled functions of a run."""

    def __init__(self, text: Text, args: argparse.Namespace) -> None:
        schedule = optim.warmup_cosine_decay_schedule(
            0.0, args.learning_rate, warmup_steps=min(args.steps // 10, 100),
            decay_steps=args.steps, end_value=args.learning_rate / 10,
        )  # fmt: skip
        optimizer = optim.chain(optim.clip_by_global_norm(1.0), optim.adamw(schedule, b2=0.99))
        train, test = ox.array(text.train), ox.array(text.test)
        drawn = args.batch, args.context

        @ox.jit
        def start(key: Any) -> Any:
            init, key = ox.random.split(key)
            sizes = len(text.letters), args.dims, args.heads, args.layers
            model = Transformer(*sizes, key=init)
            return model, optimizer.init(model), key

        def train_step(model: Transformer, state: Any, key: Any) -> Any:
            draw, key = ox.random.split(key)
            loss, gradient = ox.value_and_grad(loss_of)(model, *draw_batch(draw, train, *drawn))
            updates, state = optimizer.update(gradient, state, model)
            return optim.apply_updates(model, updates), state, key, loss

        def test_loss(model: Transformer) -> Any:
            return loss_of(model, *draw_batch(ox.random.key(0), test, 64, args.context))

        self.start = start
        self.train_step = ox.jit(train_step, donate_argnums=(0, 1))
        self.test_loss = ox.jit(test_loss)


def train(text: Text, args: argparse.Namespace) -> tuple[State, list[tuple[int, float, float]]]:
    """The last state, and now and then (step, training loss, test loss)."""
    trainer, path = Trainer(text, args), args.out / "char_transformer.state"
    state = State(*trainer.start(ox.random.key(args.seed)), step=0)
    if args.resume and path.exists():
        state = ox.io.load_state(path, state)
        print(f"going on after step {state.step} of {path}")
    args.out.mkdir(parents=True, exist_ok=True)
    history: list[tuple[int, float, float]] = []
    bar = tqdm(total=args.steps, initial=state.step, unit="step", disable=args.quiet)
    print("step   training loss   test loss")
    while state.step < args.steps:
        *parts, loss = trainer.train_step(state.model, state.optimizer, state.key)
        state = State(*parts, step=state.step + 1)
        bar.update()
        if state.step % args.save_every == 0 or state.step == args.steps:
            history.append((state.step, float(loss), float(trainer.test_loss(state.model))))
            bar.write("{:4}   {:13.3f}   {:9.3f}".format(*history[-1]))
            ox.io.save_state(path, state)
    bar.close()
    return state, history


def write(
    model: Transformer, prompt: np.ndarray, length: int, context: int, key: Any
) -> np.ndarray:
    """`length` letters that follow the prompt, drawn one by one: one scan over a cache."""
    capacity = len(prompt) + length

    @ox.jit
    def run(model: Transformer, prompt: Any, key: Any) -> Any:
        attention = model.blocks[0].attention
        heads, dims = attention.num_kv_heads, attention.k_proj.weight.shape[0]
        shape = 1, heads, capacity, dims // heads
        scores, caches = model(prompt[None], caches=tuple(nn.KVCache(*shape) for _ in model.blocks))

        def step(carry: Any, key: Any) -> Any:
            scores, caches = carry
            letter = ox.random.categorical(key, scores)
            # As in training, no letter looks back farther than the context.
            near = jnp.arange(capacity) > caches[0].offset - context
            scores, caches = model(letter[None, None], near[None], caches)
            return (scores[0, 0], caches), letter

        return ox.lax.scan(step, (scores[0, -1], caches), ox.random.split(key, length))[1]

    return np.asarray(run(model, ox.array(prompt), key))


def draw(history: Sequence[tuple[int, float, float]], path: Path) -> None:
    """A picture of the two losses."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    steps, *losses = zip(*history, strict=True)
    for name, loss in zip(("training", "test"), losses, strict=True):
        axes.plot(steps, loss, label=name)
    axes.set(xlabel="step", ylabel="nats a letter")
    axes.legend()
    figure.savefig(path, dpi=120)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--text", type=file, help="a file to learn from, instead of Shakespeare")
    p.add_argument("--limit", type=positive, help="use so many letters at most")
    p.add_argument("--steps", type=positive, default=1000, help="updates of the weights")
    p.add_argument("--batch", type=positive, default=16, help="pieces of text in a step")
    p.add_argument("--context", type=positive, default=64, help="letters that are seen at a time")
    p.add_argument("--dims", type=positive, default=128, help="features of a letter")
    p.add_argument(
        "--heads", type=positive, default=4, help="attention heads, which share the features"
    )
    p.add_argument("--layers", type=positive, default=3, help="blocks of attention and MLP")
    p.add_argument("--learning-rate", type=rate, default=3e-3, help="the highest, after warm-up")
    p.add_argument("--save-every", type=positive, default=100, help="steps between two savings")
    p.add_argument("--resume", action="store_true", help="go on from what was saved")
    p.add_argument("--sample", type=positive, default=400, help="letters to write at the end")
    p.add_argument("--prompt", default="\nKING. ", help="what the text that is written begins with")
    p.add_argument("--seed", type=seed, default=0, help="of the weights, the batches and the text")
    p.add_argument("--out", type=new_folder, default=OUT, help="folder for what is saved and drawn")
    p.add_argument("--plot", action="store_true", help="draw char_transformer.png there")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    p.set_defaults(error=p.error)  # for what only the text can tell
    args = p.parse_args(argv)
    if args.dims % (2 * args.heads):
        p.error(
            f"argument --heads: wanted an even share of {args.dims} features each, got {args.heads}"
        )
    if not args.prompt:
        p.error("argument --prompt: there must be some text to continue")
    return args


def main(argv: Sequence[str] | None = None) -> tuple[State, list[tuple[int, float, float]]]:
    """Train, then write."""
    args = parse(argv)
    text = load_text(args.text, args.limit)
    if len(text.test) <= args.context:
        args.error(
            f"the text is too short: its last twentieth, kept for testing, has {len(text.test)}"
            f" letters; wanted more than --context, which is {args.context}"
        )
    print(f"{len(text.train)} letters to learn from, {len(text.letters)} different ones")
    state, history = train(text, args)
    if args.plot and history:
        draw(history, args.out / "char_transformer.png")
        print(f"drawn as {args.out / 'char_transformer.png'}")
    key = ox.random.fold_in(state.key, 1)
    letters = write(state.model, text.encode(args.prompt), args.sample, args.context, key)
    print(f"{args.prompt}{text.decode(letters)}")
    return state, history


if __name__ == "__main__":
    main()
