"""Layers made of layers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from oxmlx import random
from oxmlx.errors import ArgumentError
from oxmlx.nn.functions import relu
from oxmlx.nn.linear import Linear
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, value


class Identity(Module):
    """x

    >>> Identity()(2.0)
    array(2., dtype=float32)
    """

    def __call__(self, x: ArrayLike) -> Array:
        """x of any shape, as it is."""
        return value(x, "Identity")


class Lambda(Module):
    """A function as a layer.

    Args:
        fn: a function of one array.

    >>> Lambda(abs)(-2.0)
    2.0
    """

    fn: Callable[..., Any]

    def __call__(self, x: Any) -> Any:
        """fn(x)"""
        return self.fn(x)


class Sequential(Module):
    """Layers one after the other.

    Args:
        layers: modules and functions; a function becomes a `Lambda`.

    A key is split among the layers whose call takes one.

    Raises:
        ArgumentError: a layer returns itself next to its output, as `BatchNorm` does: the next one
            would get both.

    >>> import oxmlx as ox
    >>> a, b = ox.random.split(ox.random.key(0))
    >>> net = Sequential(Linear(2, 3, key=a), relu, ox.nn.Dropout(0.1), Linear(3, 1, key=b))
    >>> net(ox.numpy.ones((4, 2)), key=ox.random.key(1)).shape
    (4, 1)
    """

    layers: tuple[Module, ...]

    def __init__(self, *layers: Module | Callable[..., Any]) -> None:
        self.layers = tuple(x if isinstance(x, Module) else Lambda(x) for x in layers)
        for k, layer in enumerate(self.layers):
            if returns_itself(type(layer)):
                name = type(layer).__name__
                raise ArgumentError(
                    "Sequential",
                    f"layer {k} is a {name}, whose call returns (output, new {name})",
                    "Write a Module that keeps it, say as self.norm, and returns its state too:\n"
                    "    y, norm = self.norm(x)\n"
                    "    return y, self.replace(norm=norm)",
                )

    def __call__(self, x: Any, *, key: Any = None) -> Any:
        """The input of the first layer → the output of the last."""
        wanting = [takes_key(type(layer)) for layer in self.layers]
        keys = iter([] if key is None else random.split(key, max(sum(wanting), 1)))
        for layer, wants in zip(self.layers, wanting, strict=True):
            x = layer(x, key=next(keys)) if wants and key is not None else layer(x)
        return x


@cache
def takes_key(cls: type) -> bool:
    """Has the call of this layer a parameter `key`?"""
    return "key" in inspect.signature(cls.__call__).parameters


@cache
def returns_itself(cls: type) -> bool:
    """Does the call of this layer return, by its annotation, a pair with a new layer?"""
    returned = str(inspect.signature(cls.__call__).return_annotation)
    is_tuple = returned.startswith(("tuple[", "Tuple[", "typing.Tuple["))
    return is_tuple and not {cls.__name__, "Self"}.isdisjoint(re.findall(r"\w+", returned))


class MLP(Module):
    """Linear layers with a function between them.

    Args:
        sizes: the extents of the input, the hidden layers and the output.
        activation: the function between two layers.
        bias: whether the layers have one.
        key: for the layers.

    Raises:
        ArgumentError: there are fewer than two sizes.

    >>> import oxmlx as ox
    >>> MLP((784, 32, 10), key=ox.random.key(0))(ox.numpy.ones((5, 784))).shape
    (5, 10)
    """

    layers: tuple[Linear, ...]
    activation: Callable[[Any], Any]

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Callable[[Any], Any] = relu,
        bias: bool = True,
        *,
        key: Any,
    ) -> None:
        if len(sizes) < 2:
            raise ArgumentError(
                "MLP",
                f"needs the extents of input and output, got {sizes}",
                "Such as nn.MLP([784, 128, 10], key=key).",
            )
        keys = random.split(key, len(sizes) - 1)
        pairs = zip(pairwise(sizes), keys, strict=True)
        self.layers = tuple(Linear(n, m, bias, key=k) for (n, m), k in pairs)
        self.activation = activation

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., sizes[0]] → [..., sizes[-1]]"""
        *hidden, last = self.layers
        y: Any = x
        for layer in hidden:
            y = self.activation(layer(y))
        return last(y)
