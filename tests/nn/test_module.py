"""Laws of modules: pytrees that do not change, and what returns another one."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import (
    ArgumentError,
    ImmutableError,
    StateDictError,
    StaticValueError,
    TreeError,
)

onp = ox.numpy


class Block(nn.Module):
    weight: ox.Array
    bias: ox.Array | None
    act: Callable[[Any], Any]
    mean: ox.Array = nn.buffer()
    table: ox.Array = nn.buffer(persistent=False)

    def __init__(self, n: int, bias: bool = True) -> None:
        self.weight = onp.arange(float(n))
        self.bias = onp.ones(n) if bias else None
        self.act = nn.relu
        self.mean = onp.zeros(n)
        self.table = np.arange(n)

    def __call__(self, x: Any) -> Any:
        y = self.weight * (x - self.mean)
        return self.act(y if self.bias is None else y + self.bias)


class Net(nn.Module):
    head: Block
    layers: Sequence[Block]
    named: dict[str, Block | ox.Array]
    name: str = "net"
    sizes: tuple[int, ...] = ()

    def __call__(self, x: Any) -> Any:
        for layer in (self.head, *self.layers):
            x = layer(x)
        return x * self.named["scale"]


def net(n: int = 3, depth: int = 2) -> Net:
    layers = [Block(n, bias=k % 2 == 0) for k in range(depth)]
    return Net(Block(n), layers, {"scale": np.float32(2), "b": Block(1)}, sizes=(n, depth))


def same(a: Any, b: Any) -> bool:
    return ox.tree.structure(a) == ox.tree.structure(b) and all(
        np.array_equal(x, y) for x, y in zip(ox.tree.leaves(a), ox.tree.leaves(b), strict=True)
    )


@given(st.integers(0, 3), st.integers(1, 3))
def test_unflatten_undoes_flatten(depth: int, n: int) -> None:
    model = net(n, depth)
    leaves, treedef = ox.tree.flatten(model)
    again = treedef.unflatten(leaves)
    assert type(again) is Net and again is not model
    assert all(a is b for a, b in zip(ox.tree.leaves(again), leaves, strict=True))
    assert ox.tree.structure(again) is treedef
    assert again.layers[0:] == again.layers and again.name == "net" and again.sizes == (n, depth)


def test_what_lies_in_a_field_cannot_change() -> None:
    layers = [Block(2)]
    model = net().replace(layers=layers)
    layers.append(Block(2))
    assert type(model.layers) is tuple and len(model.layers) == 1
    with pytest.raises(ImmutableError, match="modules are immutable"):
        model.name = "other"
    with pytest.raises(ImmutableError, match="cannot be deleted"):
        del model.head
    for change in (
        lambda d: d.update(a=1),
        lambda d: d.pop("scale"),
        lambda d: d.clear(),
        lambda d: d.__setitem__("scale", 1),
        lambda d: d.__delitem__("scale"),
        lambda d: d.setdefault("q", 1),
        lambda d: d.popitem(),
        lambda d: d.__ior__({"q": 1}),
    ):
        with pytest.raises(ImmutableError, match="dict of a module"):
            change(model.named)
    data = np.zeros(3, np.float32)
    block = Block(3).replace(mean=data)
    data[:] = 7
    assert float(onp.sum(block.mean)) == 0


def test_what_is_not_assigned_or_declared_is_refused() -> None:
    class Forgets(nn.Module):
        weight: ox.Array

        def __init__(self) -> None:
            pass

    class Undeclared(nn.Module):
        def __init__(self) -> None:
            self.weight = onp.ones(1)

    with pytest.raises(ArgumentError, match="field `weight` was not assigned"):
        Forgets()
    with pytest.raises(ArgumentError, match="`weight` is not declared"):
        Undeclared()
    with pytest.raises(StaticValueError, match="static field `sizes` must be hashable, got list"):
        net().replace(sizes=[1, 2])
    with pytest.raises(StaticValueError, match="field `name` is static .* holds arrays"):
        net().replace(name=(onp.ones(1),))
    with pytest.raises(ArgumentError, match=r"field `layers\[1\]` is a child .* got function"):
        net().replace(layers=[Block(1), lambda x: x])
    with pytest.raises(ArgumentError, match="there is no field `depth`"):
        net().replace(depth=1)


def test_an_own_init_may_call_that_of_its_base() -> None:
    class Base(nn.Module):
        a: ox.Array

        def __init__(self, n: int) -> None:
            self.a = onp.ones(n)

    class Derived(Base):
        b: ox.Array

        def __init__(self, n: int) -> None:
            super().__init__(n)
            self.b = self.a + 1

    class Renamed(Base):
        pass

    assert Derived(2).b.shape == (2,) and Renamed(3).a.shape == (3,)
    with pytest.raises(ImmutableError):
        Derived(2).a = 1


def test_parameters_are_nested_and_named() -> None:
    model = net()
    params = model.parameters()
    assert ox.tree.map(onp.shape, params) == {
        "head": {"weight": (3,), "bias": (3,)},
        "layers": [{"weight": (3,), "bias": (3,)}, {"weight": (3,)}],
        "named": {"scale": (), "b": {"weight": (1,), "bias": (1,)}},
    }
    assert set(model.buffers()["head"]) == {"mean", "table"}
    names = [name for name, _ in model.named_parameters()]
    assert names == [
        *("head.weight", "head.bias", "layers.0.weight", "layers.0.bias", "layers.1.weight"),
        *("named.b.weight", "named.b.bias", "named.scale"),
    ]
    assert [name for name, _ in model.named_buffers()][:2] == ["head.mean", "head.table"]


def test_update_replaces_what_it_names() -> None:
    model = net()
    doubled = model.update(ox.tree.map(lambda x: 2 * x, model.parameters()))
    for (name, x), (other, y) in zip(
        model.named_parameters(), doubled.named_parameters(), strict=True
    ):
        assert name == other and np.array_equal(2 * np.asarray(x), y)
    assert np.array_equal(doubled.head.mean, model.head.mean)
    assert same(model.update({}), model)
    one = model.update({"layers.1.weight": onp.ones(3), "named": {"scale": onp.zeros(())}})
    assert float(one.layers[1].weight[2]) == 1 and float(one.named["scale"]) == 0
    assert one.layers[0].weight is model.layers[0].weight
    other = Block(3, bias=False)
    assert model.update({"layers": [other, {}]}).layers[0] is other


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"tail": {}}, "`tail` is no parameter or module of this Net"),
        ({"head": {"wait": 1}}, "`head.wait` is no parameter"),
        ({"layers.1.bias": 1}, "`layers.1.bias` is no parameter"),
        ({"layers.2.weight": 1}, "`layers.2` is no parameter"),
        ({"layers": [{}]}, "`layers` has 2 items, got 1"),
    ],
)
def test_update_refuses_what_is_not_there(values: Any, text: str) -> None:
    with pytest.raises(TreeError, match=text):
        net().update(values)


def test_train_and_eval_reach_every_module_and_key_the_cache() -> None:
    model = net()
    assert all(m.training for m in model.modules())
    evaluated = model.eval()
    assert not any(m.training for m in evaluated.modules())
    assert ox.tree.structure(model) != ox.tree.structure(evaluated)
    assert same(evaluated.train(), model)
    mode = ox.jit(lambda m: onp.where(m.layers[1].training, 1, 0))
    assert int(mode(model)) == 1 and int(mode(evaluated)) == 0 and mode.traces == 2


def test_freeze_and_unfreeze() -> None:
    model = net()
    assert model.freeze().trainable_parameters() == {}
    assert same(model.freeze().unfreeze(), model)
    part = model.freeze("layers.0", "*.bias")
    left = part.trainable_parameters()
    assert set(left["head"]) == {"weight"} and left["layers"] == [{}, left["layers"][1]]
    assert set(part.unfreeze("layers.0.weight").trainable_parameters()["layers"][0]) == {"weight"}
    assert ox.tree.structure(part.parameters()) == ox.tree.structure(model.parameters())
    mask = part.trainable_mask()
    assert mask.head.weight is True and mask.head.bias is False and mask.head.mean is False
    assert ox.tree.leaves(mask).count(True) == len(ox.tree.leaves(left))
    with pytest.raises(ArgumentError, match="no parameter is called 'layer'"):
        model.freeze("layer")
    with pytest.raises(ArgumentError, match="no parameter is called 'head.mean'"):
        model.unfreeze("head.mean")


def test_modules_children_and_leaves() -> None:
    model = net()
    assert list(model.children()) == ["head", "layers.0", "layers.1", "named.b"]
    assert [name for name, _ in model.named_modules()] == ["", *model.children()]
    assert model.modules()[0] is model and set(model.leaf_modules()) == set(model.children())
    assert Block(1).children() == {} and list(Block(1).leaf_modules()) == [""]


def test_apply_and_astype() -> None:
    model = net()
    assert float(model.apply(lambda x: x + 1).named["scale"]) == 3
    half = model.astype("bfloat16")
    assert {half.head.weight.dtype.name, half.head.mean.dtype.name} == {"bfloat16"}
    assert half.head.table.dtype == np.int32
    with pytest.raises(ArgumentError, match="int32, which is no floating dtype"):
        model.astype("int32")


def test_state_dict_round_trip() -> None:
    model = net()
    state = model.state_dict()
    assert "head.mean" in state and "head.table" not in state
    assert same(model.load_state_dict(state), model)
    changed = {name: np.asarray(x) + 1 for name, x in state.items()}
    loaded = model.load_state_dict(changed)
    assert all(np.array_equal(x, changed[name]) for name, x in loaded.state_dict().items())
    assert loaded.head.table is model.head.table
    empty = ox.eval_shape(lambda: net())
    assert same(
        empty.load_state_dict(state).update({"head.table": model.head.table}).head, model.head
    )


def test_state_dict_mismatches_are_all_listed() -> None:
    model, state = net(), net().state_dict()
    state["extra"] = state.pop("head.weight")
    state["head.bias"] = np.ones((2, 2), np.float32)
    state["head.mean"] = np.ones(3, np.float64)
    with pytest.raises(StateDictError) as caught:
        model.load_state_dict(state)
    for text in (
        "missing head.weight f32[3]",
        "unexpected extra",
        "head.bias f32[3] does not take f32[2,2]",
        "head.mean f32[3] does not take f64[3]",
    ):
        assert text in str(caught.value)
    with pytest.raises(StateDictError, match=r"does not take f32\[2,2\]"):
        model.load_state_dict(state, strict=False, cast=True)
    del state["head.bias"]
    loaded = model.load_state_dict(state, strict=False, cast=True)
    assert loaded.head.mean.dtype == np.float32 and float(loaded.head.mean[0]) == 1
    assert loaded.head.weight is model.head.weight


def advice(model: nn.Module, state: dict[str, Any], **options: bool) -> str:
    with pytest.raises(StateDictError) as caught:
        model.load_state_dict(state, **options)
    return f"{caught.value.problem}\n{caught.value.advice}"


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (nn.Conv2d(3, 8, 5, bias=False, key=ox.random.key(0)), (8, 3, 5, 5), "(0, 2, 3, 1)"),
        (nn.Conv2d(3, 8, 5, bias=False, key=ox.random.key(0)), (5, 5, 3, 8), "(3, 0, 1, 2)"),
        (nn.Conv1d(3, 8, 5, bias=False, key=ox.random.key(0)), (8, 3, 5), "(0, 2, 1)"),
        (nn.Linear(3, 8, bias=False, key=ox.random.key(0)), (3, 8), "(1, 0)"),
    ],
)
def test_a_weight_in_another_order_of_axes(
    layer: nn.Module, shape: tuple[int, ...], axes: str, strict: bool
) -> None:
    weight = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    text = advice(layer, {"weight": weight}, strict=strict)
    assert f"but its .transpose{axes}" in text
    assert "strict=" not in text and "cast=" not in text
    turned = weight.transpose(*map(int, axes[1:-1].split(",")))
    assert np.array_equal(layer.load_state_dict({"weight": turned}).state_dict()["weight"], turned)


def test_the_advice_is_what_helps() -> None:
    layer = nn.Linear(3, 8, bias=False, key=ox.random.key(0))
    shapes = advice(layer, {"weight": np.ones((4, 8), np.float32)}, strict=False)
    assert "Make the model in these shapes" in shapes
    assert "transpose" not in shapes and "cast=" not in shapes
    dtypes = advice(layer, {"weight": np.ones((8, 3))})
    assert dtypes.endswith("\ncast=True converts dtypes.")
    names = advice(layer, {})
    assert names.endswith("\nstrict=False takes the names that fit.")
    both = advice(layer, {"weight": np.ones((3, 8))})
    assert both.count("does not take") == 1
    assert ".transpose(1, 0)" in both and "cast=True" in both


def test_many_mismatches_are_counted() -> None:
    with pytest.raises(StateDictError, match="and 12 more"):
        net().load_state_dict({str(k): 0 for k in range(8)})


def test_gradients_are_modules() -> None:
    model, x = net(), onp.array([1.0, 2.0, 3.0])

    def loss(m: Net, x: Any) -> Any:
        return (m(x) * onp.array([1.0, -2.0, 0.5])).sum()

    floats = model.update({"head.table": onp.zeros(3)}).apply(lambda x: x.astype("float32"))
    value, grads = ox.value_and_grad(loss)(floats, x)
    assert type(grads) is Net and grads.name == "net"
    step = 1e-2
    up = floats.update({"layers.1.weight": floats.layers[1].weight + onp.array([0, step, 0])})
    down = floats.update({"layers.1.weight": floats.layers[1].weight - onp.array([0, step, 0])})
    slope = (float(loss(up, x)) - float(loss(down, x))) / (2 * step)
    assert abs(slope - float(grads.layers[1].weight[1])) < 1e-2 * max(1, abs(slope))
    stacked = ox.tree.map(lambda a: onp.stack([a, a + 1]), floats)
    both = ox.vmap(loss, in_axes=(0, None))(stacked, x)
    assert both.shape == (2,) and np.allclose(both[0], value)


def test_jit_traces_once_for_models_of_one_structure() -> None:
    step = ox.jit(lambda m: m.update({"head": {"weight": m.head.weight + 1}}))
    model = net()
    for _ in range(3):
        model = step(model)
    assert step.traces == 1 and float(model.head.weight[0]) == 3
    step(net(depth=3))
    assert step.traces == 2


def test_leaves_and_structure_are_cached_and_do_not_travel() -> None:
    model = net()
    leaves, treedef = ox.tree.flatten(model)
    ox.tree.flatten(model)[0].clear()
    assert len(ox.tree.leaves(model)) == len(leaves)
    assert "_flat" in vars(model) and "_flat" not in vars(copy.copy(model))
    copied = copy.deepcopy(model)
    assert same(copied, model) and ox.tree.structure(copied) is treedef
    back = pickle.loads(pickle.dumps(model))
    assert (
        same(back, model)
        and back.layers[1].bias is None
        and type(back.named).__name__ == ("FrozenDict")
    )


def test_a_wide_module_flattens_in_microseconds() -> None:
    model = net(depth=90)
    args = ((model,), {})
    assert len(ox.tree.leaves(args)) > 270

    def seconds() -> float:
        start = time.perf_counter()
        for _ in range(20):
            leaves, treedef = ox.tree.flatten(args)
            hash((treedef, tuple([x.aval for x in leaves])))
        return (time.perf_counter() - start) / 20

    seconds()
    assert min(seconds() for _ in range(10)) < 50e-6  # 25 on a quiet machine


def test_flattening_inside_init_is_not_remembered() -> None:
    class Early(nn.Module):
        a: ox.Array
        b: ox.Array

        def __init__(self) -> None:
            self.a, self.b = onp.zeros(1), onp.zeros(1)
            assert len(ox.tree.leaves(self)) == 2
            self.b = onp.ones(2)

    assert [x.shape for x in ox.tree.leaves(Early())] == [(1,), (2,)]


def test_modules_are_equal_by_identity() -> None:
    model = net()
    assert model == model and model != net() and len({model, net()}) == 2


def test_repr_and_summary() -> None:
    assert repr(Block(2)) == (
        "Block(weight=f32[2], bias=f32[2], act=relu, mean=f32[2], table=i32[2])"
    )
    assert repr(Block(2).eval()).endswith("training=False)")
    lines = repr(net(depth=1)).splitlines()
    assert lines[0] == "Net(" and lines[1].startswith("  head=Block(weight=f32[3]")
    assert lines[2].startswith("  layers=(Block(")
    table = net().freeze("head.bias").summary()
    assert "head.bias" in table and "Block (frozen)" in table and "Block (buffer)" in table
    assert table.splitlines()[-1] == ("parameters 18 (72 bytes), trainable 15, in buffers 20")


def test_struct_is_a_pytree_too() -> None:
    class State(nn.Struct):
        step: ox.Array
        history: list[ox.Array]
        name: str = "s"

    state = State(0, [onp.ones(1)])
    assert ox.tree.map(lambda x: x + 1, state).name == "s" and type(state.history) is tuple
    assert state.step.dtype == np.int32
