"""The table of `OXMLX_*` switches: read as attributes, set by environment, `update` or `context`.

A switch is a descriptor over one `ContextVar`, so a read is one C call and a context stays inside
its own thread and its own asyncio task.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Literal, NoReturn, TypeVar, overload

from oxmlx.errors import ArgumentError, ImmutableError

T = TypeVar("T", bound=int | str)

_TRUTH = {
    **dict.fromkeys(("1", "true", "on", "yes"), True),
    **dict.fromkeys(("0", "false", "off", "no"), False),
}


class Switch(Generic[T]):
    """One row of the table: a default, the values it takes, and what it does."""

    name: str
    override: ContextVar[T]

    def __init__(
        self, default: T, doc: str, choices: tuple[T, ...] = (), least: int | None = None
    ) -> None:
        self.default, self.doc, self.choices, self.least = default, doc, choices, least
        self.value: T = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.override = name, ContextVar(name)

    @overload
    def __get__(self, config: None, owner: type) -> Switch[T]: ...
    @overload
    def __get__(self, config: object, owner: type) -> T: ...
    def __get__(self, config: object, owner: type) -> Switch[T] | T:
        return self if config is None else self.override.get(self.value)

    def __set__(self, config: object, value: T) -> NoReturn:
        raise ImmutableError(
            "config",
            f"`{self.name}` cannot be assigned",
            f'Call config.update("{self.name}", {value!r}), '
            f"or write: with config.context({self.name}={value!r}).",
        )

    @property
    def variable(self) -> str:
        """The environment variable that sets the switch at import."""
        return f"OXMLX_{self.name.upper()}"

    @property
    def values(self) -> str:
        """The values that the switch takes, in words."""
        if self.choices:
            return ", ".join(repr(choice) for choice in self.choices)
        if isinstance(self.default, bool):
            return "True, False"
        if self.least is not None:
            return f"an int from {self.least}"
        return f"any {type(self.default).__name__}"

    def check(self, value: object) -> T:
        """Return the value, or raise ArgumentError if the switch does not take it."""
        if (
            type(value) is not type(self.default)
            or (self.choices and value not in self.choices)
            or (self.least is not None and isinstance(value, int) and value < self.least)
        ):
            problem = f"`{self.name}` got {value!r}"
            raise ArgumentError("config", problem, f"It takes {self.values}.")
        return value

    def parse(self, text: str) -> T:
        """Read a value from the text of an environment variable."""
        value: object = text
        if isinstance(self.default, bool):
            value = _TRUTH.get(text.lower(), text)
        elif isinstance(self.default, int) and text.isdecimal():
            value = int(text)
        try:
            return self.check(value)
        except ArgumentError as error:
            raise ArgumentError(self.variable, f"got {text!r}", error.advice) from None


class Config:
    """Every switch of oxmlx; there is one instance, `config`.

    >>> config.traceback
    'short'
    >>> with config.context(traceback="full", nan=True):
    ...     config.traceback
    'full'
    """

    __slots__ = ()

    device = Switch("", "the device that new arrays live on; empty for the first there is")
    eager = Switch(False, "run every operation at once instead of recording it")
    traceback = Switch[Literal["short", "full"]](
        "short", "show only the user's frames in a traceback, or all of them", ("short", "full")
    )
    explain_retraces = Switch(False, "say why a jitted function was traced again")
    check = Switch(False, "verify every jaxpr that is made, and the bounds of dynamic indices")
    nan = Switch(False, "raise at the equation that made a NaN")
    jit = Switch(
        True,
        "compile jitted functions; when false, run them operation by operation, and donate nothing",
    )
    show = Switch[Literal["", "jaxpr", "plan", "kernels", "source"]](
        "",
        "print this stage of every program that is compiled",
        ("", "jaxpr", "plan", "kernels", "source"),
    )
    strict = Switch(
        False, "no rewrite that may change last bits: on the CPU eager, fused and jit agree"
    )
    cache = Switch("~/.cache/oxmlx", "the folder where compiled kernels are kept, or `off`")
    num_threads = Switch(
        0,
        "threads that share long work on the device cpu; 0 for one a CPU that we may use",
        least=0,
    )
    metal = Switch[Literal["", "emulate", "cuda"]](
        "",
        "what runs Metal kernels: a Mac's GPU, the executor for Linux, or an NVIDIA GPU",
        ("", "emulate", "cuda"),
    )
    fallback = Switch[Literal["host", "error"]](
        "host",
        "where the device metal has no kernel, run the step on the host, or raise",
        ("host", "error"),
    )
    pending_limit = Switch(256, "equations that are recorded before they are run", least=1)
    reference_devices = Switch(
        1, "how many devices the reference backend pretends to have", least=1
    )

    def __init__(self, environment: Mapping[str, str]) -> None:
        known = {switch.variable for switch in _switches.values()}
        for name in environment:
            if name.startswith("OXMLX_") and name not in known:
                warnings.warn(f"{name} is no switch; there are {', '.join(known)}", stacklevel=2)
        for switch in _switches.values():
            if text := environment.get(switch.variable):
                switch.value = switch.parse(text)

    def update(self, name: str, value: object) -> None:
        """Set a switch for the whole process; a context that overrides it keeps its own value.

        Args:
            name: a switch, as `config.table()` lists them.
            value: of the type of its default.

        Raises:
            ArgumentError: for an unknown name, or a value that the switch does not take.

        >>> config.update("pending_limit", 64)
        >>> config.pending_limit
        64
        >>> config.update("pending_limit", 256)
        """
        switch = _find(name)
        switch.value = switch.check(value)

    def context(self, **values: object) -> AbstractContextManager[None]:
        """Override switches inside a `with` block, for this thread or asyncio task only.

        Args:
            **values: switches by name.

        Raises:
            ArgumentError: for an unknown name, or a value that the switch does not take.

        >>> with config.context(jit=False):
        ...     config.jit
        False
        >>> config.jit
        True
        """
        return _override([(_find(name), _find(name).check(x)) for name, x in values.items()])

    def table(self) -> str:
        """Return the switches as a Markdown table.

        >>> print("\\n".join(config.table().splitlines()[:4]))
        | switch | variable | default | values | what it does |
        |---|---|---|---|---|
        | `device` | `OXMLX_DEVICE` | `''` | any str | the device that new arrays live on; \
