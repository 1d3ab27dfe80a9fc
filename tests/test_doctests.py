"""Every public name is documented, with an example that runs."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import oxmlx as ox

PACKAGES = [ox, ox.lax, ox.nn, ox.optim, ox.io, ox.random, ox.debug, ox.testing, ox.tree]
PACKAGES += [ox.tree_util, ox.numpy, ox.numpy.linalg]

# What needs a file that another program wrote.
WITHOUT = {"fromfile"}


def public(package: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes of ours that a package offers; some of NumPy's are among them."""
    for name in package.__all__:
        x = getattr(package, name)
        if (inspect.isfunction(x) or inspect.isclass(x)) and x.__module__.startswith("oxmlx"):
            yield name, x


def is_plain(x: Any) -> bool:
    """Is it an enumeration or a named tuple? They are shown where they are used."""
    return inspect.isclass(x) and (issubclass(x, enum.Enum) or hasattr(x, "_fields"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.__name__)
def test_every_public_name_has_an_example(package: ModuleType) -> None:
    found = dict(public(package))
    without = [n for n, x in found.items() if not is_plain(x) and ">>>" not in (x.__doc__ or "")]
    assert len(found) > 2
    assert set(without) <= WITHOUT, f"{package.__name__} wants examples of {without}"
    assert all(inspect.getdoc(x) for x in found.values())
