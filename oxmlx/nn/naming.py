"""The arrays and modules inside a module, by dotted name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.nn.fields import layout_of
from oxmlx.nn.struct import Struct, is_struct, with_fields


class Entry(NamedTuple):
    """An array of a module: its dotted name, and the field of the owner that holds it."""

    name: str
    value: Any
    owner: Struct
    field: str

    @property
    def is_buffer(self) -> bool:
        """Whether it is no parameter."""
        return self.field in layout_of(type(self.owner)).buffers

    @property
    def is_persistent(self) -> bool:
        """Whether a state dict has it."""
        return self.field not in layout_of(type(self.owner)).transient

    @property
    def is_trainable(self) -> bool:
        """Whether it is a parameter that is not frozen."""
        return not self.is_buffer and self.field not in getattr(self.owner, "frozen", ())


def join(*names: str) -> str:
    """A dotted name of the parts that are not empty."""
    return ".".join(filter(None, names))


def parts(node: Struct, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """(name, field, value) of each array and struct directly in `node`, or in its containers."""
    for field in layout_of(type(node)).children:
        for path, x in tree.leaves_with_path(getattr(node, field), is_leaf=is_struct):
            yield join(prefix, field, tree.keystr(path, simple=True, separator=".")), field, x


def entries(node: Struct, prefix: str = "") -> Iterator[Entry]:
    """Every array, depth first: the order of the pytree's leaves."""
    for name, field, x in parts(node, prefix):
        if isinstance(x, Struct):
            yield from entries(x, name)
        else:
            yield Entry(name, x, node, field)


def named_structs(node: Struct, prefix: str = "") -> Iterator[tuple[str, Struct]]:
    """`node` and every struct inside it, with their names."""
    yield prefix, node
    for name, _, x in parts(node, prefix):
        if isinstance(x, Struct):
            yield from named_structs(x, name)


def map_structs(f: Callable[[str, Any], Any], node: Struct, prefix: str = "") -> Any:
    """Rebuild from the inside out: `f(name, struct)` returns what takes the struct's place."""
    fields: dict[str, Any] = {}
    for field in layout_of(type(node)).children:
        pairs, treedef = tree.flatten_with_path(getattr(node, field), is_leaf=is_struct)
        if any(isinstance(x, Struct) for _, x in pairs):
            fields[field] = treedef.unflatten(
                [
                    map_structs(
                        f, x, join(prefix, field, tree.keystr(p, simple=True, separator="."))
                    )
                    if isinstance(x, Struct)
                    else x
                    for p, x in pairs
                ]
            )
    return f(prefix, with_fields(node, fields))


def matches(pattern: str, name: str) -> bool:
    """Is `name` what the pattern says, or inside it? `*` stands for anything."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")
