"""Metal text as tokens. Joined again they are the text, so what is rewritten keeps its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>(?:[ \t\r\f\v]|\\\n)+)
    | (?P<newline>\n)
    | (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<number>(?:0[xX][0-9a-fA-F']+|(?:\d[\d']*\.?[\d']*|\.\d[\d']*)(?:[eE][+-]?\d+)?)\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>::|->|<<=|>>=|\.\.\.|[-+*/%&|^<>=!]=|&&|\|\||<<|\+\+|--|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_FLOAT = re.compile(r"(\d[\d']*\.[\d']*|\.\d[\d']*)([eE][+-]?\d+)?|\d[\d']*[eE][+-]?\d+")
_BLANK = frozenset({"space", "newline", "comment"})


@dataclass(slots=True)
class Token:
    """A piece of text; `directive` if it stands on a line of the preprocessor."""

    kind: str
    text: str
    line: int
    directive: bool = False

    @property
    def is_code(self) -> bool:
        """Does the compiler proper see it?"""
        return self.kind not in _BLANK and not self.directive

    @property
    def is_double(self) -> bool:
        """Is it a float without a suffix? MSL has no double, and reads it as a float."""
        return self.kind == "number" and _FLOAT.fullmatch(self.text) is not None

    @property
    def is_long_double(self) -> bool:
        """Is it a float with the suffix of a type that MSL does not have?"""
        short = self.kind == "number" and self.text[-1] in "lL"
        return short and _FLOAT.fullmatch(self.text[:-1]) is not None


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, blanks and comments too."""
    tokens: list[Token] = []
    line, directive, line_begins = 1, False, True
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "newline":
            directive, line_begins = False, True
        elif kind not in _BLANK:
            directive = directive or (line_begins and match[0] == "#")
            line_begins = False
        tokens.append(Token(kind, match[0], line, directive))
        line += match[0].count("\n")
    return tokens


def code(tokens: Sequence[Token]) -> list[int]:
    """The indices of what the compiler proper sees."""
    return [i for i, token in enumerate(tokens) if token.is_code]


_CLOSES = {"(": ")", "[": "]", "{": "}"}


def closing(tokens: Sequence[Token], start: int) -> int:
    """The index of the bracket that closes the one at `start`; the end if there is none."""
    stack: list[str] = []
    for i in range(start, len(tokens)):
        if not tokens[i].is_code:
            continue
        if (text := tokens[i].text) in _CLOSES:
            stack.append(_CLOSES[text])
        elif stack and text == stack[-1]:
            stack.pop()
            if not stack:
                return i
    return len(tokens)


def attributes(tokens: Sequence[Token]) -> Iterator[tuple[int, int, list[str]]]:
    """Every `[[...]]`: its first token, the one behind it, and the attributes that it lists."""
    at = code(tokens)
    behind = 0
    for i, j in zip(at, at[1:], strict=False):
        if i >= behind and tokens[i].text == "[" == tokens[j].text and j == i + 1:
            behind = closing(tokens, i) + 1
            yield i, behind, listed(tokens[j + 1 : closing(tokens, j)])


def listed(tokens: Sequence[Token]) -> list[str]:
    """What stands between commas that are in no bracket."""
    parts, depth = [""], 0
    for token in tokens:
        if not token.is_code:
            continue
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += token.text
    return [part for part in parts if part]
