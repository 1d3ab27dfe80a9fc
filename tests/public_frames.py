"""The functions that a user of the package calls, and which of them a traceback shows."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from functools import cache
from types import CodeType, ModuleType
from typing import Any

import oxmlx as ox
from oxmlx import tree_util
from oxmlx.api.boundary import own_functions
from oxmlx.config import Config
from oxmlx.nn.frozendict import FrozenDict
from oxmlx.ops.at import At, Reference
from oxmlx.source import is_internal

MODULES = (
    *(ox, ox.debug, ox.io, ox.lax, ox.nn, ox.numpy, ox.optim, ox.random, ox.testing, ox.tree),
    *(tree_util, ox.nn.fast, ox.nn.initializers, ox.nn.losses, ox.numpy.linalg),
)
UNNAMED = At, Reference, FrozenDict, Config  # `x.at`, `x.at[index]`, a field, `ox.config`


def shown(error: BaseException) -> list[str]:
    """The frames of public functions and of `with` that the tracebacks of an error show."""
    found: list[str] = []
    before = error.__cause__ or error.__context__
    if before is not None:
        found += shown(before)
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        if code in public_code() or code.co_filename == contextlib.__file__:
            found.append(f"{code.co_filename}:{tb.tb_lineno} {code.co_name}")
        tb = tb.tb_next
    return found


@cache
def public_code() -> frozenset[CodeType]:
    """The code of every public function and method, and of the functions that they return."""
    things = [getattr(m, name) for m in MODULES for name in names_of(m)]
    return frozenset(code for x in (*things, *UNNAMED) for f in functions_of(x) for code in nest(f))


def names_of(module: ModuleType) -> list[str]:
    """What a module offers, by `__all__` or else by where it is defined."""
    return getattr(module, "__all__", None) or own_functions(module)


def functions_of(x: Any) -> Iterator[CodeType]:
    """The code of a function of ours, or of the methods of a class of ours."""
    if isinstance(x, type):
        for cls in x.__mro__:
            for member in vars(cls).values():
                if not isinstance(member, type):
                    yield from functions_of(getattr(member, "__func__", member))
    elif callable(x) and inspect.isfunction(f := inspect.unwrap(x)) and is_internal(f.__code__):
        yield f.__code__


def nest(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions defined in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from nest(inner)
