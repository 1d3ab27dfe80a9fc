"""Transformations made of others: one after another, or each for its own parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.errors import ArgumentError
from oxmlx.optim.leaves import as_values
from oxmlx.optim.masking import masked, resolve
from oxmlx.optim.transformation import GradientTransformation, Tree
from oxmlx.tree.mismatch import place_of


class PartitionState(NamedTuple):
    """The state of each transformation, by its label."""

    inner_states: dict[Any, Any]


def chain(*args: GradientTransformation) -> GradientTransformation:
    """Apply transformations one after another; the state is the tuple of theirs.

    Raises:
        ArgumentError: an argument is no transformation, or the state is not one of this chain.

    >>> from oxmlx import optim
    >>> tx = optim.chain(optim.clip(1.0), optim.trace(0.5), optim.scale(-0.1))
    >>> state = tx.init(0.0)
    >>> for _ in range(3):
    ...     update, state = tx.update(25.0, state)
    >>> round(float(update), 4)
    -0.175
    """
    for tx in args:
        check_transformation("chain", tx)

    @boundary
    def init(params: Tree) -> tuple[Any, ...]:
        return tuple([tx.init(params) for tx in args])

    @boundary
    def update(
        updates: Tree, state: tuple[Any, ...], params: Tree = None
    ) -> tuple[Tree, tuple[Any, ...]]:
        if not isinstance(state, tuple) or len(state) != len(args):
            got = f"{len(state)}" if isinstance(state, tuple) else type(state).__name__
            problem = f"the state must be a tuple of {len(args)}, one for each link, got {got}"
            raise ArgumentError("chain", problem, "Pass what init or the last update returned.")
        states: list[Any] = []
        for tx, before in zip(args, state, strict=True):
            updates, after = tx.update(updates, before, params)
            states.append(after)
        return updates, tuple(states)

    return GradientTransformation(init, update)


def partition(
    transforms: Mapping[Hashable, GradientTransformation],
    param_labels: Tree | Callable[[Tree], Tree],
) -> GradientTransformation:
    """Update each parameter by the transformation that its label names.

    Args:
        transforms: a transformation for each label.
        param_labels: a pytree of labels of the structure of the parameters or a prefix of it, or a
            function from the parameters (or the updates) to one.

    Raises:
        ArgumentError: a label without a transformation; the text names the path.
        TreeError: the labels are no prefix of the parameters; the text names the path.

    >>> from oxmlx import optim
    >>> tx = optim.partition(
    ...     {"fast": optim.sgd(1.0), "frozen": optim.set_to_zero()}, {"w": "fast", "b": "frozen"}
    ... )
    >>> params = {"w": 1.0, "b": 2.0}
    >>> updates, state = tx.update({"w": 3.0, "b": 4.0}, tx.init(params))
    >>> float(updates["w"]), float(updates["b"])
    (-3.0, 0.0)
    """
    for tx in transforms.values():
        check_transformation("partition", tx)

    def inner(params: Tree) -> dict[Hashable, GradientTransformation]:
        labels = resolve(param_labels, as_values("partition", params))
        for path, label in tree.leaves_with_path(labels):
            if label not in transforms:
                problem = f"the label {label!r} at {place_of(path)} has no transformation"
                raise ArgumentError("partition", problem, f"There are {list(transforms)}.")
        return {k: masked(tx, masks(labels, k)) for k, tx in transforms.items()}

    @boundary
    def init(params: Tree) -> PartitionState:
        return PartitionState({k: tx.init(params) for k, tx in inner(params).items()})

    @boundary
    def update(
        updates: Tree, state: PartitionState, params: Tree = None
    ) -> tuple[Tree, PartitionState]:
        states: dict[Any, Any] = {}
        for k, tx in inner(updates).items():
            updates, states[k] = tx.update(updates, state.inner_states[k], params)
        return updates, PartitionState(states)

    return GradientTransformation(init, update)


multi_transform = partition


def masks(labels: Tree, label: Hashable) -> Tree:
    """Which parameters have this label."""
    return tree.map(lambda x: x == label, labels)


def check_transformation(who: str, tx: Any) -> None:
    """Refuse what is no pair of `init` and `update`.

    Raises:
        ArgumentError: say, a factory that was not called.
    """
    if not (callable(getattr(tx, "init", None)) and callable(getattr(tx, "update", None))):
        problem = f"wanted a GradientTransformation, got {tx!r}"
        raise ArgumentError(who, problem, "Call the factory: optim.identity(), optim.adam(1e-3).")
