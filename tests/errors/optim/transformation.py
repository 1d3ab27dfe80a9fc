from raise_coverage import Refusal

from oxmlx import optim
from oxmlx.errors import ArgumentError, DtypeError

ADAM = optim.scale_by_adam()

REFUSALS = [
    Refusal(
        "the state of another transformation",
        lambda: ADAM.update(1.0, optim.EmptyState()),
        ArgumentError,
        "scale_by_adam: the state must be of ScaleByAdamState, got EmptyState\n  Pass what init",
    ),
    Refusal(
        "a moved integer",
        lambda: optim.apply_updates({"w": 1.0, "n": 2}, {"w": 0.5, "n": 0.5}),
        DtypeError,
        "apply_updates: at ['n']: a parameter i32[] cannot hold its sum with f32[]",
    ),
    Refusal(
        "a complex update of a real parameter",
        lambda: optim.apply_updates(1.0, 1j),
        DtypeError,
        "at the root: a parameter f32[] cannot hold its sum with c64[]",
    ),
]
