"""JSON from files that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

from oxmlx.errors import FileFormatError


def parse_object(data: bytes, what: str, who: str) -> dict[str, Any]:
    """The JSON object that UTF-8 bytes spell, in which no key stands twice.

    Args:
        data: the text.
        what: what it is, for the error.
        who: who reads it, for the error.

    Raises:
        FileFormatError: it is anything else.

    >>> parse_object(b'{"a": [1]}', "the header", "load")
    {'a': [1]}
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise FileFormatError(who, f"{what} has the key {key!r:.80} twice")
            for text in (key, value):
                if isinstance(text, str):
                    text.encode()  # a lone surrogate, which JSON can spell, is a UnicodeEncodeError
            found[key] = value
        return found

    try:
        found = json.loads(data.decode(), object_pairs_hook=unique)
    except FileFormatError:
        raise
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            who, f"{what} is not JSON: {error!s:.200}", "Download or save the file again."
        ) from error
    if not isinstance(found, dict):
        raise FileFormatError(who, f"{what} is {found!r:.80}, wanted a JSON object")
    return found
