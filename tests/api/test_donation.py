"""Donation: what a jitted function may do with arguments that nobody reads any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.api.donation import donated_leaves
from oxmlx.backends.llvm.memory import SMALL, blocks
from oxmlx.errors import DonatedError, EvaluationError

jnp = ox.numpy
MANY = (3, 2 * SMALL)


def address(x: ox.Array) -> int:
    return np.asarray(x).ctypes.data


def large(value: float = 1.0) -> ox.Array:
    x = ox.array(np.full(MANY, value, np.float32))
    ox.eval(x)
    return x


@pytest.fixture(autouse=True)
def on_the_cpu() -> Any:
    with ox.default_device("cpu"):
        yield


def test_which_leaves_are_donated() -> None:
    args = ({"w": 1, "b": 2}, 3, [4, 5]), {"lr": 6, "state": (7, 8)}
    structure = ox.tree.structure(args)
    leaves = ox.tree.leaves(args)

    def chosen(*args: Any) -> list[int]:
        return [leaves[k] for k in donated_leaves(structure, *args)]

    assert chosen((), (), ()) == []
    assert chosen((0,), (), ()) == [2, 1]
    assert chosen((-1,), {"state"}, ()) == [4, 5, 7, 8]
    assert chosen((1, 3), (), {0, 2}) == [2, 1, 3], "a static argument is not among the leaves"
    assert chosen((9,), {"lr"}, ()) == [6]


class Checked:
    """A node of somebody's, made of arrays."""

    def __init__(self, x: Any) -> None:
        assert type(x) is not int
        self.x = x


ox.tree_util.register_pytree_node(Checked, lambda c: ((c.x,), None), lambda _, kids: Checked(*kids))


def test_nodes_are_not_made_to_find_their_leaves() -> None:
    f = ox.jit(lambda c, g: c.x + g, donate_argnums=0)
    x = large()
    assert f(Checked(x), large(2.0))[0, 0].item() == 3
    with pytest.raises(DonatedError):
        x.tolist()


def test_a_result_lies_where_its_argument_lay() -> None:
    step = ox.jit(lambda x, g: x - 0.1 * g, donate_argnums=0)
    x, g = large(), large(2.0)
    first = address(x)
    x = step(x, g)
    assert address(x) == first
    for _ in range(3):
        x = step(x, g)
        assert address(x) == first, "and so do those of the steps that follow"
    assert x[0, 0].item() == pytest.approx(0.2)
    assert g[0, 0].item() == 2


def test_what_somebody_else_can_read_is_not_written_over() -> None:
    step = ox.jit(lambda x: x + 1, donate_argnums=0)
    x = large()
    view = np.asarray(x)
    y = step(x)
    assert address(y) != view.ctypes.data
    assert (view == 1).all() and y[0, 0].item() == 2


def test_an_array_that_is_donated_and_passed_again_is_not_written_over() -> None:
    def f(x: Any, y: Any) -> Any:
        return x + 1, y * jnp.sum(x)

    for donated in (0, 1, (0, 1)):
        x = large()
        first, second = ox.jit(f, donate_argnums=donated)(x, x)
        assert (np.asarray(first) == 2).all()
        assert (np.asarray(second) == np.prod(MANY)).all()


def test_a_captured_array_is_not_written_over() -> None:
    y = large(3.0)
    f = ox.jit(lambda a: (a + 1) * jnp.mean(y), donate_argnums=0)
    assert (np.asarray(f(y)) == 12).all()
    g = ox.jit(lambda a: a + y[:1], donate_argnums=0)
    z = y = large(3.0)
    assert (np.asarray(g(large())) == 4).all()
    assert z[0, 0].item() == 3


def test_a_donated_argument_that_is_returned_is_whole() -> None:
    f = ox.jit(lambda x: (x, x * 2), donate_argnums=0)
    x, y = f(large(3.0))
    assert (x[0, 0].item(), y[0, 0].item()) == (3, 6)


def test_memory_that_fits_no_result_is_free_for_others() -> None:
    """What is donated is dropped when it was read for the last time, not when all is done."""
    f = ox.jit(lambda x, v: jnp.sin(x @ v + jnp.arange(float(MANY[1]))), donate_argnums=0)
    blocks.flush()
    x, v = ox.jit(jnp.sin)(large()), jnp.ones((MANY[1], 1))
    first = address(x)
    y = f(x, v)
    assert address(y) == first, "its block served for what came later"


def test_what_a_donation_took_is_gone_even_if_the_program_fails() -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    f = ox.jit(lambda x: jnp.sin(ox.pure_callback(fail, x, x + 1)), donate_argnums=0)
    x = large()
    with pytest.raises((ValueError, EvaluationError)):
        f(x)
    with pytest.raises(DonatedError, match="donated to <lambda>"):
        x.tolist()


