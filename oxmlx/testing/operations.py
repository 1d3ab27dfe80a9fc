"""Operations of the public API by name, each with operands: what devices are compared on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

import oxmlx.numpy as jnp
from oxmlx import lax, nn
from oxmlx.optim import adamw, apply_updates

Shape: TypeAlias = tuple[int, ...]

SIZES = ((7, 67), (33, 3), (1, 130))
"""Rows and columns: odd, a single row, and around the widths of vectors and simdgroups."""
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], np.float32)
HEADS, WIDTH = 2, 8
"""Of attention."""


class Operation(NamedTuple):
    """A function of floats."""

    function: Callable[..., Any]
    shapes: Callable[[int, int], list[Shape]]
    """Those of its operands, for so many rows and columns."""
    low: float = -2.0
    high: float = 2.0
    """Its operands lie between them."""
    smooth: bool = True
    """Has it a gradient that is not zero?"""
    special: bool = False
    """Are some of the elements NaN, infinite, or zero with either sign?"""

    def operands(self, size: Shape, dtype: Any) -> list[np.ndarray]:
        """Its operands, the same ones at any time."""
        rng = np.random.default_rng(0)
        shapes = self.shapes(*size)
        found = [rng.uniform(self.low, self.high, shape).astype(dtype) for shape in shapes]
        if self.special:
            for x in found:
                x[rng.uniform(size=x.shape) < 0.4] = 0.0
                x[x == 0] = rng.choice(SPECIAL, int((x == 0).sum()))
        return found


def one(m: int, n: int) -> list[Shape]:
    """A matrix."""
    return [(m, n)]


def two(m: int, n: int) -> list[Shape]:
    """Two matrices of one shape."""
    return [(m, n), (m, n)]


def row(m: int, n: int) -> list[Shape]:
    """A matrix and a row."""
    return [(m, n), (n,)]


def product(m: int, n: int) -> list[Shape]:
    """Matrices to multiply."""
    return [(m, n), (n, m + 2)]


def heads(m: int, n: int) -> list[Shape]:
    """Queries, and as many keys and values or more."""
    return [(1, HEADS, t, WIDTH) for t in (m, m + 3, m + 3)]


def block(m: int, n: int) -> list[Shape]:
    """Positions, weights of a norm, of attention and of a layer with a gate."""
    d = HEADS * WIDTH
    return [(2, m, d), (d,), (d, d), (d, d), (d, d), (d, d), (d,), (d, 24), (24, d)]


def split_heads(x: Any) -> Any:
    """[B, T, H D] as [B, H, T, D]."""
    return jnp.transpose(x.reshape(*x.shape[:2], HEADS, WIDTH), (0, 2, 1, 3))


def join_heads(x: Any) -> Any:
    """[B, H, T, D] as [B, T, H D]."""
    return jnp.transpose(x, (0, 2, 1, 3)).reshape(x.shape[0], x.shape[2], HEADS * WIDTH)


def attention_block(x: Any, g: Any, q: Any, k: Any, v: Any, o: Any, h: Any, a: Any, b: Any) -> Any:
    """x + attention(norm x), and then x + mlp(norm x)."""
    y = nn.rms_norm(x, g, 1e-5)
    q, k, v = (split_heads(y @ w) for w in (q, k, v))
    x = x + join_heads(causal(rope(q), rope(k), v)) @ o
    return x + nn.silu(nn.rms_norm(x, h, 1e-5) @ a) @ b


def rope(x: Any) -> Any:
    """Positions that do not start at 0."""
    return nn.rope(x, x.shape[-1], traditional=False, base=10000.0, scale=1.0, offset=3)


def causal(q: Any, k: Any, v: Any) -> Any:
    """Attention to what came before."""
    return nn.scaled_dot_product_attention(q, k, v, scale=WIDTH**-0.5, mask="causal")


def causal_mask(x: Any) -> Any:
    """Scores of which a softmax does not see what comes after."""
    m, n = x.shape
    seen = jnp.arange(n) <= jnp.arange(m)[:, None]
    return jnp.where(seen, x, -jnp.inf)


def adamw_step(p: Any, g: Any) -> Any:
    """Parameters and the state of their optimizer after a step."""
    optimizer = adamw(1e-3, eps=0.01)
    updates, state = optimizer.update(g, optimizer.init(p), p)
    return apply_updates(p, updates), state


def labels(x: Any) -> Any:
    """A class for each row."""
    return jnp.arange(x.shape[0]) % x.shape[1]


def whole(x: Any) -> Any:
    """Integers of 32 bits, large enough for sums of them to wrap."""
    return (x * 2.0**29).astype(jnp.int32)


def narrow(x: Any) -> Any:
    """Integers of fewer than 32 bits with constants, which C++ widens."""
    y = (x * 9).astype(jnp.int8)
    of_8_bits = jnp.maximum(y * y, 0), jnp.clip(y, 1, 5), 7 // y, y << 3
    z = (jnp.abs(x) * 9000).astype(jnp.uint16)
    return *of_8_bits, jnp.minimum(z * z, 40000), jnp.maximum(~z, 1), 9000 % z, jnp.sum(z, 1)


def ends(x: Any) -> np.ndarray:
    """Rows, one of them twice."""
    return np.array([0, x.shape[0] - 1, 0])


OPERATIONS: dict[str, Operation] = {
    "add": Operation(lambda x, y: x + y, two),
    "sub": Operation(lambda x, y: x - y, row),
    "mul": Operation(lambda x, y: x * y, row),
    "div": Operation(lambda x, y: x / y, two, low=0.5),
    "neg": Operation(lambda x: -x, one),
    "abs": Operation(jnp.abs, one),
    "maximum": Operation(jnp.maximum, two),
    "minimum": Operation(jnp.minimum, two),
    "where": Operation(lambda x, y: jnp.where(x < y, x, y), two),
    "pow": Operation(jnp.power, two, low=0.5),
    "exp": Operation(jnp.exp, one),
    "log": Operation(jnp.log, one, low=0.1),
    "sqrt": Operation(jnp.sqrt, one, low=0.1),
    "rsqrt": Operation(lax.rsqrt, one, low=0.1),
    "sin": Operation(jnp.sin, one),
    "cos": Operation(jnp.cos, one),
    "tanh": Operation(jnp.tanh, one),
    "erf": Operation(lax.erf, one),
    "round": Operation(jnp.round, one, smooth=False),
    "integers": Operation(lambda x: (x * 9).astype(jnp.int32) // 4 % 3, one, smooth=False),
    "narrow integers": Operation(narrow, one, smooth=False),
    "isnan": Operation(jnp.isnan, one, smooth=False, special=True),
    "isfinite": Operation(jnp.isfinite, one, smooth=False, special=True),
    "sign": Operation(jnp.sign, one, smooth=False, special=True),
    "comparisons with NaN": Operation(
        lambda x, y: (x < y, x <= y, x == y, x != x), two, smooth=False, special=True
    ),
    "maximum with NaN": Operation(jnp.maximum, two, smooth=False, special=True),
    "minimum with NaN": Operation(jnp.minimum, two, smooth=False, special=True),
    "float32 to bfloat16": Operation(lambda x: x.astype(jnp.bfloat16), one),
    "relu": Operation(nn.relu, one),
    "sigmoid": Operation(nn.sigmoid, one),
    "silu": Operation(nn.silu, one),
    "gelu": Operation(nn.gelu, one),
    "gelu by tanh": Operation(lambda x: nn.gelu(x, approximate=True), one),
    "softplus": Operation(nn.softplus, one),
    "sum": Operation(lambda x: jnp.sum(x, 1), one),
    "sum of columns": Operation(lambda x: jnp.sum(x, 0), one),
    "sum of all": Operation(jnp.sum, one),
    "sum of a long row": Operation(
        lambda x: jnp.sum(x, 1), lambda m, n: [(1, (1 << 18) + n)], 0.01, 0.2
    ),
    "mean": Operation(lambda x: jnp.mean(x, 1), one),
    "variance": Operation(lambda x: jnp.var(x, 1), one),
    "max": Operation(lambda x: jnp.max(x, 1), one),
    "min": Operation(lambda x: jnp.min(x, 0), one),
    "prod": Operation(lambda x: jnp.prod(x, 1), one, 0.8, 1.2),
    "argmax": Operation(lambda x: jnp.argmax(x, 1), one, smooth=False),
    "cumsum": Operation(lambda x: jnp.cumsum(x, 1), one),
    "cumsum of integers": Operation(lambda x: jnp.cumsum(whole(x), 1), one, smooth=False),
    "cummax": Operation(lambda x: lax.cummax(x, 1), one),
    "cummin": Operation(lambda x: lax.cummin(x, 1), one),
    "cummax with NaN": Operation(lambda x: lax.cummax(x, 1), one, smooth=False, special=True),
    "sort of integers": Operation(lambda x: jnp.sort(whole(x), 1), one, smooth=False),
    "sort with NaN": Operation(lambda x: jnp.sort(x, 1), one, smooth=False, special=True),
    "sort": Operation(lambda x: jnp.sort(x, 1), one),
    "sort of long rows": Operation(lambda x: jnp.sort(x, 1), lambda m, n: [(2, 5000 + n)]),
    "softmax": Operation(nn.softmax, one),
    "log_softmax": Operation(nn.log_softmax, one),
    "logsumexp": Operation(lambda x: nn.logsumexp(x, 1), one),
    "causal mask": Operation(causal_mask, one),
    "RMS norm": Operation(lambda x, g: nn.rms_norm(x, g, 1e-5), row),
    "layer norm": Operation(
        lambda x, g, b: nn.layer_norm(x, g, b, 1e-5), lambda m, n: [(m, n), (n,), (n,)]
    ),
    "RoPE": Operation(rope, lambda m, n: [(2, m, WIDTH)]),
    "cross-entropy": Operation(lambda x: nn.cross_entropy(x, labels(x)), one),
    "reshape": Operation(lambda x: x.reshape(-1), one),
    "transpose": Operation(jnp.transpose, one),
    "broadcast": Operation(lambda x: jnp.broadcast_to(x, (3, *x.shape)), one),
    "slice": Operation(lambda x: x[::2, -1:], one),
    "flip": Operation(lambda x: jnp.flip(x, 1), one),
    "pad": Operation(lambda x: jnp.pad(x, 2), one),
    "concatenate": Operation(lambda x, y: jnp.concatenate([x, y], 1), two),
    "embedding": Operation(lambda x: x[ends(x)], one),
    "scatter-add": Operation(lambda x: x.at[ends(x)].add(0.5), one),
    "matmul": Operation(jnp.matmul, product),
    "matrix times vector": Operation(jnp.matmul, row),
    "batched matmul": Operation(jnp.matmul, lambda m, n: [(3, *shape) for shape in product(m, n)]),
    "convolution": Operation(
        lambda x, w: lax.conv(x, w, (1, 1), "SAME"), lambda m, n: [(1, 3, 5, m), (4, 3, 3, 3)]
    ),
    "attention": Operation(causal, heads),
    "attention block": Operation(attention_block, block, -0.5, 0.5),
    "scan": Operation(lambda x: lax.scan(lambda c, r: (c * 0.5 + r, c), x[0], x), one),
    "AdamW step": Operation(adamw_step, two),
}
