"""Which fields are children: by annotation, evaluated late, in every spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: F401  # for annotations in strings
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Optional, TypeVar, Union

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn
from oxmlx.nn.fields import layout_of

if TYPE_CHECKING:
    from decimal import Decimal  # noqa: F401  # a name that does not exist at run time

Block = TypeVar("Block", bound=nn.Module)
Arrays = dict[str, ox.Array]


class Pair(NamedTuple):
    left: ox.Array
    right: int


class Point(NamedTuple):
    x: int
    y: int


class Leaf(nn.Module):
    weight: ox.Array


CHILDREN = [
    ox.Array,
    "ox.Array",
    Optional[ox.Array],  # noqa: UP045
    "ox.Array | None",
    Union[int, ox.Array],  # noqa: UP007
    Leaf,
    "Leaf",
    "list[Leaf]",
    "tuple[Leaf, ...]",
    tuple["Leaf", ...],
    "dict[str, list[ox.Array]]",
    "Sequence[Leaf]",
    "Mapping[str, ox.Array]",
    Annotated[ox.Array, "a note"],
    Block,
    Arrays,
    "Arrays",
    Pair,
    np.ndarray,
    "np.ndarray[Any, Any]",
    nn.Module,
    ox.tree.Partial,
]
STATIC = [
    int,
    "int",
    str,
    "tuple[int, ...]",
    "list[str]",
    tuple,
    dict,
    Callable[[ox.Array], ox.Array],
    "Callable[[ox.Array], ox.Array] | None",
    "type[Leaf]",
    type(None),
    Any,
    Point,
    "Decimal",
    "Decimal | None",
    "NoSuchName.attribute",
]


@pytest.mark.parametrize("annotation", CHILDREN, ids=str)
def test_children(annotation: Any) -> None:
    cls = type("Made", (nn.Module,), {"__annotations__": {"x": annotation}, "__module__": __name__})
    assert layout_of(cls).children == ("x",)


@pytest.mark.parametrize("annotation", STATIC, ids=str)
def test_static(annotation: Any) -> None:
    cls = type("Made", (nn.Module,), {"__annotations__": {"x": annotation}, "__module__": __name__})
    layout = layout_of(cls)
    assert layout.children == () and "x" in layout.static


def test_a_class_may_speak_of_itself_and_of_local_classes() -> None:
    class Local(nn.Module):
        weight: ox.Array

    class Node(nn.Module):
        local: Local
        next: Node | None
        later: list[Later]

    class Later(nn.Module):
        pass

    assert layout_of(Node).children == ("local", "next", "later")


def test_names_mean_what_they_mean_where_the_class_is_written() -> None:
    here, Tensor = ox, ox.Array

    class Local(nn.Module):
        a: here.Array
        b: tuple[Tensor, ...]

    assert layout_of(Local).children == ("a", "b")


def test_a_declared_role_wins_over_the_annotation() -> None:
    class Declared(nn.Module):
        table: ox.Array = nn.static()
        thing: object = nn.child()
        mean: ox.Array = nn.buffer()
        cos: ox.Array = nn.buffer(persistent=False)
        count: ClassVar[int] = 3

    layout = layout_of(Declared)
    assert layout.children == ("thing", "mean", "cos")
    assert "table" in layout.static and "count" not in layout.static
    assert layout.buffers == {"mean", "cos"} and layout.transient == {"cos"}


def test_a_subclass_adds_fields() -> None:
    class Base(nn.Module):
        a: ox.Array
        n: int

    class Derived(Base):
        b: ox.Array

    assert layout_of(Derived).children == ("a", "b")
    made = Derived(ox.numpy.ones(1), n=5, b=ox.numpy.ones(2))
    assert made.n == 5 and made.b.shape == (2,)
