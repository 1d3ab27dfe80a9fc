"""Random programs, to compare one device with another.

Every value stays near [-1, 1], and what is done to it is continuous there: two devices that round
in different ways must still agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import oxmlx.numpy as jnp
from oxmlx import lax, nn
from oxmlx.api.remat import checkpoint
from oxmlx.api.staging import ShapeDtypeStruct, eval_shape
from oxmlx.api.vectorize import vmap
from oxmlx.jit import jit

EXTENTS = (1, 2, 3, 5, 8, 17, 33)
MOST_ELEMENTS = 4096
Random = np.random.Generator


class Step(NamedTuple):
    """One value made of earlier ones."""

    text: str
    function: Callable[..., Any]
    operands: tuple[int, ...]


class Program:
    """A function of arrays, made of random steps; printed, it can be read and made smaller.

    Args:
        seed: programs of the same seed and length are the same.
        length: of how many steps.

    >>> print(Program(seed=6, length=3))
    x0 = uniform(5, 5)
    x1 = uniform(33, 3)
    x2 = sin(x0)
    x3 = bell(x1)
    x4 = product(x0, x2)
    -> x3, x4
    """

    def __init__(self, seed: int, length: int = 12) -> None:
        rng = np.random.default_rng(seed)
        shapes = [tuple(map(int, rng.choice(EXTENTS, rng.integers(1, 4)))) for _ in range(2)]
        self.args = [rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes]
        """Arrays to call it with."""
        self.steps: list[Step] = []
        while len(self.steps) < length:
            make = KINDS[rng.integers(len(KINDS))]
            first = int(rng.integers(max(0, len(shapes) - 4), len(shapes)))
            step = make(rng, shapes, first)
            if step is not None:
                structs = [ShapeDtypeStruct(shapes[k], np.float32) for k in step.operands]
                out = eval_shape(step.function, *structs)
                if 0 < np.prod(out.shape) <= MOST_ELEMENTS:
                    self.steps.append(step)
                    shapes.append(out.shape)
        read = {k for step in self.steps for k in step.operands}
        self.outputs = [k for k in range(len(shapes)) if k not in read]

    def __call__(self, *args: Any) -> list[Any]:
        """The values that no step reads."""
        values = list(args)
        for step in self.steps:
            values.append(step.function(*[values[k] for k in step.operands]))
        return [values[k] for k in self.outputs]

    def __str__(self) -> str:
        lines = [f"x{k} = uniform{x.shape}" for k, x in enumerate(self.args)]
        for n, step in enumerate(self.steps, len(self.args)):
            operands = ", ".join(f"x{k}" for k in step.operands)
            lines.append(f"x{n} = {step.text}({operands})")
        return "\n".join([*lines, "-> " + ", ".join(f"x{k}" for k in self.outputs)])


Shape = tuple[int, ...]
Make = Callable[[Random, list[Shape], int], Step | None]
"""A step on an operand of given number, and others as it likes; nothing where none fits."""

UNARY: dict[str, Callable[[Any], Any]] = {
    "tanh": jnp.tanh,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "abs": jnp.abs,
    "sigmoid": nn.sigmoid,
    "gelu": nn.gelu,
    "bell": lambda x: jnp.exp(-x * x),
    "log1p of square": lambda x: jnp.log1p(x * x),
    "root": lambda x: jnp.sqrt(x * x + 1) - 1,
    "polynomial": lambda x: x - x**3 / 3,
    "ramp": lambda x: x * jnp.arange(x.shape[-1]) / x.shape[-1] if x.ndim else x,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "average": lambda x, y: (x + y) * 0.5,
    "difference": lambda x, y: (x - y) * 0.5,
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / (2 + jnp.abs(y)),
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
    "masked": lambda x, y: jnp.where(jnp.arange(x.shape[-1]) % 3 == 0, x, y * 0.5),
}
ALONG: dict[str, Callable[[Any, int], Any]] = {
    "mean": lambda x, axis: jnp.mean(x, axis),
    "kept mean": lambda x, axis: jnp.mean(x, axis, keepdims=True),
    "max": lambda x, axis: jnp.max(x, axis),
    "min": lambda x, axis: jnp.min(x, axis, keepdims=True),
    "scaled prod": lambda x, axis: jnp.prod(1 + x / x.shape[axis], axis) / 3,
    "logsumexp": lambda x, axis: nn.logsumexp(x, axis) / 8,
    "softmax": lambda x, axis: nn.softmax(x, axis),
    "normalised": lambda x, axis: (
        (x - jnp.mean(x, axis, keepdims=True)) / jnp.sqrt(jnp.var(x, axis, keepdims=True) + 1)
    ),
    "cumulative mean": lambda x, axis: jnp.cumsum(x, axis) / x.shape[axis],
    "running maximum": lambda x, axis: lax.cummax(x, axis % x.ndim),
    "sorted": jnp.sort,
    "flipped": jnp.flip,
    "rolled": lambda x, axis: jnp.roll(x, 1, axis),
    "doubled": lambda x, axis: jnp.concatenate([x, x * 0.5], axis),
    "stacked": lambda x, axis: jnp.stack([x, -x], axis),
    "every other": lambda x, axis: jnp.moveaxis(jnp.moveaxis(x, axis, 0)[::2], 0, axis),
    "taken": lambda x, axis: jnp.take(x, np.array([0, x.shape[axis] - 1, 0]), axis),
    "swapped": lambda x, axis: jnp.swapaxes(x, axis, 0),
    "repeated": lambda x, axis: jnp.repeat(x, 2, axis),
    "set": lambda x, axis: jnp.moveaxis(jnp.moveaxis(x, axis, 0).at[0].set(0.25), 0, axis),
    "scattered": lambda x, axis: jnp.moveaxis(
        jnp.moveaxis(x, axis, 0).at[np.array([0, 0])].add(0.125), 0, axis
    ),
}
WHOLE: dict[str, Callable[[Any], Any]] = {
    "transposed": jnp.transpose,
    "flat": jnp.ravel,
    "padded": lambda x: jnp.pad(x, 1),
    "new axis": lambda x: x[None],
    "squeezed": lambda x: jnp.squeeze(x)[None],
    "gram": lambda x: x @ jnp.swapaxes(x, -1, -2) / x.shape[-1] if x.ndim > 1 else jnp.outer(x, x),
    "scan": lambda x: lax.scan(lambda c, r: (jnp.tanh(c + r), c * r), x[0] * 0, x)[1],
    "fori_loop": lambda x: lax.fori_loop(0, 3, lambda k, c: jnp.sin(c + x / (k + 1)), x),
    "while_loop": lambda x: lax.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, jnp.cos(c[1]) * 0.9), (0, x)
    )[1],
    "cond": lambda x: lax.cond(x.shape[0] % 2 == 0, jnp.tanh, jnp.sin, x),
    "mapped": lambda x: vmap(lambda r: r * jnp.mean(r))(x),
    "jitted": lambda x: jit(lambda y: jnp.tanh(y) * y)(x),
    "checkpointed": lambda x: checkpoint(lambda y: jnp.sin(y) * y)(x),
}


def pick(rng: Random, table: dict[str, Any]) -> tuple[str, Any]:
    """A row of a table."""
    name = list(table)[int(rng.integers(len(table)))]
    return name, table[name]


def unary(rng: Random, shapes: list[Shape], k: int) -> Step:
    """f(x)"""
    name, f = pick(rng, UNARY)
    return Step(name, f, (k,))


def whole(rng: Random, shapes: list[Shape], k: int) -> Step | None:
    """f(x), of an array that has an axis."""
    name, f = pick(rng, WHOLE)
    return Step(name, f, (k,)) if shapes[k] else None


def along(rng: Random, shapes: list[Shape], k: int) -> Step | None:
    """f(x, axis)"""
    name, f = pick(rng, ALONG)
    if not shapes[k]:
        return None
    axis = int(rng.integers(len(shapes[k])))
    return Step(f"{name}[{axis}]", lambda x: f(x, axis), (k,))


def binary(rng: Random, shapes: list[Shape], k: int) -> Step | None:
    """f(x, y), of shapes that broadcast."""
    name, f = pick(rng, BINARY)
    fits = [n for n, shape in enumerate(shapes) if broadcasts(shapes[k], shape)]
    return Step(name, f, (k, fits[int(rng.integers(len(fits)))])) if shapes[k] else None


def product(rng: Random, shapes: list[Shape], k: int) -> Step | None:
    """x @ y / n, of shapes that match."""
    fits = [n for n, shape in enumerate(shapes) if len(shape) == 2 and shapes[k][-1:] == shape[:1]]
    if not fits:
        return None
    other = fits[int(rng.integers(len(fits)))]
    return Step("matmul / n", lambda x, y: x @ y / x.shape[-1], (k, other))


def broadcasts(a: Shape, b: Shape) -> bool:
    """Do two shapes broadcast?"""
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


KINDS: tuple[Make, ...] = (unary, unary, binary, binary, along, along, whole, product)
