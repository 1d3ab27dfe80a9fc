"""What tests of the examples may use."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from oxmlx.jit import Jitted


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """For each jitted function, by its name: at which of its calls it was traced, as if no other
    test had called it."""
    calls: Counter[Jitted] = Counter()
    found: dict[str, list[int]] = defaultdict(list)
    call, stage = Jitted.__call__, Jitted.stage

    def counted_call(self: Jitted, *args: Any, **kwargs: Any) -> Any:
        if not calls[self]:
            self.clear_cache()
        calls[self] += 1
        return call(self, *args, **kwargs)

    def noted_stage(self: Jitted, *args: Any) -> Any:
        found[self.label].append(calls[self])
        return stage(self, *args)

    monkeypatch.setattr(Jitted, "__call__", counted_call)
    monkeypatch.setattr(Jitted, "stage", noted_stage)
    return found
