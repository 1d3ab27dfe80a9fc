"""SmolLM2's tokenizer: byte-level BPE, the ChatML prompt, and text that streams token by token.

Built from GGUF metadata; the one thing that is easy to get wrong is that digits stand alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from oxmlx.errors import ArgumentError

CONTROL = 3  # the GGUF token type of tokens that are never the product of a merge
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


class Message(TypedDict):
    """One turn of a conversation; the role is "system", "user" or "assistant"."""

    role: str
    content: str


def build_tokenizer(
    tokens: Sequence[str], merges: Sequence[str], token_types: Sequence[int]
) -> Tokenizer:
    """The `smollm` byte-level BPE tokenizer of a GGUF file's `tokenizer.ggml` lists.

    Args:
        tokens: the text of every token id, in GPT-2's byte alphabet.
        merges: pairs of tokens, separated by one space, best first.
        token_types: the GGUF token type of every token id.
    """
    vocabulary = {token: index for index, token in enumerate(tokens)}
    ranked = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=ranked))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [
            AddedToken(token, special=True, normalized=False)
            for token, kind in zip(tokens, token_types, strict=True)
            if kind == CONTROL
        ]
    )
    return tokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer that `gguf_weights.py` saved in a model folder."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def render_chat(messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str:
    """The prompt that SmolLM2-Instruct was trained on, as its own template renders it.

    >>> print(render_chat([{"role": "user", "content": "Hi!"}]))
    <|im_start|>system
    You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
    <|im_start|>user
    Hi!<|im_end|>
    <|im_start|>assistant
    <BLANKLINE>
    """
    turns = list(messages)
    if turns and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": DEFAULT_SYSTEM})
    text = "".join(f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in turns)
    return text + "<|im_start|>assistant\n" if add_generation_prompt else text


def make_byte_alphabet() -> dict[str, int]:
    """The byte that each character of a byte-level token stands for.

    >>> alphabet = make_byte_alphabet()
    >>> bytes(alphabet[character] for character in "ĠcafÃ©").decode()
    ' café'
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    stand_ins = {chr(256 + index): byte for index, byte in enumerate(others)}
    return {chr(byte): byte for byte in printable} | stand_ins


class UntilText:
    """Pieces of text in, the same text out up to the first of `stops`; what may begin one waits.

    >>> until = UntilText(["STOP"])
    >>> [until.push(piece) for piece in ("a S", "Sun, ", "S", "TOP it", "more")], until.found
    (['a ', 'SSun, ', '', '', ''], True)
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self.stops, self.found, self._waiting = stops, False, ""

    def push(self, piece: str) -> str:
        """The text in which no stop can begin any more; nothing after one was found."""
        if self.found:
            return ""
        text = self._waiting + piece
        places = [text.index(stop) for stop in self.stops if stop in text]
        if places:
            self.found, self._waiting = True, ""
            return text[: min(places)]
        starts = [stop[:n] for stop in self.stops for n in range(1, len(stop))]
        certain = len(text) - max((len(s) for s in starts if text.endswith(s)), default=0)
        self._waiting = text[certain:]
        return text[:certain]

    def finish(self) -> str:
        """What still waits when generation ends."""
        text, self._waiting = self._waiting, ""
        return text


class TextStream:
    """Tokens in, text out: what comes is final, so a character waits for the last of its bytes.

    The pieces of `push` and `finish` add up to `tokenizer.decode` of all the tokens.
    """

    _alphabet = make_byte_alphabet()

    def __init__(self, tokenizer: Tokenizer, *, skip_special_tokens: bool = True) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder()
        self._special = {index for index, token in added.items() if token.special}
        self._skip = skip_special_tokens
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, token: int) -> str:
        """The text that became certain with this token; often empty inside an emoji.

        Raises:
            ArgumentError: the tokenizer has no such token.
        """
        text = self._tokenizer.id_to_token(token)
        if text is None:
            raise ArgumentError(
                "TextStream.push",
                f"token {token} is outside the vocabulary of {self._tokenizer.get_vocab_size()}",
                "Stream with the tokenizer that belongs to the model.",
            )
        if token in self._special:
            return "" if self._skip else self._utf8.decode(text.encode())
        return self._utf8.decode(bytes(self._alphabet[character] for character in text))

    def finish(self) -> str:
        """What is left when generation ends: "\ufffd" for a character cut in the middle, or ""."""
        return self._utf8.decode(b"", final=True)
