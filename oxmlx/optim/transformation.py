"""A gradient transformation is a pair of pure functions; chained, they make an optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import float0, is_complex, is_inexact
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.ops.convert import cast
from oxmlx.optim.leaves import as_values, check_fit, check_gradients, trainable, zeros_like
from oxmlx.tree.mismatch import place_of

Tree: TypeAlias = Any
"""A pytree of arrays."""
Scalar: TypeAlias = Any
"""A Python number, or a rank-0 array: a traced one too."""
Schedule: TypeAlias = Callable[[Any], Any]
"""From the number of updates made so far, an int32 scalar, to a scalar."""


class GradientTransformation(NamedTuple):
    """Two pure functions that turn gradients into updates of the parameters.

    `init(params)` makes the first state; `update(grads, state, params=None)` returns the updates
    and the next state. All are pytrees, so both functions go through jit, vmap, grad and scan.

    >>> from oxmlx import optim
    >>> def double(grads, state, params=None):
    ...     return [2 * g for g in grads], state
    >>> tx = optim.chain(optim.GradientTransformation(lambda params: (), double), optim.scale(-1))
    >>> updates, state = tx.update([1.0, 3.0], tx.init([0.0, 0.0]))
    >>> [float(u) for u in updates]
    [-2.0, -6.0]
    """

    init: Callable[[Any], Any]
    update: Callable[..., tuple[Any, Any]]


class EmptyState(NamedTuple):
    """The state of a transformation that remembers nothing."""


def no_state(params: Tree) -> EmptyState:
    """The `init` of a transformation that remembers nothing."""
    return EmptyState()


def transformation(
    who: str,
    init: Callable[[Any], Any],
    update: Callable[[Any, Any, Any], tuple[Any, Any]],
    state_type: type[Any],
) -> GradientTransformation:
    """A transformation whose functions see checked trees of arrays.

    Args:
        who: what errors call it.
        init: params to state.
        update: (updates, state, params or None) to (updates, state).
        state_type: the class of its states.
    """

    @boundary
    def init_values(params: Tree) -> Any:
        return init(as_values(who, params))

    @boundary
    def update_values(updates: Tree, state: Any, params: Tree = None) -> tuple[Any, Any]:
        if not isinstance(state, state_type):
            problem = f"the state must be of {state_type.__name__}, got {type(state).__name__}"
            raise ArgumentError(who, problem, "Pass what init or the last update returned.")
        updates, state = as_values(who, updates), as_values(who, state)
        check_gradients(who, updates)
        if params is not None:
            params = as_values(who, params)
            check_fit(who, updates, params, "the gradient", "the parameter")
        return update(updates, state, params)

    return GradientTransformation(init_values, update_values)


def stateless(f: Callable[[Any, Any], Any], who: str = "stateless") -> GradientTransformation:
    """A transformation that remembers nothing.

    Args:
        f: (updates, params or None) to updates.
        who: what errors call it.

    >>> from oxmlx import optim, tree
    >>> tx = optim.stateless(lambda updates, params: tree.map(lambda u: u + 0.5, updates))
    >>> float(tx.update(1.0, tx.init(0.0))[0])
    1.5
    """

    def update(updates: Tree, state: EmptyState, params: Tree) -> tuple[Tree, EmptyState]:
        return f(updates, params), state

    return transformation(who, no_state, update, EmptyState)


def identity() -> GradientTransformation:
    """Leave the gradients as they are.

    >>> from oxmlx import optim
    >>> tx = optim.identity()
    >>> tx.update(3.0, tx.init(0.0))
    (3.0, EmptyState())
    """
    return GradientTransformation(no_state, lambda updates, state, params=None: (updates, state))


def set_to_zero() -> GradientTransformation:
    """Update nothing: what `partition` gives to the parameters that are frozen.

    >>> from oxmlx import optim
    >>> tx = optim.set_to_zero()
    >>> float(tx.update(3.0, tx.init(0.0))[0])
    0.0
    """

    @boundary
    def update(updates: Tree, state: EmptyState, params: Tree = None) -> tuple[Tree, EmptyState]:
        return zeros_like(as_values("set_to_zero", updates)), state

    return GradientTransformation(no_state, update)


@boundary
def apply_updates(params: Tree, updates: Tree) -> Tree:
    """The parameters moved by the updates: p + u.

    A leaf keeps its dtype; 16-bit parameters with f32 updates are added in f32 and rounded once.
    What a module has frozen stays, and so do its buffers.

    Args:
        params: a pytree of arrays.
        updates: a pytree of the same structure and shapes. An update of dtype float0, the
            derivative of an integer, leaves its parameter alone.

    Raises:
        TreeError: the structures differ; the text names the path.
        ShapeError: two shapes differ.
        DtypeError: the parameter's dtype cannot hold the sum.

    >>> from oxmlx import optim
    >>> params = {"w": 1.0, "b": 2.0}
    >>> new = optim.apply_updates(params, {"w": -0.25, "b": 0.5})
    >>> float(new["w"]), float(new["b"])
    (0.75, 2.5)
    """
    who = "apply_updates"
    params, updates = as_values(who, params), as_values(who, updates)
    check_fit(who, updates, params, "the update", "the parameter")

    def move(path: tree.KeyPath, p: Any, u: Any, moves: bool) -> Any:
        if not moves or u.dtype == float0:
            return p
        if level(u.dtype) > level(p.dtype):
            problem = f"at {place_of(path)}: a parameter {p.aval} cannot hold its sum with {u.aval}"
            advice = "Leave it out with optim.masked, or freeze it with optim.set_to_zero."
            raise DtypeError(who, problem, advice)
        return cast(p + u, p.dtype)

    return tree.map_with_path(move, params, updates, trainable(params))


def level(dtype: np.dtype[Any]) -> int:
    """Whole numbers, real ones, complex ones: a sum has the level of its higher operand."""
    return is_inexact(dtype) + is_complex(dtype)
