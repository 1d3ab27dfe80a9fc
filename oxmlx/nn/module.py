"""The base class of layers and models: a frozen dataclass of arrays and modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from oxmlx import tree
from oxmlx.dtypes import DtypeLike, as_dtype, is_float
from oxmlx.errors import ArgumentError
from oxmlx.nn.fields import static
from oxmlx.nn.naming import entries, map_structs, matches, named_structs, parts
from oxmlx.nn.state_dict import checked_state, state_dict
from oxmlx.nn.struct import Struct, with_fields
from oxmlx.nn.summary import summary
from oxmlx.nn.update import nested, updated
from oxmlx.ops.convert import cast

if TYPE_CHECKING:
    from typing_extensions import Self

Tree = dict[str, Any]


class Module(Struct):
    """Base class of layers and models: an immutable pytree whose fields are attributes.

    Every method that changes something returns another module.

    >>> import oxmlx as ox
    >>> class Affine(ox.nn.Module):
    ...     weight: ox.Array
    ...     bias: ox.Array
    ...     def __call__(self, x):
    ...         return self.weight * x + self.bias
    >>> model = Affine(ox.numpy.array(2.0), ox.numpy.array(1.0))
    >>> model(3.0)
    array(7., dtype=float32)
    >>> ox.grad(lambda model: model(3.0))(model).weight
    array(3., dtype=float32)
    """

    training: bool = static(default=True, init=False)
    frozen: frozenset[str] = static(default=frozenset(), init=False)

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    # What there is

    def parameters(self) -> Tree:
        """The parameters, frozen ones too: nested dicts by field, lists for sequences.

        >>> import oxmlx as ox
        >>> ox.tree.map(ox.numpy.shape, ox.nn.LayerNorm(3).parameters())
        {'bias': (3,), 'weight': (3,)}
        """
        return nested(self, lambda e: not e.is_buffer)

    def trainable_parameters(self) -> Tree:
        """The parameters that are not frozen."""
        return nested(self, lambda e: e.is_trainable)

    def buffers(self) -> Tree:
        """The arrays that are no parameters."""
        return nested(self, lambda e: e.is_buffer)

    def named_parameters(self) -> list[tuple[str, Any]]:
        """The parameters with their dotted names, `layers.0.weight`."""
        return [(e.name, e.value) for e in entries(self) if not e.is_buffer]

    def named_buffers(self) -> list[tuple[str, Any]]:
        """The buffers with their dotted names."""
        return [(e.name, e.value) for e in entries(self) if e.is_buffer]

    def trainable_mask(self) -> Self:
        """This module with True for each trainable parameter and False for every other array."""
        flags = [e.is_trainable for e in entries(self)]
        return tree.structure(self).unflatten(flags)

    def children(self) -> dict[str, Module]:
        """The modules directly inside this one, by dotted name."""
        return {name: x for name, _, x in parts(self) if isinstance(x, Module)}

    def named_modules(self) -> list[tuple[str, Module]]:
        """This module, under the empty name, and all inside it, with their dotted names."""
        return [(name, x) for name, x in named_structs(self) if isinstance(x, Module)]

    def modules(self) -> list[Module]:
        """This module and all inside it."""
        return [x for _, x in self.named_modules()]

    def leaf_modules(self) -> dict[str, Module]:
        """The modules that have no module inside, by dotted name."""
        return {name: x for name, x in self.named_modules() if not x.children()}

    def summary(self) -> str:
        """A table of the arrays: dotted name, owner, type, number of elements, bytes.

        >>> import oxmlx as ox
        >>> print(ox.nn.LayerNorm(3).summary())
        name    type       shape   parameters  bytes
        --------------------------------------------
        weight  LayerNorm  f32[3]           3     12
        bias    LayerNorm  f32[3]           3     12
        --------------------------------------------
        parameters 6 (24 bytes), trainable 6, in buffers 0
        """
        return summary(self)

    # Another module

    def update(self, values: Mapping[str, Any]) -> Self:
        """The module with some arrays or modules replaced.

        Args:
            values: nested as in `parameters()`, or by dotted name; what is not named stays.

        Raises:
            TreeError: a name is not there.

        >>> import oxmlx as ox
        >>> norm = ox.nn.LayerNorm(3)
        >>> norm.update({"bias": ox.numpy.ones(3)}).bias
        array([1., 1., 1.], dtype=float32)
        """
        return updated(self, values)

    def apply(self, f: Callable[[Any], Any]) -> Self:
        """The module with `f(array)` in place of every array."""
        return tree.map(f, self)

    def astype(self, dtype: DtypeLike) -> Self:
        """The module with its floating arrays in another floating dtype.

        Raises:
            ArgumentError: the dtype is not floating.
        """
        target = as_dtype(dtype, "Module.astype")
        if not is_float(target):
            problem = f"got {target}, which is no floating dtype"
            raise ArgumentError("Module.astype", problem, "Use model.apply for other conversions.")
        return self.apply(lambda x: cast(x, target) if is_float(x.dtype) else x)

    def train(self, mode: bool = True) -> Self:
        """The module with `training` set in it and in all modules inside."""
        return map_structs(lambda _, m: set_training(m, mode), self)

    def eval(self) -> Self:
        """The module as it is used after training: `train(False)`."""
        return self.train(False)

    def freeze(self, *names: str) -> Self:
        """The module with parameters marked as not trainable.

        `optim.apply_updates` leaves them as they are, whatever gradient or weight decay says, and
        buffers too. `nn.value_and_grad` computes no gradient for them; `ox.grad` does, which
        costs time and counts in `clip_by_global_norm`.

        Args:
            names: dotted names of parameters or modules, with `*` for any text; all without any.

        Raises:
            ArgumentError: no parameter has such a name.

        >>> import oxmlx as ox
        >>> norm = ox.nn.LayerNorm(3).freeze("bias")
        >>> list(norm.trainable_parameters())
        ['weight']
        >>> new = ox.optim.apply_updates(norm, ox.tree.map(ox.numpy.ones_like, norm))
        >>> new.weight, new.bias
        (array([2., 2., 2.], dtype=float32), array([0., 0., 0.], dtype=float32))
        """
        return self._mark("freeze", names, True)

    def unfreeze(self, *names: str) -> Self:
        """The inverse of `freeze`."""
        return self._mark("unfreeze", names, False)

    def _mark(self, who: str, names: tuple[str, ...], frozen: bool) -> Self:
        found = {e.name for e in entries(self) if not e.is_buffer}
        for name in names:
            if not any(matches(name, have) for have in found):
                problem = f"no parameter is called {name!r}"
                raise ArgumentError(who, problem, f"There is {', '.join(sorted(found)[:12])}.")

        def mark(prefix: str, m: Struct) -> Struct:
            mine = {
                field
                for name, field, x in parts(m, prefix)
                if not isinstance(x, Struct) and (not names or any(matches(n, name) for n in names))
            }
            if not mine or not isinstance(m, Module):
                return m
            return with_fields(m, {"frozen": m.frozen | mine if frozen else m.frozen - mine})

        return map_structs(mark, self)

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        """Parameters and persistent buffers by dotted name.

        >>> import oxmlx as ox
        >>> list(ox.nn.BatchNorm(2).state_dict())
        ['weight', 'bias', 'running_mean', 'running_var']
        """
        return state_dict(self)

    def load_state_dict(
        self, values: Mapping[str, Any], strict: bool = True, *, cast: bool = False
    ) -> Self:
        """The module with the arrays of a state dict.

        Args:
            values: arrays by dotted name.
            strict: the names must be exactly those of `state_dict()`; else what fits is taken.
            cast: convert to the dtypes that the module has, instead of refusing others.

        Raises:
            StateDictError: names, shapes or dtypes do not match; all of them are listed.
        """
        return updated(self, checked_state(self, values, strict, cast))


def set_training(node: Struct, mode: bool) -> Struct:
    """A module in training or evaluation mode; other structs as they are."""
    return with_fields(node, {"training": mode}) if isinstance(node, Module) else node
