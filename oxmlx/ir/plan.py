"""The plan language: in what order a program runs, and for how long its buffers live.

plan ::= (atom ...) given variable ... step ... -> (atom ...)   it may write over given inputs
step ::= place ... = launch kernel buffer ...           a kernel of the device
       | group (place ... = launch kernel buffer ...) ...  in any order, as one command to it; the
                                                       host may run single integers
       | place = library name atom ...                  code that the backend has for all of it
       | variable ... = block plan atom ...             nothing moves across its border
       | variable ... = repeat n plan atom ...          on consts, carries and slices of stacks
       | variable ... = while plan plan atom ...        the condition, and what it lets run
       | place ... = branch plan ... atom ...           the first atom says which
       | variable ... = host primitive atom ...         no kernel: the primitive's meaning
       | free variable ...                              nobody reads it any more
place ::= buffer | buffer/buffer                        memory of its own, or that of what it reads
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol, TypeAlias

from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Literal, Var
from oxmlx.ir.kernel import Expr, Kernel
from oxmlx.ir.pretty import letters
from oxmlx.ir.primitive import Primitive

Obstacle = Callable[[Primitive, Expr], str]
"""Why a backend has no code for a primitive whose element is this expression; nothing if it has."""
Shelf = Callable[[Eqn], str]
"""What the library of a backend has for an equation without a kernel: a name, or nothing."""
Over: TypeAlias = Mapping[int, int]
"""Which outputs of a kernel may be written over which of its inputs, by number."""
NOTHING: Over = MappingProxyType({})
MOST_COUNTS = 4
"""In a group, beside its command."""


@dataclass(frozen=True, eq=False)
class Launch:
    """Run a kernel: `inputs` and `outputs` in the order of its own, whose buffers have the elements
    of these variables, though perhaps fewer axes."""

    kernel: Kernel
    inputs: tuple[Var, ...]
    outputs: tuple[Var, ...]
    over: Mapping[Var, Var] = field(default_factory=dict[Var, Var])
    """Outputs that may lie where an input lay, which dies here, if nobody else has its array."""

    @property
    def places(self) -> set[Var]:
        """The arrays it takes, those that share their memory once."""
        return {*self.inputs, *self.outputs}.difference(self.over)

    def map(self, change: Callable[[Kernel], Kernel]) -> Launch:
        """The same launch of a changed kernel."""
        return replace(self, kernel=change(self.kernel))


@dataclass(frozen=True, eq=False)
class Group:
    """Run kernels none of which waits for another, as one command to the device; one whose commands
    are bounded may leave the `counts` to the host."""

    launches: tuple[Launch, ...]

    @property
    def counts(self) -> tuple[Launch, ...]:
        """The first ones of single whole numbers, as many as are done sooner than a command is."""
        return tuple(launch for launch in self.launches if launch.kernel.is_count)[:MOST_COUNTS]

    @property
    def rest(self) -> tuple[Launch, ...]:
        """The others."""
        counts = {*self.counts}
        return tuple(launch for launch in self.launches if launch not in counts)

    @property
    def inputs(self) -> tuple[Var, ...]:
        """What they read."""
        return tuple(dict.fromkeys(v for launch in self.launches for v in launch.inputs))

    @property
    def outputs(self) -> tuple[Var, ...]:
        """What they make."""
        return tuple(v for launch in self.launches for v in launch.outputs)

    @property
    def over(self) -> dict[Var, Var]:
        """What they write over what; no other one of them reads that."""
        return {y: x for launch in self.launches for y, x in launch.over.items()}


class OfEquation:
    """A step that is an equation."""

    eqn: Eqn

    @property
    def inputs(self) -> tuple[Atom, ...]:
        """What it reads."""
        return self.eqn.inputs

    @property
    def outputs(self) -> tuple[Var, ...]:
        """What it makes."""
        return self.eqn.outputs


@dataclass(frozen=True, eq=False)
class Library(OfEquation):
    """Run an equation by tuned code of the backend's, which has this name."""

    name: str
    eqn: Eqn
    over: Mapping[Var, Var] = field(default_factory=dict[Var, Var])
    """As of a launch."""


@dataclass(frozen=True, eq=False)
class Block:
    """Run a plan of its own, across whose border nothing was moved or merged."""

    inputs: tuple[Atom, ...]
    outputs: tuple[Var, ...]
    body: Plan


@dataclass(frozen=True, eq=False)
class Repeat:
    """Run a plan `length` times: on consts, carries, and a slice of each of the other inputs. It
    gives new carries, and slices of the other outputs."""

    inputs: tuple[Atom, ...]
    outputs: tuple[Var, ...]
    body: Plan
    consts: int
    carries: int
    length: int
    reverse: bool


@dataclass(frozen=True, eq=False)
class RepeatWhile:
    """Run a plan, from consts and carries to carries, as long as another one gives true. Inputs are
    the consts of the condition, those of the body, and the carries."""

    inputs: tuple[Atom, ...]
    outputs: tuple[Var, ...]
    condition: Plan
    body: Plan
    condition_consts: int
    body_consts: int


