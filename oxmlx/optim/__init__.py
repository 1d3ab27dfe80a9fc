"""Optimizers as pure functions: optax's triple of `init`, `update` and `apply_updates`.

>>> import oxmlx as ox
>>> from oxmlx import optim
>>> tx = optim.chain(optim.clip_by_global_norm(1.0), optim.adam(0.1))
>>> @ox.jit
... def step(params, state):
...     grads = ox.grad(lambda p: (p["x"] - 3) ** 2 + (p["y"] + 1) ** 2)(params)
...     updates, state = tx.update(grads, state, params)
...     return optim.apply_updates(params, updates), state
>>> params = {"x": 0.0, "y": 0.0}
>>> state = tx.init(params)
>>> for _ in range(300):
...     params, state = step(params, state)
>>> round(float(params["x"]), 3), round(float(params["y"]), 3)
(3.0, -1.0)
"""

from oxmlx.api.boundary import guard, guard_methods
from oxmlx.optim.accumulation import MultiSteps, MultiStepsState
from oxmlx.optim.adaptive import (
    ScaleByAdamState,
    ScaleByLionState,
    ScaleByRmsState,
    ScaleByRssState,
    ScaleByStddevState,
    scale_by_adam,
    scale_by_lion,
    scale_by_rms,
    scale_by_rss,
    scale_by_stddev,
)
from oxmlx.optim.averaging import EmaState, TraceState, ema, incremental_update, trace
from oxmlx.optim.clipping import clip, clip_by_block_rms, clip_by_global_norm, global_norm
from oxmlx.optim.combining import PartitionState, chain, multi_transform, partition
from oxmlx.optim.conditional import (
    ApplyIfFiniteState,
    apply_if_finite,
    skip_large_updates,
    skip_not_finite,
)
from oxmlx.optim.hyperparameters import InjectHyperparamsState, inject_hyperparams
from oxmlx.optim.masking import MaskedNode, MaskedState, masked
from oxmlx.optim.optimizers import adagrad, adam, adamw, lion, rmsprop, sgd
from oxmlx.optim.scaling import (
    ScaleByScheduleState,
    scale,
    scale_by_learning_rate,
    scale_by_schedule,
)
from oxmlx.optim.schedules import (
    constant_schedule,
    cosine_decay_schedule,
    exponential_decay,
    join_schedules,
    linear_schedule,
    piecewise_constant_schedule,
    polynomial_schedule,
    warmup_constant_schedule,
    warmup_cosine_decay_schedule,
    warmup_exponential_decay_schedule,
)
from oxmlx.optim.transformation import (
    EmptyState,
    GradientTransformation,
    Scalar,
    Schedule,
    apply_updates,
    identity,
    set_to_zero,
    stateless,
)
from oxmlx.optim.weight_decay import WeightDecayState, add_decayed_weights

__all__ = [
    "ApplyIfFiniteState",
    "EmaState",
    "EmptyState",
    "GradientTransformation",
    "InjectHyperparamsState",
    "MaskedNode",
    "MaskedState",
    "MultiSteps",
    "MultiStepsState",
    "PartitionState",
    "Scalar",
    "ScaleByAdamState",
    "ScaleByLionState",
    "ScaleByRmsState",
    "ScaleByRssState",
    "ScaleByScheduleState",
    "ScaleByStddevState",
    "Schedule",
    "TraceState",
    "WeightDecayState",
    "adagrad",
    "adam",
    "adamw",
    "add_decayed_weights",
    "apply_if_finite",
    "apply_updates",
    "chain",
    "clip",
    "clip_by_block_rms",
    "clip_by_global_norm",
    "constant_schedule",
    "cosine_decay_schedule",
    "ema",
    "exponential_decay",
    "global_norm",
    "identity",
    "incremental_update",
    "inject_hyperparams",
    "join_schedules",
    "linear_schedule",
    "lion",
    "masked",
    "multi_transform",
    "partition",
    "piecewise_constant_schedule",
    "polynomial_schedule",
    "rmsprop",
    "scale",
    "scale_by_adam",
    "scale_by_learning_rate",
    "scale_by_lion",
    "scale_by_rms",
    "scale_by_rss",
    "scale_by_schedule",
    "scale_by_stddev",
    "set_to_zero",
    "sgd",
    "skip_large_updates",
    "skip_not_finite",
    "stateless",
    "trace",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]

guard_methods(MultiSteps)
guard(__name__)
