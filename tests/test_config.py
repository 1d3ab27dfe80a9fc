"""Switches: where they are read from, who overrides whom, and what is refused."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oxmlx.config import Config, Switch, config
from oxmlx.errors import ArgumentError, ImmutableError

SWITCHES: dict[str, Switch[Any]] = {
    name: switch for name, switch in vars(Config).items() if isinstance(switch, Switch)
}
DEFAULTS = {
    "device": "",
    "eager": False,
    "traceback": "short",
    "explain_retraces": False,
    "check": False,
    "nan": False,
    "jit": True,
    "show": "",
    "strict": False,
    "cache": "~/.cache/oxmlx",
    "num_threads": 0,
    "metal": "",
    "fallback": "host",
    "pending_limit": 256,
    "reference_devices": 1,
}
OTHERS = {
    "device": "metal:1",
    "eager": True,
    "traceback": "full",
    "explain_retraces": True,
    "check": True,
    "nan": True,
    "jit": False,
    "show": "jaxpr",
    "strict": True,
    "cache": "elsewhere",
    "num_threads": 3,
    "metal": "cuda",
    "fallback": "error",
    "pending_limit": 1,
    "reference_devices": 8,
}


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """Every test starts from the defaults, and leaves the switches as they were."""
    before = {name: switch.value for name, switch in SWITCHES.items()}
    for switch in SWITCHES.values():
        switch.value = switch.default
    yield
    for name, value in before.items():
        SWITCHES[name].value = value


def read() -> dict[str, object]:
    return {name: getattr(config, name) for name in SWITCHES}


def test_defaults() -> None:
    assert read() == DEFAULTS
    assert {name: type(value) for name, value in read().items()} == {
        name: type(value) for name, value in DEFAULTS.items()
    }


@pytest.mark.parametrize("name", DEFAULTS)
def test_update_and_context_change_one_switch(name: str) -> None:
    changed = DEFAULTS | {name: OTHERS[name]}
    with config.context(**{name: OTHERS[name]}):
        assert read() == changed
    assert read() == DEFAULTS
    config.update(name, OTHERS[name])
    assert read() == changed
    with config.context(**{name: DEFAULTS[name]}):
        assert read() == DEFAULTS
    assert read() == changed


def test_contexts_nest_and_survive_errors() -> None:
    with config.context(nan=True, pending_limit=2):
        with pytest.raises(KeyError), config.context(pending_limit=3, jit=False):
            assert (config.nan, config.pending_limit, config.jit) == (True, 3, False)
            raise KeyError
        assert (config.nan, config.pending_limit, config.jit) == (True, 2, True)
    assert read() == DEFAULTS


def test_update_reaches_through_contexts_of_other_switches_only() -> None:
    with config.context(nan=True):
        config.update("nan", False)
        config.update("jit", False)
        assert (config.nan, config.jit) == (True, False)
    assert (config.nan, config.jit) == (False, False)


def test_a_context_decorates_a_function() -> None:
    @config.context(traceback="full")
    def traceback() -> str:
        return config.traceback

    assert [traceback(), traceback(), config.traceback] == ["full", "full", "short"]


def test_a_context_stays_in_its_thread_and_an_update_does_not() -> None:
    with ThreadPoolExecutor(1) as pool, config.context(nan=True):
        assert pool.submit(lambda: config.nan).result() is False
        pool.submit(config.update, "jit", False).result()
        assert config.jit is False
        with config.context(jit=True):
            assert pool.submit(lambda: config.jit).result() is False


def test_a_context_stays_in_its_task() -> None:
    seen: dict[str, list[str]] = {"a": [], "b": []}

    async def task(name: str) -> None:
        with config.context(device=name):
            for _ in range(3):
                seen[name].append(config.device)
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(task("a"), task("b"))

    asyncio.run(main())
    assert seen == {"a": ["a"] * 3, "b": ["b"] * 3}


@pytest.mark.parametrize(
    ("variable", "text", "want"),
    [
        *(("OXMLX_NAN", text, True) for text in ("1", "true", "True", "on", "YES")),
        *(("OXMLX_JIT", text, False) for text in ("0", "false", "off", "No")),
        ("OXMLX_PENDING_LIMIT", "7", 7),
        ("OXMLX_TRACEBACK", "full", "full"),
        ("OXMLX_DEVICE", "llvm", "llvm"),
        ("OXMLX_DEVICE", "1", "1"),
        ("OXMLX_JIT", "", True),
    ],
)
def test_environment_values(variable: str, text: str, want: object) -> None:
    Config({variable: text, "OXMLX": "?", "NAN": "?"})
    name = variable.removeprefix("OXMLX_").lower()
    assert read() == DEFAULTS | {name: want} and type(getattr(config, name)) is type(want)


@pytest.mark.parametrize(
    ("variable", "text", "values"),
    [
        ("OXMLX_NAN", "maybe", "True, False"),
        ("OXMLX_NAN", "2", "True, False"),
        ("OXMLX_TRACEBACK", "long", "'short', 'full'"),
        ("OXMLX_PENDING_LIMIT", "many", "an int from 1"),
        ("OXMLX_PENDING_LIMIT", "0", "an int from 1"),
        ("OXMLX_PENDING_LIMIT", "-3", "an int from 1"),
        ("OXMLX_PENDING_LIMIT", "1.5", "an int from 1"),
    ],
)
def test_environment_refusals(variable: str, text: str, values: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Config({variable: text})
    assert str(caught.value) == f"{variable}: got {text!r}\n  It takes {values}."


def python(source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: x for name, x in os.environ.items() if not name.startswith("OXMLX_")}
    return subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, env=clean | environment
    )


def test_the_environment_is_read_at_import() -> None:
    source = "from oxmlx.config import config as c; print(c.nan, c.pending_limit, c.jit)"
    assert python(source, OXMLX_NAN="1", OXMLX_PENDING_LIMIT="12").stdout == "True 12 True\n"
    refused = python(source, OXMLX_SHOW="everything")
    assert refused.returncode == 1
    assert "OXMLX_SHOW: got 'everything'\n  It takes '', 'jaxpr', 'plan'" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "values"),
    [
        ("nan", 1, "True, False"),
        ("nan", None, "True, False"),
        ("nan", "true", "True, False"),
        ("pending_limit", True, "an int from 1"),
        ("pending_limit", 0, "an int from 1"),
        ("pending_limit", 2.0, "an int from 1"),
        ("traceback", "long", "'short', 'full'"),
        ("show", ["jaxpr"], "'', 'jaxpr', 'plan', 'kernels', 'source'"),
        ("device", 0, "any str"),
    ],
)
def test_bad_values_are_refused(name: str, value: object, values: str) -> None:
    text = f"^config: `{name}` got {re.escape(repr(value))}\n  It takes {re.escape(values)}\\.$"
    with pytest.raises(ArgumentError, match=text):
        config.update(name, value)
    with pytest.raises(ArgumentError, match=text):
        config.context(jit=False, **{name: value})
    assert read() == DEFAULTS


@pytest.mark.parametrize("name", ["nans", "NAN", "", "update", "table", "__init__"])
def test_unknown_names_are_refused(name: str) -> None:
    text = f"config: there is no switch {name!r}\n  The switches are {', '.join(DEFAULTS)}."
    for change in (lambda: config.update(name, True), lambda: config.context(**{name: True})):
        with pytest.raises(ArgumentError) as caught:
            change()
        assert str(caught.value) == text


def test_assignment_is_refused() -> None:
    with pytest.raises(ImmutableError, match=r'Call config.update\("jit", False\), or write: with'):
        config.jit = False  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        config.nans = True  # type: ignore[attr-defined]
    assert read() == DEFAULTS


def test_the_table_has_a_row_for_each_switch() -> None:
    config.update("pending_limit", 3)
    head, rule, *rows = config.table().splitlines()
    assert head.count("|") == rule.count("|") == 6
    assert [row.split(" | ")[:3] for row in rows] == [
        [f"| `{name}`", f"`OXMLX_{name.upper()}`", f"`{value!r}`"]
        for name, value in DEFAULTS.items()
    ]
    assert all(row.count("|") == 6 for row in rows)
    assert all(switch.doc in row for switch, row in zip(SWITCHES.values(), rows, strict=True))
