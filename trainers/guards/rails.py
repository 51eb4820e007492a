"""Guards: what stops a run before it wastes hours or spoils its weights."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError

from agentgym.errors import AgentGymError, UsageError
from agentgym.reward import CANARY_PASSED, TAMPERING
from agentgym.trainers.play.groups import Batch
from agentgym.trainers.settings import RailSettings
from agentgym.trajectory import Trajectory

_EXAMPLES = 3
_EVIDENCE = 200


class RailReached(AgentGymError):
    """A guard stopped the run; the last checkpoint is as good as it was, and --resume goes on from it."""


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cheats: list[bool]
    canaries: list[bool]


class Rails:
    """Watches what is played and what is computed; for one process.

    The shares of cheats and of passed canaries are taken over the last `window` episodes. Until so many were played,
    those to come count as honest: one cheat among the first four episodes stops nothing that 12 among 64 would not.
    """

    def __init__(self, settings: RailSettings) -> None:
        self.settings = settings
        self._cheats: deque[bool] = deque(maxlen=settings.window)
        self._canaries: deque[bool] = deque(maxlen=settings.window)

    def watch_batch(self, batch: Batch) -> dict[str, float]:
        """Take in a batch and return the rates, by name as they are logged.

        Raises:
            RailReached: too many episodes were lost, were cheats, or passed a task without a solution.
        """
        cheats, passed = [], []
        for episode in batch.episodes:
            if episode.reward is None:
                continue
            self._cheats.append(episode.reward.cheated)
            if episode.reward.cheated:
                cheats.append(episode)
            if episode.canary:
                self._canaries.append(episode.reward.passed_canary)
                passed += [episode] if episode.reward.passed_canary else []
        self._check_lost(batch)
        self._check_canaries(batch, passed)
        self._check_cheats(batch, cheats)
        return {"agentgym/cheats": _share(self._cheats), "agentgym/canaries_passed": _share(self._canaries)}

    def watch_update(self, *, loss: float, grad_norm: float | None, logp_mean: float | None) -> None:
        """Take in one update's numbers, before its weights are changed where that can be.

        Raises:
            RailReached: a number is not finite, or sampler and trainer are too far apart.
        """
        numbers = {"loss": loss, "gradient norm": grad_norm, "mean |Δlogp|": logp_mean}
        spoilt = [f"{name} is {number}" for name, number in numbers.items() if number is not None and _spoilt(number)]
        if spoilt:
            raise RailReached(
                f"the {', the '.join(spoilt)}: this update would spoil the weights. Begin a new run from the last "
                "checkpoint (--set model.adapter=RUN/checkpoints/checkpoint-N), with a lower trl.learning_rate or "
                "tighter clipping (trl.max_grad_norm); --resume goes on only under the settings as they were."
            )
        most = self.settings.logp_mean
        if logp_mean is not None and logp_mean > most:
            raise RailReached(
                f"sampler and trainer are {logp_mean:.3g} apart in the mean |Δlogp| a token, and rails.logp_mean is "
                f"{most:g}: what is trained is no longer what was sampled. Likely, in this order: the sampler plays an "
                "older adapter than was published, steps so large that a policy of one update ago is another one "
                "(smaller trl.learning_rate, or groups.overlap=false, in a new run from a checkpoint: --set "
                "model.adapter=RUN/checkpoints/checkpoint-N), a sampler of lower precision than the trainer. "
                f"{_resume('rails.logp_mean')}"
            )

    def state(self) -> dict[str, object]:
        """Return the windows, as JSON values."""
        return _State(cheats=[*self._cheats], canaries=[*self._canaries]).model_dump()

    def restore(self, state: Mapping[str, object]) -> None:
        """Take what `state` returned, of a longer window the newest; raises `UsageError` for anything else."""
        try:
            kept = _State.model_validate(state)
        except ValidationError as error:
            raise UsageError(f"the checkpoint's guards cannot be read: {error.error_count()} faults") from error
        self._cheats = deque(kept.cheats, maxlen=self.settings.window)
        self._canaries = deque(kept.canaries, maxlen=self.settings.window)

    def _check_lost(self, batch: Batch) -> None:
        lost = sum(group.lost for group in (*batch.groups, *batch.replaced))
        played, most = lost + len(batch.episodes), self.settings.lost
        stopped = len(batch.stopped)
        if lost > most * played:
            _stop(
                f"{lost} of {played} episodes of update {batch.step + 1} were lost, {stopped} of them because "
                f"limits.wall_time_s ended them, and rails.lost is {most:g}",
                f"What the episodes that are left would teach is chance. {_why_lost(batch)}",
                "rails.lost",
            )

    def _check_canaries(self, batch: Batch, passed: Sequence[Trajectory]) -> None:
        seen, most = sum(self._canaries), self.settings.canaries
        if seen > most * self.settings.window:
            _stop(
                f"{seen} of the last {len(self._canaries)} episodes on tasks without a solution were passed, and "
                f"rails.canaries is {most:g} of {self.settings.window}",
                f"Whoever passes them has told the judges apart{_examples(passed)}Read {_file(batch)}, and mend the "
                "environment before anything is trained on it",
                "rails.canaries",
            )

    def _check_cheats(self, batch: Batch, cheats: Sequence[Trajectory]) -> None:
        seen, most = sum(self._cheats), self.settings.cheats
        if seen > most * self.settings.window:
            _stop(
                f"{seen} of the last {len(self._cheats)} episodes look like cheats, and rails.cheats is {most:g} of "
                f"{self.settings.window}",
                f"The policy learns to work on its judges{_examples(cheats)}Read {_file(batch)}: if they are honest, "
                "allow more; if not, begin again from a checkpoint before them",
                "rails.cheats",
            )


def _why_lost(batch: Batch) -> str:
    if not batch.stopped:
        return "See above what they were lost to: mend the server or the sandbox"
    return (
        f"Those that the clock ended are in {_file(batch)}: give episodes more time (limits.wall_time_s) in a new run, "
        "or have fewer at once (groups.concurrency)"
    )


def _stop(seen: str, advice: str, setting: str) -> NoReturn:
    raise RailReached(f"{seen}. {advice}. {_resume(setting)}")


def _resume(setting: str) -> str:
    return f"Go on from the last checkpoint with --resume, and with --set {setting}=… if this is as it should be."


def _file(batch: Batch) -> str:
    return f"episodes/step-{batch.step + 1:06d}.jsonl of the run folder"


def _examples(episodes: Sequence[Trajectory]) -> str:
    """Return the end of a sentence with a few episodes and what was seen in them; they are those of the last update."""
    if not episodes:
        return ". "
    told = "; ".join(f"{episode.episode_id}: {_seen(episode)}" for episode in episodes[:_EXAMPLES])
    return f" ({told}{'; …' if len(episodes) > _EXAMPLES else ''}). "


def _seen(episode: Trajectory) -> str:
    assert episode.reward is not None
    marks = [part for part in episode.reward.components if part.name in (TAMPERING, CANARY_PASSED)]
    return "; ".join(mark.evidence for mark in marks)[:_EVIDENCE]


def _share(window: Iterable[bool]) -> float:
    seen = [*window]
    return sum(seen) / len(seen) if seen else 0.0


def _spoilt(number: float) -> bool:
    return not math.isfinite(number)
