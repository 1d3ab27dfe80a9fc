"""jit(f).trace, .lower and .compile: the stages of `jax.stages`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError, TreeError


def program(lib: Any, np: Any) -> Any:
    """(a, b) ↦ a dictionary, with a static exponent, an equation too many and one twice."""

    def f(a: Any, b: Any, n: int) -> Any:
        np.cos(a)
        return {"sum": np.sin(a) ** n + np.sin(a), "b": (b * 2,)}

    return lib.jit(f, static_argnums=2)


def infos(lib: Any, np: Any) -> Any:
    traced = program(lib, np).trace(lib.ShapeDtypeStruct((2,), "float32"), b=3, n=2)
    lowered = traced.lower()
    return [
        (s["sum"].shape, s["sum"].dtype.name, s["b"][0].dtype.name)
        for s in (traced.out_info, lowered.out_info, lowered.compile().out_info)
    ]


@pytest.mark.jax("0.10.0")  # the version at hand; 0.6.2 has no Compiled.out_info
def test_types_are_those_of_jax() -> None:
    f = jax.jit(lambda a, b, n: None, static_argnames="n")
    assert str(f.trace(1.0, b=3, n=2).in_tree) == "PyTreeDef(((*,), {'b': *}))"
    ours = ox.jit(lambda a, b, n: None, static_argnames="n").trace(1.0, b=3, n=2)
    assert str(ours.in_tree) == "PyTreeDef(((*,), {'b': *}))"
    assert infos(ox, ox.numpy) == infos(jax, jnp) == [((2,), "float32", "int32")] * 3


def test_a_trace_is_the_one_that_a_call_uses() -> None:
    f = program(ox, ox.numpy)
    x = np.ones(2, np.float32)
    traced = f.trace(x, 1.0, 3)
    f(x, 2.0, 3)
    assert f.traces == 1
    f.lower(ox.ShapeDtypeStruct((2,), "float32"), 1.0, 3)
    assert f.traces == 1
    assert traced.fun_name == "f" and repr(traced).startswith("Traced(f: ((f32[2], f32[]), {}) ->")
    assert len(traced.jaxpr.eqns) == 6 and str(traced.jaxpr).count("sin") == 2


def test_a_lowered_text_has_no_dead_and_no_repeated_equations() -> None:
    lowered = program(ox, ox.numpy).lower(1.0, 2.0, 3)
    assert lowered.as_text().count(" = ") == 4 and "cos" not in lowered.as_text()
    assert "# " not in lowered.as_text()
    assert "test_stages.py" in lowered.as_text(debug_info=True)


def test_a_compiled_function_runs_without_its_static_arguments() -> None:
    f = program(ox, ox.numpy)
    x = np.array([0.5, 1.0], np.float32)
    compiled = f.lower(x, 2.0, 3).compile()
    for args in ((x, 2.0), (ox.array(x), ox.array(4.0))):
        got, want = compiled(*args), f(*args, 3)
        assert got["sum"].tolist() == want["sum"].tolist() and f.traces <= 2
        assert got["b"][0].tolist() == want["b"][0].tolist()
    shift = ox.array([1.0, 2.0])
    assert ox.jit(lambda x: x + shift).lower(x).compile()(x).tolist() == [1.5, 3.0]
    assert ox.grad(lambda x: (compiled(x, 2.0)["sum"] * shift).sum())(x).tolist() == (
        ox.grad(lambda x: (f(x, 2.0, 3)["sum"] * shift).sum())(x).tolist()
    )


def test_a_compiled_function_has_its_effects_at_every_call() -> None:
    log: list[float] = []

    def f(x: Any) -> Any:
        ox.debug.callback(lambda v: log.append(float(v)), x)
        return x

    compiled = ox.jit(f).lower(1.0).compile()
    assert log == []
    compiled(2.0), compiled(3.0)
    assert log == [2.0, 3.0]


@pytest.mark.parametrize("lib", [ox, jax], ids=["ox", "jax"])
def test_other_types_are_refused(lib: Any) -> None:
    compiled = lib.jit(lambda x: {"y": x["a"]}).lower({"a": 1.0}).compile()
    for args in (({"a": 1},), ({"a": np.ones(2, np.float32)},), (1.0,), ({"a": 1.0}, 2.0)):
        with pytest.raises(TypeError):
            compiled(*args)


def test_what_is_refused_is_named() -> None:
    compiled = ox.jit(lambda x: x["a"]).lower({"a": 1.0}).compile()
    with pytest.raises(ArgumentError, match=r"\(args, kwargs\)\[0\]\[0\]\['a'\] must be f32\[\]"):
        compiled({"a": 1})
    with pytest.raises(TreeError, match="Leave static arguments out"):
        compiled({"a": 1.0}, 2)
