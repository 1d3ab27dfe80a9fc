"""What `import oxmlx as ox` offers."""

from __future__ import annotations

import oxmlx as ox


def test_dir_lists_what_works() -> None:
    listed = dir(ox)
    assert {"errors", *ox.GARDEN} <= set(listed)
    assert all(hasattr(ox, name) for name in listed)
    assert issubclass(ox.errors.ShapeError, ox.errors.OxmlxError)
