"""The functions that Metal texts call and MSL does not have: prelude.metal."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def prelude() -> dict[str, str]:
    """The functions of prelude.metal by name, in order."""
    text = Path(__file__).with_name("prelude.metal").read_text()
    found: dict[str, str] = {}
    for paragraph in text.strip().split("\n\n"):
        if name := re.search(r"inline \w+ (\w+)\(", paragraph):
            found[name[1]] = paragraph
    return found


def helpers(code: str) -> list[str]:
    """The functions of the prelude that `code` calls, and those that they call."""
    needed: set[str] = set()
    todo = [code]
    while todo:
        called = set(re.findall(r"(?<!::)\b\w+(?=[(<])", todo.pop())) & prelude().keys() - needed
        needed |= called
        todo += [prelude()[name] for name in called]
    return [text for name, text in prelude().items() if name in needed]
