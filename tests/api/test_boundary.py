"""What a wrong call shows of its traceback: the user's lines, and none of ours."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import nn
from oxmlx.api.boundary import GUARDED, RAISE_RESTORES, boundary
from oxmlx.errors import ArgumentError
from oxmlx.source import PACKAGE, is_internal

X = jnp.ones((2, 3))


def failed() -> ox.Array:
    """An array whose equation fails when it runs."""

    def fail(x: Any) -> Any:
        raise KeyError("no such thing")

    return ox.pure_callback(fail, X, X)


def on_cuda() -> None:
    with ox.default_device("cuda"):
        pass


def square(x: Any) -> Any:
    return x * x


# Deliberately wrong, so without types.
linear: Any = nn.Linear
total: Any = jnp.sum
add: Any = jnp.add
mlp: Any = nn.MLP((2, 3), key=ox.random.key(0))
x: Any = X
configure: Any = ox.config.update

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "module without a key": (lambda: linear(4, 2), TypeError, "keyword-only argument: 'key'"),
    "unknown keyword": (lambda: total(X, axes=0), TypeError, "argument 'axes'"),
    "unknown keyword of a method": (lambda: x.sum(axes=0), TypeError, "argument 'axes'"),
    "ufunc of too few": (lambda: add(X), TypeError, "argument: 'x2'"),
    "module called with too many": (lambda: mlp(X, X), TypeError, "takes 2 positional"),
    "switch without a value": (lambda: configure("nan"), TypeError, "argument: 'value'"),
    "jit of too many": (lambda: ox.jit(square)(X, X), TypeError, "takes 1 positional"),
    "grad of too many": (lambda: ox.grad(square)(X, X), TypeError, "takes 1 positional"),
    "vmap of too many": (lambda: ox.vmap(square)(X, X), TypeError, "takes 1 positional"),
    "cond without operands": (lambda: ox.lax.cond(True, square, square), TypeError, "'x'"),
    "item beyond the last": (lambda: X.item(9), IndexError, "index 9 "),
    "item of several": (jnp.ones(10).item, ValueError, "10 elements"),
    "int of several": (lambda: int(X), TypeError, "6 elements"),
    "unknown device": (on_cuda, ValueError, "'cuda'"),
    "repr of a failed value": (lambda: repr(failed()), RuntimeError, "no such thing"),
    "str of a failed value": (lambda: str(failed()), RuntimeError, "no such thing"),
    "format of a failed value": (lambda: f"{failed()}", RuntimeError, "no such thing"),
}


def others(tb: TracebackType | None) -> list[str]:
    """The frames that a user did not write."""
    codes = [frame.f_code for frame, _ in traceback.walk_tb(tb)]
    if RAISE_RESTORES:  # then a boundary itself shows
        codes = [c for c in codes if c is not GUARDED]
    hidden = [c for c in codes if is_internal(c) or c.co_filename == contextlib.__file__]
    return [f"{c.co_filename} {c.co_name}" for c in hidden]


@pytest.mark.parametrize(("call", "error", "text"), WRONG.values(), ids=WRONG.keys())
def test_the_user_sees_their_own_lines(
    call: Callable[[], Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        call()
    assert others(caught.value.__traceback__) == []


def test_the_full_traceback_shows_ours() -> None:
    with ox.config.context(traceback="full"), pytest.raises(TypeError) as caught:
        linear(4, 2)
    assert others(caught.value.__traceback__)


def test_a_wrong_call_in_the_function_of_the_user_keeps_its_line() -> None:
    def f(x: Any) -> Any:
        return square(x, x)  # pyright: ignore[reportCallIssue]

    with pytest.raises(TypeError) as caught:
        ox.jit(f)(X)
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert names[-1] == "f"


def broken() -> Any:
    """A function of ours with a fault."""
    space: dict[str, Any] = {}
    exec(compile("def broken(x): return x + None", f"{PACKAGE}broken.py", "exec"), space)
    return boundary(space["broken"])


def test_an_error_of_python_that_no_user_raised_is_one_of_the_arguments() -> None:
    """Or of ours, which a report should show: so its text is kept, and its frames on demand."""
    with pytest.raises(
        ArgumentError, match=r"broken: does not take \(int\): TypeError: unsup"
    ) as e:
        broken()(1)
    assert others(e.value.__traceback__) == []
    with ox.config.context(traceback="full"), pytest.raises(TypeError) as raw:
        broken()(1)
    assert others(raw.value.__traceback__)[-1].endswith("broken")


@pytest.mark.parametrize(
    "run",
    [
        lambda f: ox.jit(f)(X),
        lambda f: ox.grad(f)(1.0),
        lambda f: ox.vmap(ox.jit(f))(X),
        lambda f: ox.lax.scan(lambda c, x: (f(c), x), 1.0, X),
        lambda f: ox.tree.map(f, [1]),
        lambda f: ox.checkpoint(f)(1.0),
    ],
)
@pytest.mark.parametrize("error", [KeyError("mine"), TypeError("mine"), StopIteration("mine")])
def test_an_error_of_the_user_passes_unchanged(run: Callable[[Any], Any], error: Exception) -> None:
    def bad(*_: Any) -> Any:
        raise error

    with pytest.raises(type(error)) as caught:
        run(bad)
    assert caught.value is error
    assert others(caught.value.__traceback__) == []
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert names[-1] == "bad"


def test_errors_that_mean_something_to_python_keep_their_class() -> None:
    assert not hasattr(X, "nope")
    with pytest.raises(AttributeError):
        X.nope  # noqa: B018
    assert list(ox.numpy.ones(2)) == [1, 1]
    with pytest.raises(TypeError):
        X @ object()
