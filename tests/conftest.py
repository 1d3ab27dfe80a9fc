"""What every test may use: golden texts, and oracles that compute what they claim to."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).parent / "golden"

# tests/errors holds tables that test_errors.py reads; they are no test modules of their own.
collect_ignore = ["errors"]

# Before anything imports them: jax shall not look for accelerators, mlx shall not round to TF32.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MLX_ENABLE_TF32", "0")
# What tests compile stays with the tests.
os.environ.setdefault("OXMLX_CACHE", str(Path(__file__).parents[1] / "out" / "kernels"))

import jax  # noqa: E402
import jax.experimental  # noqa: E402

from oxmlx import config, default_device, emulate  # noqa: E402
from oxmlx.backends.metal.library import find  # noqa: E402
from oxmlx.emulate import CompilerMissing  # noqa: E402
from oxmlx.emulate.clang import clang  # noqa: E402

# The newest jax for Python 3.10 is 0.6, where the switch still has its older place.
if not hasattr(jax, "enable_x64"):
    jax.enable_x64 = jax.experimental.enable_x64

# Several workers share few cores, so how long one example took says nothing.
settings.register_profile("oxmlx", deadline=None)
settings.load_profile("oxmlx")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden/ instead of comparing"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "x64: jax computes in 64 bits, not in its default of 32")
    config.addinivalue_line("markers", "jax(version): older ones lack what the test compares with")
    config.addinivalue_line("markers", "clang: runs Metal texts, for which it needs a clang")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where there is no clang, what needs one is skipped, but fails on CI: that has to have one."""
    try:
        clang()
    except CompilerMissing as error:
        if "CI" in os.environ:
            return
        for item in items:
            ours = "oxmlx/emulate/" in item.nodeid or "[emulate/" in item.nodeid
            if ours or item.get_closest_marker("clang"):
                item.add_marker(pytest.mark.skip(reason=str(error)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("jax"):
        if jax.__version_info__ < tuple(map(int, mark.args[0].split("."))):
            pytest.skip(f"compares with jax {mark.args[0]}, and this is {jax.__version__}")


@pytest.fixture(autouse=True)
def precision(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of jax: 64 bits where a module, a test or a parameter is marked `x64`, else 32.

    The switch is the process's, and tests share processes: none may be left with another's.
    """
    with jax.enable_x64(request.node.get_closest_marker("x64") is not None):
        yield


@pytest.fixture(params=["cpu", pytest.param("metal", marks=pytest.mark.clang)])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of each device that computes by kernels, as the one where a test's arrays live.

    Without a GPU for them, Metal kernels run on the executor, their threads in any order.
    """
    metal = config.metal or ("" if find("metalcompute") else "emulate")
    with (
        config.context(metal=metal),
        emulate.mode(order="random", seed=1),
        default_device(request.param),
    ):
        yield request.param


@pytest.fixture(autouse=True, scope="module")
def forget_programs() -> Iterator[None]:
    """jax keeps what it compiled; modules share little of it, and it grows to gigabytes."""
    yield
    jax.clear_caches()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares a text with the file tests/golden/<name>."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists():
            pytest.fail(f"tests/golden/{name} does not exist; run with --update-golden", False)
        else:
            wanted = path.read_text(encoding="utf-8")
            if text != wanted:
                lines = difflib.unified_diff(
                    wanted.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm=""
                )
                diff = "\n".join(lines) or "the texts differ in their line ends only"
                pytest.fail(f"{diff}\n(run with --update-golden if the new text is right)", False)

    return compare
