"""Where arrays live and when they are computed."""

from __future__ import annotations

from typing import Any, TypeVar

from oxmlx import tree
from oxmlx.ir.array import Array, evaluate
from oxmlx.ir.device import Device, as_device
from oxmlx.ir.node import known
from oxmlx.ir.trace import check_around
from oxmlx.ir.value import Value
from oxmlx.ops.convert import as_data

T = TypeVar("T")


def eval(*trees: Any) -> None:  # MLX's name
    """Compute every pending array in some pytrees, and nothing else.

    >>> import oxmlx as ox
    >>> x = ox.numpy.ones(3) + 1
    >>> x.is_pending()
    True
    >>> ox.eval(x); x.is_pending()
    False
    """
    leaves = tree.leaves(trees)
    check_around(leaves, "eval")
    evaluate([x.node for x in leaves if type(x) is Array])


def block_until_ready(x: T) -> T:
    """`eval`, then return the pytree: JAX's spelling.

    >>> import oxmlx as ox
    >>> ox.block_until_ready({"x": ox.numpy.ones(3) + 1})["x"].is_pending()
    False
    """
    eval(x)
    return x


def device_put(x: T, device: Device | str | None = None) -> T:
    """Copies of the arrays of a pytree on a device; numbers and NumPy arrays become arrays there.

    Args:
        x: a pytree.
        device: a device or its name; `None` is the default one.

    Raises:
        DeviceError: there is no such device.

    >>> import oxmlx as ox
    >>> ox.device_put(1.0, "reference").device
    Device(reference:0)
    """
    place = as_device(device)

    def put(leaf: Any) -> Any:
        check_around([leaf], "device_put")
        value = as_data(leaf, "device_put")
        if type(value) is not Array or value.place is place:
            return value
        return Array(value.aval, place, known(value.buffer))

    return tree.map(put, x)


def device_get(x: Any) -> Any:
    """The arrays of a pytree as read-only NumPy arrays.

    >>> import oxmlx as ox
    >>> type(ox.device_get({"x": ox.numpy.ones(3)})["x"]).__name__
    'ndarray'
    """
    return tree.map(lambda v: v.concrete("a NumPy array") if isinstance(v, Value) else v, x)
