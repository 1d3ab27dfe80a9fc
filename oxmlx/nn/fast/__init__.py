"""Norms, rotary positions and attention as composites, with the signatures of `mlx.core.fast`.

Each is one named equation in a traced program, which a backend may run with a kernel of its own.
"""

from oxmlx.nn.fast.attention import scaled_dot_product_attention
from oxmlx.nn.fast.norms import layer_norm, rms_norm
from oxmlx.nn.fast.rotary import rope

__all__ = ["layer_norm", "rms_norm", "rope", "scaled_dot_product_attention"]
