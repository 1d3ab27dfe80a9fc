"""Which sentences mean alike: python examples/embeddings.py "A cat." "The dog." "A kitten."

all-MiniLM-L6-v2, a BERT of 6 layers, read from the safetensors file that its authors published.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from fetch import fetch
from options import folder_with
from tokenizers import Tokenizer
from tqdm import tqdm

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn

SENTENCES = (
    "The cat is asleep on the sofa.",
    "A kitten naps on the couch.",
    "The central bank raised interest rates.",
    "Borrowing money has become more expensive.",
    "She plays the violin in an orchestra.",
    "He has been a cellist for ten years.",
)
FILES = "config.json", "tokenizer.json", "model.safetensors"
LONGEST = 256  # tokens of a sentence; what follows is cut off
BATCH = 16  # sentences that go through the model at once
ROUND = 16  # lengths are rounded up to this, so that few programs are compiled


class Embeddings(nn.Module):
    """norm(word + position + kind of sentence), of which there is one kind here"""

    word_embeddings: nn.Embedding
    position_embeddings: nn.Embedding
    token_type_embeddings: nn.Embedding
    LayerNorm: nn.LayerNorm

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        words, positions, kinds = ox.random.split(key, 3)
        dims = config["hidden_size"]
        self.word_embeddings = nn.Embedding(config["vocab_size"], dims, key=words)
        self.position_embeddings = nn.Embedding(
            config["max_position_embeddings"], dims, key=positions
        )
        self.token_type_embeddings = nn.Embedding(config["type_vocab_size"], dims, key=kinds)
        self.LayerNorm = nn.LayerNorm(dims, config["layer_norm_eps"])

    def __call__(self, ids: Any) -> Any:
        """ids i32[B, T] → f32[B, T, D]"""
        places = self.position_embeddings.weight[: ids.shape[1]]
        return self.LayerNorm(
            self.word_embeddings(ids) + places + self.token_type_embeddings.weight[0]
        )


class SelfAttention(nn.Module):
    """Every token looks at every other one that is there."""

    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    heads: int

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        dims = config["hidden_size"]
        self.query, self.key, self.value = (
            nn.Linear(dims, dims, key=k) for k in ox.random.split(key, 3)
        )
        self.heads = config["num_attention_heads"]

    def __call__(self, x: Any, mask: Any) -> Any:
        """x f32[B, T, D], mask bool[B, T] → f32[B, T, D]"""
        batch, time, dims = x.shape

        def split(y: Any) -> Any:
            return jnp.moveaxis(y.reshape(batch, time, self.heads, dims // self.heads), 2, 1)

        q, k, v = (split(project(x)) for project in (self.query, self.key, self.value))
        seen = mask[:, None, None, :]
        y = nn.scaled_dot_product_attention(q, k, v, scale=1 / sqrt(q.shape[-1]), mask=seen)
        return jnp.moveaxis(y, 1, 2).reshape(batch, time, dims)


class Output(nn.Module):
    """norm(residual + linear x)"""

    dense: nn.Linear
    LayerNorm: nn.LayerNorm

    def __init__(self, config: dict[str, Any], inputs: int, *, key: Any) -> None:
        self.dense = nn.Linear(inputs, config["hidden_size"], key=key)
        self.LayerNorm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])

    def __call__(self, x: Any, residual: Any) -> Any:
        return self.LayerNorm(residual + self.dense(x))


class Attention(nn.Module):
    """Attention, and its output."""

    self: SelfAttention
    output: Output

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        inside, after = ox.random.split(key)
        self.self = SelfAttention(config, key=inside)
        self.output = Output(config, config["hidden_size"], key=after)

    def __call__(self, x: Any, mask: Any) -> Any:
        return self.output(self.self(x, mask), x)


class Intermediate(nn.Module):
    """gelu(linear x)"""

    dense: nn.Linear

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        self.dense = nn.Linear(config["hidden_size"], config["intermediate_size"], key=key)

    def __call__(self, x: Any) -> Any:
        return nn.gelu(self.dense(x))


class Layer(nn.Module):
    """Attention, then two linear layers, each added to what it was given."""

    attention: Attention
    intermediate: Intermediate
    output: Output

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        first, second, third = ox.random.split(key, 3)
        self.attention = Attention(config, key=first)
        self.intermediate = Intermediate(config, key=second)
        self.output = Output(config, config["intermediate_size"], key=third)

    def __call__(self, x: Any, mask: Any) -> Any:
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class Encoder(nn.Module):
    """Layer after layer."""

    layer: tuple[Layer, ...]

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        keys = ox.random.split(key, config["num_hidden_layers"])
        self.layer = tuple(Layer(config, key=k) for k in keys)

    def __call__(self, x: Any, mask: Any) -> Any:
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Bert(nn.Module):
    """Tokens to unit vectors; fields are called as the tensors of the published file."""

    embeddings: Embeddings
    encoder: Encoder

    def __init__(self, config: dict[str, Any], *, key: Any) -> None:
        first, second = ox.random.split(key)
        self.embeddings = Embeddings(config, key=first)
        self.encoder = Encoder(config, key=second)

    def __call__(self, ids: Any, mask: Any) -> Any:
        """ids i32[B, T], mask bool[B, T] → f32[B, D]: the mean over the tokens, of length 1"""
        hidden = self.encoder(self.embeddings(ids), mask)
        there = mask[:, :, None].astype(hidden.dtype)
        mean = jnp.sum(hidden * there, axis=1) / jnp.sum(there, axis=1)
        return mean / jnp.sqrt(jnp.sum(mean**2, axis=1, keepdims=True))


def load_bert(folder: Path) -> Bert:
    """A sentence encoder from a Hugging Face folder: config.json and model.safetensors, mapped.

    Raises:
        FileFormatError: the weights are corrupt.
        StateDictError: they are not those of the configuration.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = ox.eval_shape(lambda key: Bert(config, key=key), ox.random.key(0))
    weights = ox.io.load(folder / "model.safetensors")
    # The file has two things more: 0, 1, 2, ..., and a layer for another task.
    wanted = {k: v for k, v in weights.items() if not k.endswith("position_ids")}
    return model.load_state_dict({k: v for k, v in wanted.items() if not k.startswith("pooler.")})


