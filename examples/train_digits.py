"""Train a classifier on scikit-learn's digits, save it, load it again: python examples/train_digits.py

1797 pictures of 8 x 8 pixels. A third is kept for testing, and never seen in training.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from tqdm import trange

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn, optim

OUT = Path(__file__).resolve().parents[1] / "out"


def make_model(hidden: int, key: Any) -> nn.MLP:
    """64 pixels -> hidden -> hidden -> 10 digits."""
    return nn.MLP((64, hidden, hidden, 10), key=key)


def load_data(seed: int) -> tuple[Any, Any, Any, Any]:
    """(training pictures [n, 64] in [0, 1], their digits [n], test pictures, test digits)."""
    pictures, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(digits))
    train, test = order[: len(order) * 2 // 3], order[len(order) * 2 // 3 :]
    x, y = ox.array(pictures / 16), ox.array(digits)
    return x[train], y[train], x[test], y[test]


def loss_of(model: nn.MLP, x: Any, y: Any) -> Any:
    """The mean cross-entropy of a batch."""
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


@ox.jit
def predict(model: nn.MLP, x: Any) -> Any:
    """The likeliest digit of each picture."""
    return jnp.argmax(model(x), axis=-1)


def train(args: argparse.Namespace) -> tuple[nn.MLP, float]:
    """The trained model and its accuracy on the test pictures."""
    x, y, test_x, test_y = load_data(args.seed)
    init_key, key = ox.random.split(ox.random.key(args.seed))
    model = make_model(args.hidden, init_key)
    steps = args.epochs * (len(y) // args.batch)
    schedule = optim.cosine_decay_schedule(args.learning_rate, steps)
    optimizer = optim.adamw(schedule, weight_decay=0.01)
    state = optimizer.init(model)

    @ox.jit
    def step(model: nn.MLP, state: Any, key: Any) -> Any:
        """Draw a batch, and take one step against its gradient."""
        rows = ox.random.choice(key, len(y), (args.batch,), replace=False)
        loss, gradient = ox.value_and_grad(loss_of)(model, x[rows], y[rows])
        updates, state = optimizer.update(gradient, state, model)
        return optim.apply_updates(model, updates), state, loss

    bar = trange(steps, desc="training", unit="step", disable=args.quiet)
    for k in bar:
        model, state, loss = step(model, state, ox.random.fold_in(key, k))
        if k % 50 == 0:
            bar.set_postfix(loss=f"{float(loss):.4f}")
    assert step.traces == 1, "every step after the first runs the same program"
    return model, float(jnp.mean(predict(model, test_x) == test_y))


def confusion(model: nn.MLP, seed: int) -> str:
    """A table: rows are the digits as they are, columns as they were read."""
    _, _, test_x, test_y = load_data(seed)
    table = np.zeros((10, 10), int)
    np.add.at(table, (np.asarray(test_y), np.asarray(predict(model, test_x))), 1)
    rows = [f"{k} | " + " ".join(f"{n or '.':>3}" for n in row) for k, row in enumerate(table)]
    return "\n".join(["    " + " ".join(f"{k:>3}" for k in range(10)), *rows])


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--epochs", type=int, default=40)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--learning-rate", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", type=Path, default=OUT / "digits.safetensors")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    return p.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> float:
    args = parse(argv)
    start = time.perf_counter()
    model, accuracy = train(args)
    print(f"test accuracy {accuracy:.2%} after {time.perf_counter() - start:.1f} s")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    ox.io.save(args.out, model.state_dict(), metadata={"accuracy": f"{accuracy:.4f}"})
    again = make_model(args.hidden, ox.random.key(1)).load_state_dict(ox.io.load(args.out))
    _, _, test_x, _ = load_data(args.seed)
    same = bool(jnp.array_equal(predict(again, test_x), predict(model, test_x)))
    print(f"saved as {args.out}; the model read from it answers {'the same' if same else 'OTHERWISE'}")
    print(confusion(again, args.seed))
    return accuracy


if __name__ == "__main__":
    main()
