"""Logits to a token: penalty, temperature, then three ways to cut the tail, each a pure function.

Every cut is a threshold on the logits, so no shape depends on a value and all of it compiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.errors import ArgumentError


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token; as it stands, greedily. Hashable: a static argument of `jit`.

    Args:
        temperature: divides the logits; 0 chooses the likeliest token.
        top_k: how many of the likeliest tokens to keep; 0 keeps all.
        top_p: keep the fewest likeliest tokens that have this much probability together.
        min_p: keep tokens at least this fraction as likely as the likeliest one.
        repetition_penalty: above 1, tokens that occurred become less likely.

    Raises:
        ArgumentError: a setting is outside its range.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        ranges = {
            "temperature": (self.temperature >= 0, "0 (greedy) or more"),
            "top_k": (self.top_k >= 0, "0 (all tokens) or more"),
            "top_p": (0 < self.top_p <= 1, "above 0 and at most 1 (all tokens)"),
            "min_p": (0 <= self.min_p <= 1, "between 0 (all tokens) and 1"),
            "repetition_penalty": (self.repetition_penalty > 0, "above 0; 1 is no penalty"),
        }
        for name, (valid, wanted) in ranges.items():
            if not valid:
                raise ArgumentError("Sampling", f"{name} is {getattr(self, name)}; wanted {wanted}")


def mark_seen(seen: ox.Array, tokens: ox.Array) -> ox.Array:
    """The set `seen`, a bool[vocabulary], with the int32[n] `tokens` added; `vmap` for a batch."""
    return seen.at[tokens].set(True)


def penalize_repetition(logits: ox.Array, seen: ox.Array, penalty: float) -> ox.Array:
    """Push the logits of tokens in `seen` down (Keskar et al. 2019), towards or below zero."""
    penalized = jnp.where(logits > 0, logits / penalty, logits * penalty)
    return jnp.where(seen, penalized, logits)


def keep_top_k(logits: ox.Array, k: int) -> ox.Array:
    """Keep the `k` largest of the last axis, and what ties with the last of them."""
    kept, _ = ox.lax.top_k(logits, min(k, logits.shape[-1]))
    return jnp.where(logits < kept[..., -1:], -jnp.inf, logits)


def keep_top_p(logits: ox.Array, p: float) -> ox.Array:
    """Keep the fewest likeliest tokens with probability `p` together (Holtzman et al. 2019)."""
    ordered = jnp.sort(logits, axis=-1, descending=True)
    probabilities = ox.nn.softmax(ordered, axis=-1)
    likelier = jnp.cumsum(probabilities, axis=-1) - probabilities
    threshold = jnp.min(jnp.where(likelier < p, ordered, jnp.inf), axis=-1, keepdims=True)
    return jnp.where(logits < threshold, -jnp.inf, logits)


def keep_min_p(logits: ox.Array, p: float) -> ox.Array:
    """Keep tokens at least `p` times as likely as the likeliest (Nguyen et al. 2024)."""
    threshold = jnp.max(logits, axis=-1, keepdims=True) + jnp.log(p)
    return jnp.where(logits < threshold, -jnp.inf, logits)


def truncate(logits: ox.Array, seen: ox.Array, settings: Sampling) -> ox.Array:
    """The logits to draw from, in Hugging Face's order: penalty, temperature, k, p, min-p.

    Args:
        logits: f32[..., vocabulary].
        seen: bool[..., vocabulary], the tokens that occurred so far.
        settings: static; what is switched off costs nothing.
    """
    if settings.repetition_penalty != 1:
        logits = penalize_repetition(logits, seen, settings.repetition_penalty)
    if settings.temperature not in (0, 1):
        logits = logits / settings.temperature
    if settings.top_k:
        logits = keep_top_k(logits, settings.top_k)
    if settings.top_p < 1:
        logits = keep_top_p(logits, settings.top_p)
    if settings.min_p:
        logits = keep_min_p(logits, settings.min_p)
    return logits


def next_token(key: ox.Array, logits: ox.Array, seen: ox.Array, settings: Sampling) -> ox.Array:
    """The next token, int32[...], drawn from the f32[..., vocabulary] `logits`.

    Args:
        key: a typed random key; greedy choice leaves it unused.
        logits: f32[..., vocabulary].
        seen: bool[..., vocabulary], the tokens that occurred so far.
        settings: a static argument.
    """
    chosen_from = truncate(logits, seen, settings)
    if settings.temperature == 0:
        return jnp.argmax(chosen_from, axis=-1)
    return ox.random.categorical(key, chosen_from, axis=-1)
