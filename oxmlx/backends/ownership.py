"""Whose memory an array shows: results may be written over what nobody else can ever read.

Python counts who refers to an array, and views and exports of it do. What is counted more often
than we know of is not alone, so a doubt costs some memory, and never a value.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from weakref import getweakrefcount

import numpy as np

from oxmlx.backends.blocks import Block


def is_alone(arrays: Sequence[Any], k: int) -> bool:
    """Does nobody but a list refer to its array number k, or to the memory that this shows?"""
    if references(arrays, k) > LISTED:
        return False
    x = arrays[k]
    if type(x) is not np.ndarray or not x.flags.writeable:
        return False
    while type(x.base) is np.ndarray:
        if references_to_base(x) > VIEWED:
            return False
        x = x.base
    return type(x.base) is Block or x.flags.owndata


def may_change(arrays: Sequence[Any], k: int) -> bool:
    """May it have other elements and stay the same array? It is alone, and nobody knows it by a
    weak reference, as a device does that has a copy; a lease has one of its own."""
    if not is_alone(arrays, k):
        return False
    owner = arrays[k]
    while type(owner.base) is np.ndarray:
        owner = owner.base
    return getweakrefcount(owner) <= (type(owner.base) is Block)


def references(arrays: Sequence[Any], k: int) -> int:
    """How many references an array in a list has."""
    return sys.getrefcount(arrays[k])


def references_to_base(x: Any) -> int:
    """How many references the array has that `x` is a view of."""
    return sys.getrefcount(x.base)


LISTED = references([np.empty(1)], 0)
"""Those to an array that is nowhere but in a list, as this Python counts them."""
VIEWED = references_to_base(np.empty(1)[:])
"""Those to an array that one view shows."""