empty for the first there is |
        | `eager` | `OXMLX_EAGER` | `False` | True, False | run every operation at once \
instead of recording it |
        """
        rows = ["| switch | variable | default | values | what it does |", "|---|---|---|---|---|"]
        rows += [
            f"| `{s.name}` | `{s.variable}` | `{s.default!r}` | {s.values} | {s.doc} |"
            for s in _switches.values()
        ]
        return "\n".join(rows)


_switches: dict[str, Switch[Any]] = {
    name: switch for name, switch in vars(Config).items() if isinstance(switch, Switch)
}


_JAX = {  # what those who come from there look for
    "jax_compilation_cache_dir": "`cache`",
    "jax_debug_nans": "`nan`",
    "jax_default_device": "`device`",
    "jax_disable_jit": "`jit`, the other way round,",
    "jax_enable_checks": "`check`",
    "jax_enable_x64": "dtype=ox.float64 where an array is made, without a switch,",
    "jax_explain_cache_misses": "`explain_retraces`",
    "jax_platforms": "`device`",
    "jax_traceback_filtering": "`traceback`",
}


def _find(name: str) -> Switch[Any]:
    if name not in _switches:
        advice = f"The switches are {', '.join(_switches)}."
        if name in _JAX:
            advice = f"JAX's {name} is {_JAX[name]} here."
        raise ArgumentError("config", f"there is no switch {name!r}", advice)
    return _switches[name]


@contextmanager
def _override(values: list[tuple[Switch[Any], Any]]) -> Generator[None, None, None]:
    tokens = [(switch.override, switch.override.set(value)) for switch, value in values]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


config = Config(os.environ)
