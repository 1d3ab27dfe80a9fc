import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import optim
from oxmlx.errors import ArgumentError, DtypeError, ShapeError, TreeError

ADAM = optim.scale_by_adam()
SHAPES = {"w": np.zeros((2, 3)), "b": [np.zeros(4)]}

REFUSALS = [
    Refusal(
        "gradients of another structure than the state",
        lambda: ADAM.update({"w": 1.0}, ADAM.init({"w": 1.0, "b": 2.0})),
        TreeError,
        "scale_by_adam: trees differ at the root: its average alone has the keys ['b']",
    ),
    Refusal(
        "gradients deeper than the state",
        lambda: ADAM.update({"w": [1.0]}, ADAM.init({"w": 1.0})),
        TreeError,
        "trees differ at ['w']: the gradient has list of 1, its average leaf of type Array",
    ),
    Refusal(
        "gradients of another structure than the parameters",
        lambda: optim.scale(2.0).update([1.0, 1.0], optim.EmptyState(), [1.0]),
        TreeError,
        "scale: trees differ at the root: the parameter has list of 1, the gradient list of 2",
    ),
    Refusal(
        "a gradient of another shape than the state",
        lambda: ADAM.update({"w": np.zeros((2, 3)), "b": [np.zeros(5)]}, ADAM.init(SHAPES)),
        ShapeError,
        "scale_by_adam: the gradient is f32[5] at ['b'][0], its average f32[4]",
    ),
    Refusal(
        "an update of another shape than the parameter",
        lambda: optim.apply_updates(np.zeros(3), np.zeros((3, 3))),
        ShapeError,
        "apply_updates: the update is f32[3,3] at the root, the parameter f32[3]",
    ),
    Refusal(
        "an average of other parameters",
        lambda: optim.incremental_update({"w": np.zeros(2)}, {"w": np.zeros(3)}, 0.5),
        ShapeError,
        "incremental_update: the new tensor is f32[2] at ['w'], the old one f32[3]",
    ),
    Refusal(
        "the derivative of an integer",
        lambda: optim.sgd(0.1).update(
            ox.grad(lambda p: p["w"] ** 2, allow_int=True)({"w": 1.0, "n": 3}),
            optim.sgd(0.1).init({"w": 1.0, "n": 3}),
        ),
        DtypeError,
        "the gradient at ['n'] is float0[]: its parameter is an integer\n  Leave it out with optim",
    ),
    Refusal(
        "a parameter that is no array",
        lambda: ADAM.init({"w": 1.0, "name": "linear"}),
        ArgumentError,
        "scale_by_adam: at ['name']: operands must be arrays or numbers, got str",
    ),
]
