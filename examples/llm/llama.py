"""The Llama architecture as a module: SmolLM2 is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oxmlx as ox
from oxmlx import nn

Caches = tuple[nn.KVCache, ...]


class FeedForward(nn.Module):
    """down(silu(gate x) · up x)"""

    gate_proj: nn.Linear
    up_proj: nn.Linear
    down_proj: nn.Linear

    def __init__(self, dims: int, hidden: int, *, key: Any) -> None:
        gate, up, down = ox.random.split(key, 3)
        self.gate_proj = nn.Linear(dims, hidden, bias=False, key=gate)
        self.up_proj = nn.Linear(dims, hidden, bias=False, key=up)
        self.down_proj = nn.Linear(hidden, dims, bias=False, key=down)

    def __call__(self, x: ox.Array) -> ox.Array:
        return self.down_proj(nn.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """x + attention(norm x), then x + feed-forward(norm x)."""

    self_attn: nn.GroupedQueryAttention
    mlp: FeedForward
    input_layernorm: nn.RMSNorm
    post_attention_layernorm: nn.RMSNorm

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        attention, feed_forward = ox.random.split(key)
        dims, eps = config["hidden_size"], config["rms_norm_eps"]
        self.self_attn = nn.GroupedQueryAttention(
            dims,
            config["num_attention_heads"],
            config["num_key_value_heads"],
            rope=nn.RoPE(config["head_dim"], base=config["rope_theta"]),
            key=attention,
        )
        self.mlp = FeedForward(dims, config["intermediate_size"], key=feed_forward)
        self.input_layernorm = nn.RMSNorm(dims, eps)
        self.post_attention_layernorm = nn.RMSNorm(dims, eps)

    def __call__(self, x: ox.Array, cache: nn.KVCache | None) -> tuple[ox.Array, nn.KVCache | None]:
        y, cache = self.self_attn(self.input_layernorm(x), mask="causal", cache=cache)
        x = x + y
        return x + self.mlp(self.post_attention_layernorm(x)), cache


class Llama(nn.Module):
    """Tokens to hidden states; the output head is the embedding table."""

    embed_tokens: nn.Embedding
    layers: tuple[Block, ...]
    norm: nn.RMSNorm

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        first, *rest = ox.random.split(key, config["num_hidden_layers"] + 1)
        self.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"], key=first)
        self.layers = tuple(Block(config, key=k) for k in rest)
        self.norm = nn.RMSNorm(config["hidden_size"], config["rms_norm_eps"])

    def __call__(self, tokens: ox.Array, caches: Caches | None = None) -> tuple[ox.Array, Any]:
        """tokens i32[B, T] → (hidden states f32[B, T, dims], the caches with these positions)"""
        x = self.embed_tokens(tokens)
        new: list[Any] = []
        for k, layer in enumerate(self.layers):
            x, cache = layer(x, None if caches is None else caches[k])
            new.append(cache)
        return self.norm(x), tuple(new)

    def logits(self, hidden: ox.Array) -> ox.Array:
        """hidden f32[..., dims] → f32[..., vocabulary]"""
        return self.embed_tokens.as_linear(hidden)

    def make_caches(self, batch: int, capacity: int) -> Caches:
        """Empty caches for `capacity` positions."""
        attention = self.layers[0].self_attn
        heads, dims = attention.num_kv_heads, attention.k_proj.weight.shape[0]
        return tuple(nn.KVCache(batch, heads, capacity, dims // heads) for _ in self.layers)


def load_llama(folder: Path) -> Llama:
    """A model from a Hugging Face folder: config.json and model.safetensors, mapped, not copied.

    Raises:
        FileFormatError: the weights are corrupt.
        StateDictError: they are not those of the configuration.
    """
    config = json.loads((folder / "config.json").read_text())
    weights = ox.io.load(folder / "model.safetensors")
    # The structure alone: the random weights of a new model are never computed.
    model = ox.eval_shape(lambda key: Llama(config, key=key), ox.random.key(0))
    return model.load_state_dict({k.removeprefix("model."): v for k, v in weights.items()})