@dataclass(frozen=True, eq=False)
class Branch:
    """Run one of some plans, that of the number which the first input is, on the others."""

    inputs: tuple[Atom, ...]
    outputs: tuple[Var, ...]
    branches: tuple[Plan, ...]
    over: Mapping[Var, Var] = field(default_factory=dict[Var, Var])
    """As of a launch, whichever plan is run."""


@dataclass(frozen=True, eq=False)
class Host(OfEquation):
    """Run the `impl` of an equation, and why that is so."""

    eqn: Eqn
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Free:
    """Give back the memory of variables."""

    variables: tuple[Var, ...]


Control: TypeAlias = "Block | Repeat | RepeatWhile | Branch"
Work: TypeAlias = "Launch | Group | Library | Control | Host"
"""What has inputs and outputs."""
Step: TypeAlias = "Work | Free"


@dataclass(frozen=True, eq=False)
class Plan:
    """A program as steps in order."""

    inputs: tuple[Var, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Atom, ...]
    given: frozenset[Var] = frozenset()
    """The inputs that the caller has done with: their memory serves the program."""

    @property
    def inner(self) -> list[Plan]:
        """The plans of its loops and branches."""
        return [plan for step in self.steps for plan in plans_of(step)]

    @property
    def origins(self) -> dict[Atom, Var]:
        """The inputs, and what may lie where one of them lay, which that has become."""
        first: dict[Atom, Var] = {v: v for v in self.inputs}
        for step in self.steps:
            if isinstance(step, (Launch, Group, Library, Branch)):
                first |= {y: first[x] for y, x in step.over.items() if x in first}
        return first

    @property
    def commands(self) -> list[Launch | Group]:
        """What it asks of the device, in order."""
        return [step for step in self.steps if isinstance(step, (Launch, Group))]

    @property
    def launches(self) -> list[Launch]:
        """Every launch, alone or in a group."""
        groups = [c.launches if isinstance(c, Group) else (c,) for c in self.commands]
        return [launch for group in groups for launch in group]

    @property
    def kernels(self) -> list[Kernel]:
        """What it launches, in order, and what its loops and branches do."""
        inner = [kernel for plan in self.inner for kernel in plan.kernels]
        return [launch.kernel for launch in self.launches] + inner

    @property
    def host_steps(self) -> list[Eqn]:
        """The equations that have no kernel, also those in loops and branches."""
        inner = [eqn for plan in self.inner for eqn in plan.host_steps]
        return [step.eqn for step in self.steps if isinstance(step, Host)] + inner

    def __str__(self) -> str:
        names: dict[Var, str] = {}

        def show(atoms: Sequence[Atom]) -> str:
            return " ".join(
                str(a.value) if isinstance(a, Literal) else names.setdefault(a, letters(len(names)))
                for a in atoms
            )

        def line(step: Work) -> str:
            reads = show(step.inputs)  # named before what is made
            over = step.over if isinstance(step, (Launch, Library, Branch)) else {}
            made = [show([v, over[v]]) if v in over else show([v]) for v in step.outputs]
            return f"{' '.join(y.replace(' ', '/') for y in made)} = {verb(step)} {reads}"

        given = [v for v in self.inputs if v in self.given]
        lines = [f"plan ({show(self.inputs)})" + (f" given {show(given)}" if given else "")]
        for step in self.steps:
            match step:
                case Group(launches):
                    lines += ["  group", *(f"    {line(launch)}" for launch in launches)]
                case Free(variables):
                    lines.append(f"  free {show(variables)}")
                case _:
                    reason = step.reason if isinstance(step, Host) else ""
                    lines.append(f"  {line(step)}" + (f"  # {reason}" if reason else ""))
            lines += [line for plan in plans_of(step) for line in indented(plan)]
        return "\n".join([*lines, f"  -> ({show(self.outputs)})"])


class PlanOf(Protocol):
    """Makes the plan of a body, which may write to those of its inputs that are `given`, and that
    of a loop, which runs it often."""

    def __call__(
        self, body: Jaxpr, given: Collection[int] = (), repeated: bool = False
    ) -> Plan: ...


def numbered(step: Launch | Group) -> Over:
    """What a step may write over what, by number."""
    return {step.outputs.index(y): step.inputs.index(x) for y, x in step.over.items()}


def plans_of(step: Step) -> tuple[Plan, ...]:
    """The plans in a step."""
    match step:
        case Block(body=body) | Repeat(body=body):
            return (body,)
        case RepeatWhile(condition=condition, body=body):
            return condition, body
        case Branch(branches=branches):
            return branches
        case _:
            return ()


def verb(step: Work) -> str:
    """What a step does, in a word and what that is done to."""
    match step:
        case Launch(kernel):
            return f"launch {kernel.name}"
        case Library(name):
            return f"library {name}"
        case Host(eqn):
            return f"host {eqn.prim.name}"
        case Repeat(length=length):
            return f"repeat {length}"
        case RepeatWhile():
            return "while"
        case _:
            return type(step).__name__.lower()


def indented(plan: Plan) -> list[str]:
    """The lines of a plan in a loop or a branch."""
    return [f"    {line}" for line in str(plan).splitlines()]
