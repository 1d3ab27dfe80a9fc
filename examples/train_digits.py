"""Train a classifier on scikit-learn's digits, save it, load it: python examples/train_digits.py

1797 pictures of 8 x 8 pixels. A third is kept for testing, and never seen in training.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from options import new_folder, positive, rate, seed
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


class Result(NamedTuple):
    """A trained model, and how it came about: a loss a step, an accuracy on the test an epoch."""

    model: nn.MLP
    losses: list[float]
    accuracies: list[float]


def train(args: argparse.Namespace) -> Result:
    """Some passes over the data."""
    x, y, test_x, test_y = load_data(args.seed)
    if args.batch > len(y):
        args.error(f"argument --batch: there are {len(y)} pictures to train with, got {args.batch}")
    init_key, key = ox.random.split(ox.random.key(args.seed))
    model = make_model(args.hidden, init_key)
    per_epoch = len(y) // args.batch
    steps = args.epochs * per_epoch
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

    losses: list[float] = []
    accuracies: list[float] = []
    bar = trange(steps, desc="training", unit="step", disable=args.quiet)
    for k in bar:
        model, state, loss = step(model, state, ox.random.fold_in(key, k))
        losses.append(float(loss))
        if (k + 1) % per_epoch == 0:
            accuracies.append(float(jnp.mean(predict(model, test_x) == test_y)))
            bar.set_postfix(loss=f"{losses[-1]:.4f}", accuracy=f"{accuracies[-1]:.2%}")
    return Result(model, losses, accuracies)


def confusion(answers: np.ndarray, digits: np.ndarray) -> str:
    """A table: rows are the digits as they are, columns as they were read."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (digits, answers), 1)
    rows = [f"{k} | " + " ".join(f"{n or '.':>3}" for n in row) for k, row in enumerate(counts)]
    return "\n".join(["    " + " ".join(f"{k:>3}" for k in range(10)), *rows])


def draw(result: Result, seed: int, path: Path) -> None:
    """A picture of the curves, and of the test pictures that were misread."""
    from matplotlib.figure import Figure

    _, _, x, y = load_data(seed)
    answers, digits = np.asarray(predict(result.model, x)), np.asarray(y)
    figure = Figure(figsize=(10, 4), layout="constrained")
    curves, misread = figure.subfigures(1, 2)
    left, right = curves.subplots(1, 2)
    left.semilogy(result.losses)
    left.set(title="training loss", xlabel="step")
    right.plot(range(1, len(result.accuracies) + 1), result.accuracies)
    right.set(title="test accuracy", xlabel="epoch")
    wrong = np.flatnonzero(answers != digits)
    misread.suptitle(f"{len(wrong)} of {len(digits)} misread")
    for k, axes in zip(wrong, misread.subplots(3, 5).flat, strict=False):
        axes.imshow(np.asarray(x[int(k)]).reshape(8, 8), cmap="gray_r")
        axes.set_title(f"{digits[k]} as {answers[k]}", fontsize=8)
    for axes in misread.axes:
        axes.axis("off")
    figure.savefig(path, dpi=120)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--epochs", type=positive, default=40, help="passes over the pictures")
    p.add_argument("--batch", type=positive, default=64, help="pictures in a step")
    p.add_argument("--hidden", type=positive, default=256, help="units of the hidden layer")
    p.add_argument("--learning-rate", type=rate, default=1e-2, help="the first, which decays to 0")
    p.add_argument("--seed", type=seed, default=0, help="of the split, the weights and the batches")
    p.add_argument("--out", type=new_folder, default=OUT, help="folder for what is saved and drawn")
    p.add_argument("--plot", action="store_true", help="draw digits.png there")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    p.set_defaults(error=p.error)  # for what only the data can tell
    return p.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> Result:
    """Train, save, load again, and say how well it reads."""
    args = parse(argv)
    start = time.perf_counter()
    result = train(args)
    seconds = time.perf_counter() - start
    print(f"test accuracy {result.accuracies[-1]:.2%} after {seconds:.1f} s")
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "digits.safetensors"
    about = {"accuracy": f"{result.accuracies[-1]:.4f}"}
    ox.io.save(path, result.model.state_dict(), metadata=about)
    again = make_model(args.hidden, ox.random.key(1)).load_state_dict(ox.io.load(path))
    _, _, x, y = load_data(args.seed)
    answers = np.asarray(predict(again, x))
    same = np.array_equal(answers, np.asarray(predict(result.model, x)))
    print(f"saved as {path}; what was read from it answers {'the same' if same else 'OTHERWISE'}")
    print(confusion(answers, np.asarray(y)))
    if args.plot:
        draw(result, args.seed, args.out / "digits.png")
        print(f"drawn as {args.out / 'digits.png'}")
    return result._replace(model=again)


if __name__ == "__main__":
    main()
