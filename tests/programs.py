"""Programs that people run, for looks at their plans: each with small arrays to run it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import nn, optim
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import stage

Tree = Any
HEADS = 3


@dataclass(frozen=True)
class Sizes:
    """The lengths of the axes that programs have."""

    rows: int = 6
    columns: int = 5
    batch: int = 2
    time: int = 10
    head: int = 4
    hidden: int = 7
    classes: int = 11

    @property
    def width(self) -> int:
        """Features of a transformer."""
        return HEADS * self.head


@dataclass(frozen=True)
class Program:
    """A function, and its arguments for some sizes."""

    fun: Callable[..., Any]
    args: Callable[[Sizes], tuple[Tree, ...]]

    def jaxpr(self, sizes: Sizes) -> Jaxpr:
        """What it is traced to."""
        leaves, structure = ox.tree.flatten(self.args(sizes))

        def flat(*xs: Any) -> list[Any]:
            return ox.tree.leaves(self.fun(*structure.unflatten(xs)))

        return stage(flat, [Aval(x.shape, x.dtype) for x in leaves])[0]


def floats(*shape: int) -> np.ndarray:
    """Some numbers."""
    return np.sin(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape).astype(np.float32)


def numbers(*shape: int) -> np.ndarray:
    """Some class numbers."""
    return np.arange(np.prod(shape), dtype=np.int32).reshape(shape) % 3


def pulled(f: Callable[..., Any]) -> Callable[..., Any]:
    """The vjp of `f`, which is given the cotangent last."""

    def vjp(*args: Any) -> Any:
        *xs, ct = args
        return ox.vjp(f, *xs)[1](ct)

    return vjp


def layer_norm(x: Any, g: Any, b: Any) -> Any:
    return nn.layer_norm(x, g, b, 1e-5)


def rms_norm(x: Any, g: Any) -> Any:
    return nn.rms_norm(x, g, 1e-5)


def gelus(x: Any) -> Any:
    return nn.gelu(nn.gelu(x))


adamw = optim.adamw(1e-3, eps=0.01)  # with a small one rounding decides the sign of a first step


def update(params: Tree, grads: Tree, state: Tree) -> Tree:
    updates, state = adamw.update(grads, state, params)
    return optim.apply_updates(params, updates), state


def trained(loss: Callable[..., Any]) -> Callable[..., Any]:
    """A step of AdamW."""

    def step(params: Tree, state: Tree, *batch: Any) -> Tree:
        value, grads = ox.value_and_grad(loss)(params, *batch)
        return value, *update(params, grads, state)

    return step


def start(params: Tree) -> tuple[Tree, Tree]:
    """Parameters and the state of their optimizer."""
    return params, ox.tree.map(np.asarray, adamw.init(params))


def tree(s: Sizes) -> Tree:
    shapes = [(s.rows, s.columns), (s.columns,), (s.columns, s.classes), (s.classes,), (s.hidden,)]
    return [floats(*shape) for shape in (*shapes, *[(s.columns, s.hidden)] * 5)]


def mlp_loss(params: Tree, x: Any, y: Any) -> Any:
    hidden = nn.gelu(x @ params["w"] + params["b"])
    return nn.losses.cross_entropy(hidden @ params["v"] + params["c"], y, reduction="mean")


def mlp(s: Sizes) -> Tree:
    shapes = {"w": (s.columns, s.hidden), "b": (s.hidden,)}
    shapes |= {"v": (s.hidden, s.classes), "c": (s.classes,)}
    return {name: floats(*shape) for name, shape in shapes.items()}


def split_heads(x: Any) -> Any:
    batch, time, width = x.shape
    return np_.transpose(x.reshape(batch, time, HEADS, width // HEADS), (0, 2, 1, 3))


def attention(params: Tree, x: Any) -> Any:
    """x + attention(norm x)"""
    y = layer_norm(x, params["g"], params["b"])
    q, k, v = (split_heads(y @ params[name]) for name in "qkv")
    seen = nn.scaled_dot_product_attention(q, k, v, scale=0.5, mask="causal")
    return x + np_.transpose(seen, (0, 2, 1, 3)).reshape(x.shape) @ params["o"]


def attention_block(s: Sizes) -> Tree:
    norms = {name: floats(s.width) for name in "gb"}
    return norms | {name: floats(s.width, s.width) for name in "qkvo"}


def transformer_loss(params: Tree, letters: Any, targets: Any) -> Any:
    x = params["embedding"][letters]
    for block in params["blocks"]:
        x = attention(block, x)
        y = rms_norm(x, block["scale"])
        x = x + nn.silu(y @ block["up"]) @ block["down"]
    scores = rms_norm(x, params["scale"]) @ params["embedding"].T
    return nn.losses.cross_entropy(scores, targets, reduction="mean")


def transformer(s: Sizes) -> Tree:
    more = {"scale": (s.width,), "up": (s.width, s.hidden), "down": (s.hidden, s.width)}
    block = attention_block(s) | {name: floats(*shape) for name, shape in more.items()}
    rest = {"embedding": floats(s.classes, s.width), "scale": floats(s.width)}
    return {"blocks": [block, block], **rest}


def matrix(s: Sizes) -> np.ndarray:
    return floats(s.rows, s.columns)


def row(s: Sizes) -> np.ndarray:
    return floats(s.columns)


def labels(s: Sizes) -> np.ndarray:
    return numbers(s.rows)


def letters(s: Sizes) -> np.ndarray:
    return numbers(s.batch, s.time)


PROGRAMS: dict[str, Program] = {
    "softmax": Program(nn.softmax, lambda s: (matrix(s),)),
    "softmax_vjp": Program(pulled(nn.softmax), lambda s: (matrix(s), matrix(s))),
    "layer_norm": Program(layer_norm, lambda s: (matrix(s), row(s), row(s))),
    "layer_norm_vjp": Program(pulled(layer_norm), lambda s: (matrix(s), row(s), row(s), matrix(s))),
    "rms_norm": Program(rms_norm, lambda s: (matrix(s), row(s))),
    "rms_norm_vjp": Program(pulled(rms_norm), lambda s: (matrix(s), row(s), matrix(s))),
    "cross_entropy": Program(nn.losses.cross_entropy, lambda s: (matrix(s), labels(s))),
    "cross_entropy_grad": Program(
        ox.grad(lambda x, y: np_.sum(nn.losses.cross_entropy(x, y))),
        lambda s: (matrix(s), labels(s)),
    ),
    "gelu_gelu_grad": Program(pulled(gelus), lambda s: (matrix(s), matrix(s))),
    "adamw": Program(update, lambda s: (tree(s), *start(tree(s)))),
    "attention_block": Program(
        attention, lambda s: (attention_block(s), floats(s.batch, s.time, s.width))
    ),
    "attention_block_vjp": Program(
        pulled(attention),
        lambda s: (attention_block(s), *[floats(s.batch, s.time, s.width)] * 2),
    ),
    "mlp_adamw_step": Program(trained(mlp_loss), lambda s: (*start(mlp(s)), matrix(s), labels(s))),
    "transformer_step": Program(
        trained(transformer_loss), lambda s: (*start(transformer(s)), letters(s), letters(s))
    ),
}
