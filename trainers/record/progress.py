"""What people are told while a run trains: a line an update."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentgym.trainers.play.worth import succeeded
from agentgym.trajectory import Trajectory

# As they are logged, and as they are told.
_SHOWN = {
    "agentgym/reward": "reward {:.2f}",
    "agentgym/success": "success {:.0%}",
    "agentgym/dead_groups": "dead groups {:.0%}",
    "agentgym/lost": "lost {:.0%}",
    "agentgym/completion_tokens": "{:.0f} tokens",
    "loss": "loss {:.3f}",
    "sampling/sampling_logp_difference/mean": "|Δlogp| {:.2g}",
}


class Progress:
    """Tells people; each line stands for itself, so that it can be read in a log."""

    def __init__(self, say: Callable[[str], None], *, updates: int) -> None:
        """Say to whom, and how many updates there are."""
        self.say = say
        self._updates = updates
        self._began: tuple[float, int] | None = None

    def update(self, step: int, numbers: Mapping[str, Any]) -> None:
        """Tell of one update; `step` counts from 1."""
        now = time.monotonic()
        self._began = self._began or (now, step)
        shown = [text.format(numbers[name]) for name, text in _SHOWN.items() if _is_number(numbers.get(name))]
        self.say(f"update {step}/{self._updates}: {', '.join(shown)}{self._left(now, step)}")

    def evaluated(self, which: str, played: Sequence[Trajectory]) -> None:
        """Tell what a policy came to on the frozen tasks; canaries and lost episodes are not counted."""
        counted = [episode for episode in played if episode.reward is not None and not episode.canary]
        self.say(f"{which} policy: {sum(map(succeeded, counted))} of {len(counted)} episodes succeeded")

    def _left(self, now: float, step: int) -> str:
        assert self._began is not None
        began, first = self._began
        if step == first or step >= self._updates:
            return ""
        seconds = (now - began) / (step - first) * (self._updates - step)
        return f"; {seconds / 60:.0f} min left" if seconds >= 90 else f"; {seconds:.0f} s left"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