@ox.jit
def embed_tokens(model: Bert, ids: Any, mask: Any) -> Any:
    """The model, compiled."""
    return model(ids, mask)


def embed(model: Bert, tokenizer: Tokenizer, sentences: Sequence[str]) -> np.ndarray:
    """f32[sentences, D], each of length 1."""
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding(pad_to_multiple_of=ROUND)
    encoded = tokenizer.encode_batch(list(sentences))
    ids = np.array([e.ids for e in encoded], np.int32)
    mask = np.array([e.attention_mask for e in encoded], np.bool_)
    vectors: list[np.ndarray] = []
    with tqdm(total=len(sentences), unit="sentence", leave=False) as bar:
        for start in range(0, len(sentences), BATCH):
            some = slice(start, start + BATCH)
            vectors.append(np.asarray(embed_tokens(model, ids[some], mask[some])))
            bar.update(len(vectors[-1]))
    return np.concatenate(vectors)


def table(sentences: Sequence[str], similarity: np.ndarray) -> str:
    """How alike any two are, as a table with the sentences at its right."""
    head = "     " + " ".join(f"{k:>5}" for k in range(1, len(sentences) + 1))
    rows = [
        f"{k:>4} {' '.join(f'{s:5.2f}' for s in row)}  {text}"
        for k, (row, text) in enumerate(zip(similarity, sentences, strict=True), 1)
    ]
    return "\n".join([head, *rows])


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("sentences", nargs="*", default=SENTENCES, help="two or more to compare")
    p.add_argument(
        "--model",
        type=folder_with(*FILES),
        help="a folder with config.json, tokenizer.json and\n"
        "model.safetensors; without it MiniLM is fetched (84 MB, once)",
    )
    args = p.parse_args(argv)
    if len(args.sentences) < 2:
        p.error(f"argument sentences: wanted two or more to compare, got {len(args.sentences)}")
    return args


def main(argv: Sequence[str] | None = None) -> np.ndarray:
    """Print and return the matrix of similarities."""
    args = parse(argv)
    folder = args.model or fetch("minilm").parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    vectors = embed(load_bert(folder), tokenizer, args.sentences)
    similarity = vectors @ vectors.T
    print(table(args.sentences, similarity))
    return similarity


if __name__ == "__main__":
    main()