def test_who_was_donated_says_so() -> None:
    """Not what was made of it, nor an argument beside it, nor a tracer; to ask is not to read."""
    x, other = large(), large()
    y, pending, seen = x[0], ox.numpy.ones(3) + 1, [x.is_deleted()]
    assert not pending.is_deleted() and pending.is_pending()
    f = ox.jit(lambda x, z: seen.append(x.is_deleted()) or x * z, donate_argnums=0)
    z = f(x, other)
    assert x.is_deleted() and seen == [False, False]
    assert [v.is_deleted() for v in (y, other, z)] == [False] * 3
    assert y[0].item() == 1
    with ox.config.context(jit=False):
        f(other, z)
    assert not other.is_deleted()


def test_what_is_refused_before_it_runs_is_not_donated() -> None:
    f = ox.jit(lambda x, y: x @ y, donate_argnums=0)
    x = large()
    with pytest.raises(ox.errors.ShapeError):
        f(x, x)
    assert x[0, 0].item() == 1


def test_effects_do_not_hinder_donation(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        ox.debug.print("{}", x[0, 0])
        return x + 1

    x = large()
    y = ox.jit(f, donate_argnums=0)(x)
    assert y[0, 0].item() == 2
    with pytest.raises(DonatedError):
        x.tolist()
    assert capsys.readouterr().out == "1.0\n"


def test_a_callback_may_keep_what_it_is_given() -> None:
    kept: list[np.ndarray] = []

    def keep(x: np.ndarray) -> np.ndarray:
        kept.append(x)
        return np.float32(1)

    def f(x: Any) -> Any:
        y = x * 2
        return jnp.sin(y) * ox.pure_callback(keep, ox.ShapeDtypeStruct((), np.float32), y), x + 1

    a, b = ox.jit(f, donate_argnums=0)(large())
    assert (a[0, 0].item(), b[0, 0].item()) == (pytest.approx(np.sin(2)), 2)
    assert (kept[0] == 2).all()


def test_numpy_arrays_and_numbers_are_copied_not_donated() -> None:
    f = ox.jit(lambda x, k: x * k, donate_argnums=(0, 1))
    x = np.full(MANY, 3, np.float32)
    assert f(x, 2.0)[0, 0].item() == 6
    assert (x == 3).all()


def test_nothing_is_donated_inside_a_trace_or_without_jit() -> None:
    f = ox.jit(lambda x: x + 1, donate_argnums=0)
    x = large()
    assert ox.jit(lambda x: f(x) + x)(x)[0, 0].item() == 3
    with ox.config.context(jit=False):
        assert f(x)[0, 0].item() == 2
    assert ox.grad(lambda x: jnp.sum(f(x)))(x)[0, 0].item() == 1
    assert x[0, 0].item() == 1


def test_a_compiled_stage_donates_nothing() -> None:
    f = ox.jit(lambda x: x + 1, donate_argnums=0)
    x = large()
    assert f.lower(x).compile()(x)[0, 0].item() == 2
    assert x[0, 0].item() == 1


def test_of_several_threads_that_donate_an_array_one_has_it() -> None:
    f = ox.jit(lambda x: x * 2 + 1, donate_argnums=0)
    f(large())
    for _ in range(20):
        x, start = large(), Barrier(4)

        def run(x: ox.Array = x, start: Barrier = start) -> float:
            start.wait()
            try:
                return f(x)[0, 0].item()
            except DonatedError:
                return 0.0

        with ThreadPoolExecutor(4) as pool:
            got = [task.result() for task in [pool.submit(run) for _ in range(4)]]
        assert got.count(3.0) >= 1 and got.count(3.0) + got.count(0.0) == 4, got


def test_a_cache_is_updated_where_it_lies() -> None:
    """A position of it is written, and nothing else is read or copied."""
    append = ox.jit(lambda c, k, x: c.at[:, k].set(x), donate_argnums=0)
    cache, rows = large(0.0), [large(float(k))[:, 0] for k in range(3)]
    ox.eval(rows)
    first = address(cache)
    for k, row in enumerate(rows):
        cache = append(cache, jnp.array([k * 100]), row[:, None])
        assert address(cache) == first
    held = np.asarray(cache)
    other = append(cache, jnp.array([5]), rows[2][:, None])
    assert address(other) != first
    want = np.zeros(MANY, np.float32)
    want[:, 100], want[:, 200] = 1, 2
    np.testing.assert_array_equal(held, want)
    want[:, 5] = 2
    np.testing.assert_array_equal(np.asarray(other), want)


def test_an_array_is_not_updated_while_its_elements_are_updates_or_places() -> None:
    f = ox.jit(lambda x: x.at[x].set(x[::-1]), donate_argnums=0)
    x = ox.array(np.arange(9, dtype=np.int32)[::-1].copy())
    want = np.asarray(x).copy()
    want[want.copy()] = want[::-1].copy()
    assert f(x).tolist() == want.tolist()
