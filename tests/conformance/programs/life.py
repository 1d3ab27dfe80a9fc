"""The game of life: neighbours counted by a convolution, generations in while_loop."""

import jax
import jax.numpy as jnp
from jax import lax

KERNEL = jnp.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=jnp.float32)


def neighbours(board):
    padded = jnp.pad(board.astype(jnp.float32), 1, mode="wrap")
    out = lax.conv_general_dilated(
        padded[None, None], KERNEL[None, None], window_strides=(1, 1), padding="VALID"
    )
    return out[0, 0].astype(jnp.int32)


@jax.jit
def generation(board):
    n = neighbours(board)
    return jnp.where(board, (n == 2) | (n == 3), n == 3)


@jax.jit
def until_still(board, limit):
    def going(state):
        old, new, k = state
        return jnp.any(old != new) & (k < limit)

    def body(state):
        _, new, k = state
        return new, generation(new), k + 1

    _, new, k = lax.while_loop(going, body, (board, generation(board), 1))
    return new, k


def main():
    glider = (
        jnp.zeros((12, 12), bool)
        .at[jnp.array([0, 1, 2, 2, 2]), jnp.array([1, 2, 0, 1, 2])]
        .set(True)
    )
    block = jnp.zeros((8, 8), bool).at[2:4, 3:5].set(True).at[5, 1].set(True)
    moved = lax.fori_loop(0, 20, lambda i, b: generation(b), glider)
    boards = jax.vmap(generation)(jnp.stack([glider, glider.T]))
    still, k = until_still(block, 50)
    return moved, boards, still, k, jnp.sum(moved)
