"""Pytrees: the laws of flattening, agreement with JAX on random trees, and the error texts."""

from __future__ import annotations

import copy
import functools
import gc
import math
import operator
import pickle
import sys
import threading
import time
import weakref
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

import jax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmlx import tree, tree_util
from oxmlx.errors import ArgumentError, StaticValueError, TreeError

# Node classes, known to JAX and to us


class Point(NamedTuple):
    x: Any
    y: Any


Sub = namedtuple("Sub", "a")


def in_both(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda cls: functools.reduce(lambda c, decorate: decorate(c), decorators, cls)


@in_both(tree.register_dataclass, jax.tree_util.register_dataclass)
@dataclass
class Layer:
    weight: Any
    bias: Any
    size: int = field(default=3, metadata={"static": True})


@dataclass
class Keyed:
    a: Any
    b: Any
    tag: str


@dataclass
class Plain:
    items: list[Any]


@in_both(tree.register_static, jax.tree_util.register_static)
@dataclass(frozen=True)
class Mode:
    name: Any


for util in (tree_util, jax.tree_util):
    util.register_pytree_with_keys(
        Keyed,
        lambda k, u=util: (((u.GetAttrKey("a"), k.a), (u.DictKey("b"), k.b)), k.tag),
        lambda tag, children: Keyed(*children, tag),
    )
    util.register_pytree_node(
        Plain, lambda p: (iter(p.items), len(p.items)), lambda _, xs: Plain(list(xs))
    )

leaf = st.integers(-9, 9) | st.floats(-1, 1) | st.sampled_from(["s", True])
dict_keys = st.sampled_from([st.sampled_from("abcd"), st.integers(0, 3)])


def nodes(child: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    dicts = dict_keys.flatmap(lambda key: st.dictionaries(key, child, max_size=3))
    return st.one_of(
        st.lists(child, max_size=3),
        st.lists(child, max_size=3).map(tuple),
        dicts,
        dicts.map(OrderedDict),
        dicts.map(lambda d: defaultdict(list, d)),
        st.builds(Point, child, child),
        st.builds(Sub, child),
        st.builds(Layer, child, child, st.integers(0, 1)),
        st.builds(Keyed, child, child, st.sampled_from("pq")),
        st.builds(Plain, st.lists(child, max_size=2)),
    )


trees = st.recursive(leaf | st.none() | st.builds(Mode, st.just("m")), nodes, max_leaves=12)
small_trees = st.recursive(leaf | st.none(), nodes, max_leaves=4)


def outcome(f: Callable[[], Any]) -> Any:
    """What `f` returns, or the fact that it refuses."""
    try:
        return f()
    except (ValueError, TypeError):
        return "refused"


def is_list(x: Any) -> bool:
    return isinstance(x, list)


def is_none(x: Any) -> bool:
    return x is None


# Agreement with JAX


@given(trees)
def test_flatten_agrees_with_jax(t: Any) -> None:
    ours, ours_def = tree.flatten(t)
    theirs, theirs_def = jax.tree.flatten(t)
    assert repr(ours) == repr(theirs)
    assert repr(ours_def) == repr(theirs_def)
    assert (ours_def.num_leaves, ours_def.num_nodes) == (
        theirs_def.num_leaves,
        theirs_def.num_nodes,
    )
    assert ours_def.node_data() == theirs_def.node_data()
    assert repr(ours_def.children()) == repr(theirs_def.children())
    assert tree_util.treedef_is_leaf(ours_def) == jax.tree_util.treedef_is_leaf(theirs_def)


@given(trees)
def test_flatten_with_is_leaf_agrees_with_jax(t: Any) -> None:
    for is_leaf in (is_list, is_none, lambda x: True, lambda x: isinstance(x, Point)):
        ours, ours_def = tree.flatten(t, is_leaf)
        theirs, theirs_def = jax.tree.flatten(t, is_leaf)
        assert repr(ours) == repr(theirs)
        assert repr(ours_def) == repr(theirs_def)


@given(trees)
def test_paths_agree_with_jax(t: Any) -> None:
    ours, theirs = tree.leaves_with_path(t), jax.tree.leaves_with_path(t)
    assert [x for _, x in ours] == [x for _, x in theirs]
    for (path, _), (other, _) in zip(ours, theirs, strict=True):
        assert repr(path) == repr(other)
        assert tree_util.keystr(path) == jax.tree_util.keystr(other)
        simple = {"simple": True, "separator": "/"}
        assert tree_util.keystr(path, **simple) == jax.tree_util.keystr(other, **simple)


@given(trees)
def test_is_leaf_may_take_the_path(t: Any) -> None:
    def deep(path: Any, x: Any) -> bool:
        return len(path) == 2

    ours, ours_def = tree.flatten_with_path(t, deep, is_leaf_takes_path=True)
    theirs, theirs_def = jax.tree.flatten_with_path(t, deep, is_leaf_takes_path=True)
    assert repr(ours) == repr(theirs)
    assert repr(ours_def) == repr(theirs_def)
    assert tree.flatten_with_path(t, is_list)[1] == tree.structure(t, is_list)


@given(trees, trees, st.booleans())
def test_structures_are_equal_when_jax_says_so(t: Any, u: Any, alike: bool) -> None:
    u = tree.map(repr, t) if alike else u
    ours = tree.structure(t) == tree.structure(u)
    assert ours == (jax.tree.structure(t) == jax.tree.structure(u))
    assert ours == (tree.structure(t) is tree.structure(u))
    assert ours or not alike


@given(trees, trees)
def test_map_over_several_trees_agrees_with_jax(t: Any, u: Any) -> None:
    def pair(*xs: Any) -> Any:
        return repr(xs)

    assert outcome(lambda: tree.map(pair, t, u)) == outcome(lambda: jax.tree.map(pair, t, u))
    below = tree.map(lambda _: u, t)
    assert tree.map(pair, t, below, t) == jax.tree.map(pair, t, below, t)
    ours = tree.map(pair, t, below, is_leaf=is_list)
    assert ours == jax.tree.map(pair, t, below, is_leaf=is_list)


@given(trees, small_trees)
def test_map_with_path_agrees_with_jax(t: Any, u: Any) -> None:
    below = tree.map(lambda _: u, t)

    def text(path: Any, *xs: Any) -> Any:
        return repr((path, xs))

    assert tree.map_with_path(text, t, below) == jax.tree.map_with_path(text, t, below)


@given(trees, small_trees, trees)
def test_broadcast_agrees_with_jax(prefix: Any, below: Any, other: Any) -> None:
    full = tree.map(lambda _: below, prefix)
    assert tree.broadcast(prefix, full) == jax.tree.broadcast(prefix, full)
    ours = outcome(lambda: tree.broadcast(prefix, other))
    assert ours == outcome(lambda: jax.tree.broadcast(prefix, other))
    full = tree.map(lambda _: below, prefix, is_leaf=is_none)
    ours = tree.broadcast(prefix, full, is_leaf=is_none)
    assert ours == jax.tree.broadcast(prefix, full, is_leaf=is_none)
    flat = tree.broadcast_prefix(prefix, full, is_none)
    assert tree.unflatten(tree.structure(full), flat) == ours


@given(small_trees, small_trees)
def test_compose_and_transpose_agree_with_jax(outer: Any, inner: Any) -> None:
    whole = tree.map(lambda _: inner, outer)
    columns = [[x] * len(tree.leaves(outer)) for x in tree.leaves(inner)]
    ours = tree.structure(outer), tree.structure(inner)
    theirs = jax.tree.structure(outer), jax.tree.structure(inner)
    assert ours[0].compose(ours[1]) is tree.structure(whole)
    assert repr(ours[0].compose(ours[1])) == repr(theirs[0].compose(theirs[1]))
    turned = tree.transpose(*ours, whole)
    assert ours[1].flatten_up_to(turned) == [ours[0].unflatten(column) for column in columns]
    if ours[0].num_leaves:
        assert turned == jax.tree.transpose(*theirs, whole)
        assert tree.transpose(ours[0], None, whole) == tree.transpose(*ours, whole)


@given(trees)
def test_reductions_agree_with_jax(t: Any) -> None:
    texts, join = tree.map(repr, t), "({} {})".format
    assert tree.reduce(join, texts, "") == jax.tree.reduce(join, texts, "")
    assert tree.all(t) == jax.tree.all(t)
    assert tree.all(t, is_leaf=is_list) == jax.tree.all(t, is_leaf=is_list)


@pytest.mark.jax("0.7.0")
@given(trees)
def test_associative_reductions_agree_with_jax(t: Any) -> None:
    texts, join = tree.map(repr, t), "({} {})".format
    ours = tree.reduce_associative(join, texts, identity="")
    assert ours == jax.tree.reduce_associative(join, texts, identity="")


@pytest.mark.jax("0.10.2")
@given(trees)
def test_one_level_agrees_with_jax(t: Any) -> None:
    def one_level() -> Any:
        children, meta = tree_util.flatten_one_level(t)
        return list(children), None if isinstance(t, tuple) else meta

    def theirs() -> Any:
        children, meta = jax.tree_util.flatten_one_level(t)
        return list(children), None if isinstance(t, tuple) else meta

    assert outcome(one_level) == outcome(theirs)
    assert tree_util.is_tree_node(type(t)) == jax.tree_util.is_tree_node(type(t))


@given(trees)
def test_all_leaves_agrees_with_jax(t: Any) -> None:
    assert tree_util.all_leaves([1, t]) == jax.tree_util.all_leaves([1, t])
    for x in (t, None):
        ours = tree_util.all_leaves([1, x], is_none)
        assert ours == jax.tree_util.all_leaves([1, x], is_none)


def test_treedef_tuple_and_children_are_inverse() -> None:
    parts = [tree.structure(x) for x in (1, None, [2, (3,)])]
    whole = tree_util.treedef_tuple(parts)
    assert whole is tree.structure((1, None, [2, (3,)]))
    assert tree_util.treedef_children(whole) == parts


@pytest.mark.parametrize("name", ["tree", "tree_util"])
def test_every_name_of_jax_is_here(name: str) -> None:
    theirs = {n for n in dir(getattr(jax, name)) if not n.startswith("_")}
    internal = {"default_registry", "KeyEntry"}
    module = {"tree": tree, "tree_util": tree_util}[name]
    assert theirs - internal - set(dir(module)) == set()


# Laws


@given(trees)
def test_unflatten_inverts_flatten(t: Any) -> None:
    leaves, treedef = tree.flatten(t)
    again = tree.unflatten(treedef, leaves)
    assert again == t
    assert type(again) is type(t)
    assert tree.structure(again) is treedef
    assert all(x is y for x, y in zip(leaves, tree.leaves(again), strict=True))
    assert treedef.flatten_up_to(t) == leaves
    assert tree.unflatten(treedef, iter(leaves)) == t


@given(trees)
def test_map_is_a_functor(t: Any) -> None:
    assert tree.map(lambda x: x, t) == t
    f, g = repr, len
    assert tree.map(lambda x: g(f(x)), t) == tree.map(g, tree.map(f, t))


@given(trees)
def test_a_path_leads_to_its_leaf(t: Any) -> None:
    step: dict[type[Any], Callable[[Any, Any], Any]] = {
        tree.SequenceKey: lambda node, key: node[key.idx],
        tree.DictKey: lambda node, key: node.b if isinstance(node, Keyed) else node[key.key],
        tree.GetAttrKey: lambda node, key: getattr(node, key.name),
        tree.FlattenedIndexKey: lambda node, key: node.items[key.key],
    }
    for path, x in tree.leaves_with_path(t):
        found = functools.reduce(lambda node, key: step[type(key)](node, key), path, t)
        assert found is x


@given(trees)
def test_flatten_up_to_inverts_a_map_into_trees(t: Any) -> None:
    treedef = tree.structure(t)
    subtrees = [(i, [i]) for i in range(treedef.num_leaves)]
    assert treedef.flatten_up_to(treedef.unflatten(subtrees)) == subtrees


@given(trees)
def test_copies_of_a_structure_are_the_structure(t: Any) -> None:
    treedef = tree.structure(t)
    assert pickle.loads(pickle.dumps(treedef)) is treedef
    assert copy.copy(treedef) is treedef
    assert copy.deepcopy(treedef) is treedef


# Structures as words


def test_structures_tell_apart_what_equality_confuses() -> None:
    dicts = [{1: 0}, {1.0: 0}, {True: 0}, {0.0: 0}, {-0.0: 0}, {math.nan: 0}, {("a", 1): 0}]
    dicts += [{("a", 1.0): 0}, {(("a",),): 0}, {(str, "a"): 0}, {("a",): 0}, {"a": 0}]
    structures = [tree.structure(d) for d in dicts]
    assert len(set(structures)) == len(dicts)
    for d, treedef in zip(dicts, structures, strict=True):
        (key,) = d
        (again,) = treedef.unflatten([0])
        assert repr(again) == repr(key)
    assert tree.structure({float("nan"): 0}) is tree.structure({float("nan"): 0})
    assert tree.structure(Layer(0, 0, size=1)) != tree.structure(Layer(0, 0, size=True))


def test_equal_keys_of_another_type_still_map() -> None:
    assert tree.map(operator.add, {1: 10}, {1.0: 5}) == {1: 15}
    nan = float("nan")
    assert tree.leaves(tree.map(operator.add, {float("nan"): 10}, {nan: 5})) == [15]


def test_an_unused_structure_is_forgotten_even_in_a_circle() -> None:
    class Owner:
        pass

    owner: Any = Owner()
    owner.treedef = tree.structure(Mode(owner))
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


def test_hash_collisions_are_resolved() -> None:
    class Same:
        def __hash__(self) -> int:
            return 7

    one, two = Same(), Same()
    first, second = tree.structure(Mode(one)), tree.structure(Mode(two))
    assert first is not second
    assert first is tree.structure(Mode(one))
    del first
    assert second is tree.structure(Mode(two))


class Slow:
    """Equal by value, with one hash for all, and a comparison that lets other threads in."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        time.sleep(0.001)
        return isinstance(other, Slow) and self.value == other.value


def test_threads_agree_on_one_structure() -> None:
    other = tree.structure(Mode(Slow(1)))
    start, found = threading.Barrier(4), [other] * 4

    def work(n: int) -> None:
        start.wait()
        found[n] = tree.structure(Mode(Slow(2)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(treedef) for treedef in found}) == 1
    assert found[0] is not other


def test_unhashable_metadata_compares_but_does_not_hash() -> None:
    @tree.register_dataclass
    @dataclass
    class Config:
        x: Any
        options: list[Any] = tree.static()

    treedef = tree.structure([Config(1, [2])])
    assert treedef == tree.structure([Config(5, [2])])
    assert treedef != tree.structure([Config(5, [3])])
    assert treedef != tree.structure([5])
    assert tree.map(lambda x: x + 1, [Config(1, [2])]) == [Config(2, [2])]
    assert tree.map(operator.add, [Config(1, [2])], [Config(1, [2])]) == [Config(2, [2])]
    with pytest.raises(StaticValueError, match=r"Config'> cannot be hashed: \(\[2\],\)"):
        hash(treedef)


# Speed, by counting


def count_calls(f: Callable[[], Any]) -> int:
    calls = 0

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(profile)
    try:
        f()
    finally:
        sys.setprofile(None)
    return calls


def test_flattening_makes_no_python_call_per_leaf() -> None:
    few = {"a": {str(i): 0.0 for i in range(3)}, "b": [1.0]}
    many = {"a": {str(i): 0.0 for i in range(300)}, "b": [1.0] * 100}
    for t in (few, many):
        tree.flatten(t)
    held = tree.structure(few), tree.structure(many)
    calls = [count_calls(lambda t=t: tree.flatten(t)) for t in (few, many)]
    assert calls[0] == calls[1] < 40
    for t, treedef in zip((few, many), held, strict=True):
        leaves = tree.leaves(t)
        calls.append(count_calls(lambda d=treedef, x=leaves: d.unflatten(x)))
    assert calls[2] == calls[3] < 20


@tree.register_dataclass
@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any

    def tree_flatten_cached(self) -> Any:
        if "flat" not in self.__dict__:
            self.__dict__["flat"] = tree.flatten_uncached(self)
        return self.__dict__["flat"]


def test_a_frozen_node_is_flattened_once() -> None:
    model = [Frozen(1, (Frozen([2], 3), None)), 4]
    leaves, treedef = tree.flatten(model)
    assert leaves == [1, 2, 3, 4]
    assert repr(treedef).count("CustomNode(Frozen[()]") == 2
    assert tree.unflatten(treedef, leaves) == model
    assert tree.flatten_uncached(model)[1] is treedef
    assert tree.flatten_uncached(5)[0] == [5]

    big = Frozen({str(i): (i, [i]) for i in range(100)}, 0)
    tree.flatten(big)
    assert count_calls(lambda: tree.flatten(big)) == 4
    assert count_calls(lambda: tree.structure(big).flatten_up_to(big)) < 10
    tree.leaves(big).clear()
    assert len(tree.leaves(big)) == 201


def test_a_frozen_node_still_asks_is_leaf() -> None:
    model = Frozen([1], None)
    assert tree.leaves(model) == [1]
    assert tree.leaves(model, is_leaf=is_list) == [[1]]
    assert tree.leaves(model, is_leaf=is_none) == [1, None]
    assert tree.map(lambda x, y: (x, y), model, Frozen([(2, 3)], None)) == Frozen(
        [(1, (2, 3))], None
    )


# Depth


def test_a_tree_too_deep_to_walk_raises() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        tree.flatten(deep)
    with pytest.raises(RecursionError):
        tree.leaves_with_path(deep)
    with pytest.raises(RecursionError):
        tree.map(add, deep, deep)
    leaves = tree.leaves([1, deep], is_leaf=lambda x: x is deep)
    assert leaves[1] is deep


def test_a_deep_structure_is_freed() -> None:
    treedef = tree.structure(0)
    for _ in range(100_000):
        treedef = tree_util.treedef_tuple([treedef])
    assert treedef.num_nodes == 100_001
    top = weakref.ref(treedef)
    del treedef
    assert top() is None


# Errors


def refuses(kind: type[Exception], f: Callable[[], Any]) -> str:
    with pytest.raises(kind) as caught:
        f()
    return str(caught.value)


def add(*xs: Any) -> Any:
    return sum(xs)


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (
            {"layers": [0, (1, 2)]},
            {"layers": [0, [1, 2, 3]]},
            "trees differ at ['layers'][1]: the first has tuple of 2, the second list of 3",
        ),
        (
            {"a": 0, "b": Point(1, {"c": 2, "d": 3})},
            {"a": 0, "b": Point(1, {"c": 2, "e": 3})},
            "trees differ at ['b'].y: the first alone has the keys ['d'],"
            " the second alone has the keys ['e']",
        ),
        (
            [{"a": 0}],
            [{"a": 0, "b": 1}],
            "trees differ at [0]: the second alone has the keys ['b']",
        ),
        ([0], 5, "trees differ at the root: the first has list of 1, the second leaf of type int"),
        (
            Keyed(0, Plain([1]), "p"),
            Keyed(0, Plain([1, 2]), "p"),
            "trees differ at ['b']: the first has Plain of 1 with metadata 1,"
            " the second Plain of 2 with metadata 2",
        ),
        (
            OrderedDict(b=0, a=1),
            OrderedDict(a=0, b=1),
            "trees differ at the root: the first has OrderedDict with keys ['b', 'a'],"
            " the second OrderedDict with keys ['a', 'b']",
        ),
        (
            (0, None),
            (0, 1),
            "trees differ at [1]: the first has None, the second leaf of type int\n"
            "  None is a tree without leaves; is_leaf=lambda x: x is None makes it a leaf.",
        ),
    ],
)
def test_map_says_where_trees_differ(first: Any, second: Any, text: str) -> None:
    assert refuses(TreeError, lambda: tree.map(add, first, second)) == f"tree.map: {text}"
    with_path = refuses(TreeError, lambda: tree.map_with_path(add, first, second))
    assert with_path == f"tree.map_with_path: {text}"


def test_map_says_which_tree_differs() -> None:
    text = refuses(TreeError, lambda: tree.map(add, [0], [0], (0,)))
    assert text == (
        "tree.map: trees differ at the root: the first has list of 1, the third tuple of 1"
    )
    text = refuses(TreeError, lambda: tree.map(add, [0], [0], [0], (0,)))
    assert text.endswith("the 4th tuple of 1")


def test_prefix_errors_name_the_path_and_the_caller() -> None:
    text = refuses(TreeError, lambda: tree.broadcast([0, (1, 2)], [0, (1, 2, 3)]))
    assert text == (
        "tree.broadcast: trees differ at [1]: the prefix has tuple of 2, the full tree tuple of 3"
    )

    def in_axes() -> Any:
        names = {"who": "vmap", "first": "in_axes", "second": "the argument list"}
        return tree.broadcast_prefix(({"w": 0},), ({"w": 0, "b": 1},), **names)

    assert refuses(TreeError, in_axes) == (
        "vmap: trees differ at [0]: the argument list alone has the keys ['b']"
    )


def test_flatten_up_to_names_the_path() -> None:
    treedef = tree.structure([0, {"a": (1, 2)}])
    text = refuses(TreeError, lambda: treedef.flatten_up_to([0, {"a": 1}]))
    assert text == (
        "PyTreeDef.flatten_up_to: trees differ at [1]['a']:"
        " the treedef has tuple of 2, the tree leaf of type int"
    )


def test_unflatten_counts_the_leaves() -> None:
    treedef = tree.structure({"a": 0, "b": Layer(1, [2])})
    shown = "The structure is PyTreeDef({'a': *, 'b': CustomNode(Layer[(3,)], [*, [*]])})."
    text = refuses(TreeError, lambda: treedef.unflatten([0, 1]))
    assert text == f"tree.unflatten: got 2 leaves for 3, none for ['b'].bias[0]\n  {shown}"
    text = refuses(TreeError, lambda: tree.unflatten(treedef, range(4)))
    assert text == f"tree.unflatten: got 4 leaves for 3\n  {shown}"
    text = refuses(TreeError, lambda: tree.structure(0).unflatten([]))
    assert text.startswith("tree.unflatten: got 0 leaves for 1, none for the root")


def test_keys_without_an_order_are_named() -> None:
    for mixed in ({1: 0, "a": 1}, defaultdict(list, {1: 0, "a": 1})):
        text = refuses(TreeError, lambda t=mixed: tree.flatten([t]))
        assert text == (
            f"tree.flatten: the keys [1, 'a'] of a {type(mixed).__name__} cannot be sorted:"
            " '<' not supported between instances of 'str' and 'int'\n"
            "  Use keys of one type, or an OrderedDict, which keeps its own order."
        )
    assert tree.leaves(OrderedDict({1: 0, "a": 1})) == [0, 1]


def test_transpose_names_the_path() -> None:
    outer, inner = tree.structure([0, 0]), tree.structure((0, 0))
    text = refuses(TreeError, lambda: tree.transpose(outer, inner, [(1, 2), (3,)]))
    assert text == (
        "tree.transpose: trees differ at [1]: outer of inner has tuple of 2, the tree tuple of 1"
    )
    text = refuses(TreeError, lambda: tree.transpose(tree.structure([]), None, []))
    assert text == "tree.transpose: PyTreeDef([]) has no leaves\n  Give inner_treedef."
    text = refuses(TreeError, lambda: tree.transpose(outer, inner, [([1, 5], 2), (3, 4)]))
    assert text == (
        "tree.transpose: the tree has 5 leaves, outer of inner 2 * 2\n"
        "  The structures are PyTreeDef([([*, *], *), (*, *)]) and PyTreeDef([(*, *), (*, *)])."
    )


def test_reductions_of_no_leaves_want_a_start() -> None:
    text = refuses(TreeError, lambda: tree.reduce(operator.add, [None]))
    assert text == "tree.reduce: the tree has no leaves\n  Give an initializer."
    text = refuses(TreeError, lambda: tree.reduce_associative(operator.add, ()))
    assert text == "tree.reduce_associative: the tree has no leaves\n  Give an identity."
    assert tree.reduce(operator.add, [None], None) is None


def test_a_leaf_has_no_level() -> None:
    text = refuses(TreeError, lambda: tree_util.flatten_one_level(1.0))
    assert text == "flatten_one_level: got a leaf of type float, wanted a node"
    text = refuses(TreeError, lambda: tree_util.flatten_one_level_with_keys("x"))
    assert text == "flatten_one_level_with_keys: got a leaf of type str, wanted a node"


# Registration


def test_a_class_is_registered_once() -> None:
    for cls in (dict, Layer, Keyed, type(None)):
        text = refuses(ArgumentError, lambda c=cls: tree.register_static(c))
        assert text.startswith(f"register_static: {cls!r} is a pytree node already")


def test_what_is_registered_is_a_class() -> None:
    text = refuses(ArgumentError, lambda: tree.register_pytree_node(1, add, add))
    assert text == "register_pytree_node: got 1, which is not a class"


def test_a_seen_class_may_be_registered_later() -> None:
    class Late:
        x = 5

    Pair = namedtuple("Pair", "x y")
    assert tree.leaves(Pair(Late(), 2))[1] == 2
    assert not tree_util.is_tree_node(Late)
    tree.register_pytree_node(Late, lambda late: ((late.x,), None), lambda _, xs: Late())
    tree.register_pytree_node(Pair, lambda p: ((p.y,), p.x), lambda x, ys: Pair(x, *ys))
    assert tree.leaves([Late(), Pair(1, 2)]) == [5, 2]
    assert tree.map(lambda y: 10 * y, Pair(1, 2)) == Pair(1, 20)


def test_a_subclass_is_a_leaf_unless_it_is_a_namedtuple() -> None:
    class MyList(list[Any]):
        pass

    class MyPoint(Point):
        pass

    assert tree.leaves(MyList([1, 2])) == [MyList([1, 2])]
    doubled = tree.map(lambda x: 2 * x, MyPoint(1, 2))
    assert type(doubled) is MyPoint
    assert doubled == (2, 4)


def test_class_decorators_use_the_methods() -> None:
    @tree.register_pytree_node_class
    class Box:
        def __init__(self, *xs: Any) -> None:
            self.xs = xs

        def tree_flatten(self) -> Any:
            return self.xs, "meta"

        @classmethod
        def tree_unflatten(cls, meta: Any, children: Any) -> Any:
            assert meta == "meta"
            return cls(*children)

    @tree.register_pytree_with_keys_class
    class KeyedBox(Box):
        def tree_flatten_with_keys(self) -> Any:
            return [(tree.DictKey(i), x) for i, x in enumerate(self.xs)], "meta"

    t = Box(1, KeyedBox(2, 3))
    assert tree.leaves(t) == [1, 2, 3]
    assert tree.map(lambda x: -x, t).xs[1].xs == (-2, -3)
    paths = [tree_util.keystr(path) for path, _ in tree.leaves_with_path(t)]
    assert paths == ["[<flat index 0>]", "[<flat index 1>][0]", "[<flat index 1>][1]"]

    class Bare:
        pass

    text = refuses(ArgumentError, lambda: tree.register_pytree_node_class(Bare))
    assert text.startswith("register_pytree_node_class: ")
    assert text.endswith("Bare'> lacks tree_flatten, tree_unflatten")
    text = refuses(ArgumentError, lambda: tree.register_pytree_with_keys_class(Bare))
    assert text.endswith("Bare'> lacks tree_flatten_with_keys, tree_unflatten")


def test_a_flatten_function_returns_a_pair() -> None:
    class Odd:
        pass

    tree.register_pytree_node(Odd, lambda _: [1, 2, 3], add)
    text = refuses(TreeError, lambda: tree.flatten(Odd()))
    assert text.endswith("Odd'> returned [1, 2, 3]\n  It must return a pair (children, metadata).")


def test_register_dataclass_with_named_fields() -> None:
    @dataclass
    class Three:
        a: Any
        b: Any
        c: Any = 7

    tree.register_dataclass(Three, ["b"], ["a"], ["c"])
    assert tree.leaves(Three(1, 2)) == [2]
    assert tree.map(lambda x: -x, Three(1, 2, 3)) == Three(1, -2, 7)

    class Loose:
        def __init__(self, x: Any) -> None:
            self.x = x

    tree.register_dataclass(Loose, data_fields=["x"], meta_fields=[])
    assert tree.leaves_with_path(Loose(4)) == [((tree.GetAttrKey("x"),), 4)]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"data_fields": ["a"]}, "got data_fields alone"),
        ({"meta_fields": ["a"]}, "got meta_fields alone"),
        (
            {"data_fields": ["a"], "meta_fields": []},
            "the fields ['b'] of <class 'test_tree.Fields'> are neither data nor metadata",
        ),
        (
            {"data_fields": ["a", "b"], "meta_fields": ["z"]},
            "<class 'test_tree.Fields'> takes no fields ['z'] when it is rebuilt",
        ),
        (
            {"data_fields": ["a", "b"], "meta_fields": ["b"]},
            "the fields ['b'] of <class 'test_tree.Fields'> are named twice",
        ),
    ],
)
def test_register_dataclass_wants_every_field_once(fields: Any, text: str) -> None:
    problem = refuses(ArgumentError, lambda: tree.register_dataclass(Fields, **fields))
    assert problem.replace(f"{__name__}.", "test_tree.").startswith(f"register_dataclass: {text}")


@dataclass
class Fields:
    a: Any
    b: Any


def test_register_dataclass_without_fields_wants_a_dataclass() -> None:
    text = refuses(ArgumentError, lambda: tree.register_dataclass(int))
    assert text == (
        "register_dataclass: <class 'int'> is not a dataclass\n  Give data_fields and meta_fields."
    )


def test_static_keeps_other_metadata() -> None:
    assert tree.static(metadata={"unit": "m"}).metadata == {"unit": "m", "static": True}


def test_unpickling_wants_the_class_registered() -> None:
    make, (_, meta, subs) = tree.structure(Layer(1, 2)).__reduce__()
    text = refuses(TreeError, lambda: make(Fields, meta, subs))
    assert text.startswith("unpickle: ") and "is not a pytree node here" in text


# Partial


def test_partial_is_a_function_with_leaves() -> None:
    f = tree_util.Partial(pow, 3, mod=5)
    assert tree.leaves(f) == [3, 5]
    assert f(2) == 4
    assert tree.map(lambda x: x + 1, f)(2) == 4**2 % 6
    assert repr(tree.structure(f)) == repr(jax.tree.structure(jax.tree_util.Partial(pow, 3, mod=5)))


def test_a_partial_of_a_partial_keeps_its_own_arguments() -> None:
    for inner in (functools.partial(pow, 3), tree_util.Partial(pow, 3)):
        f = tree_util.Partial(inner, 2)
        assert tree.leaves(f) == [2]
        assert f(mod=5) == 4
        assert tree.structure(f) is tree.structure(tree_util.Partial(inner, 7))
