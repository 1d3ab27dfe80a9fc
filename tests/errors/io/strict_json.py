"""Refusals of oxmlx.io.strict_json."""

from raise_coverage import Refusal

from oxmlx.errors import FileFormatError
from oxmlx.io.strict_json import parse_object


def row(name: str, data: bytes, text: str) -> Refusal:
    return Refusal(name, lambda: parse_object(data, "the index", "load"), FileFormatError, text)


REFUSALS = [
    row("no JSON", b"{'a': 1}", "load: the index is not JSON: Expecting property name"),
    row("nothing", b"", "the index is not JSON: Expecting value"),
    row("text behind it", b"{}{}", "Extra data: line 1 column 3"),
    row("no UTF-8", b'{"\xff": 1}', "'utf-8' codec can't decode byte 0xff"),
    row("UTF-16", '{"a": 1}'.encode("utf-16"), "the index is not JSON"),
    row("lone surrogate", b'{"\\ud800": 1}', "surrogates not allowed"),
    row("lone surrogate in a value", b'{"a": "\\udfff"}', "surrogates not allowed"),
    row("nested too deeply", b'{"a":' * 100_000, "the index is not JSON"),
    row("number of too many digits", b'{"a":' + b"1" * 5000 + b"}", "the index is not JSON"),
    row("a list", b"[1, 2]", "the index is [1, 2], wanted a JSON object"),
    row("key twice", b'{"a": 1, "b": 2, "a": 3}', "the index has the key 'a' twice"),
    row("inner key twice", b'{"a": {"b": 1, "b": 1}}', "the index has the key 'b' twice"),
]
