"""Files: safetensors mapped without a copy, npz, and training states; every save is atomic.

`load` and `save` choose the format by the name of the file.
"""

from oxmlx.api.boundary import guard, guard_methods
from oxmlx.io.dispatch import load, save
from oxmlx.io.naming import names_to_tree, tree_to_names
from oxmlx.io.npz import load_npz, save_npz
from oxmlx.io.reader import LazyTensor, SafeFile, safe_open
from oxmlx.io.safetensors import load_safetensors, save_safetensors
from oxmlx.io.sharded import load_sharded, save_sharded
from oxmlx.io.state import load_state, save_state

__all__ = [
    "LazyTensor",
    "SafeFile",
    "load",
    "load_npz",
    "load_safetensors",
    "load_sharded",
    "load_state",
    "names_to_tree",
    "safe_open",
    "save",
    "save_npz",
    "save_safetensors",
    "save_sharded",
    "save_state",
    "tree_to_names",
]

for _cls in (LazyTensor, SafeFile):
    guard_methods(_cls)
guard(__name__)
