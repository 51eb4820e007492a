"""What people are told while a run trains."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.train


def test_an_update_is_a_line_with_what_is_known_of_it() -> None:
    from agentgym.trainers.record.progress import Progress

    lines: list[str] = []
    progress = Progress(lines.append, updates=3)
    progress.update(1, {"agentgym/success": 0.25, "loss": 0.5, "agentgym/reward": "no number"})
    progress.update(3, {"agentgym/success": 1.0})
    assert lines == ["update 1/3: success 25%, loss 0.500", "update 3/3: success 100%"]


def test_an_evaluation_is_told_without_canaries_and_lost_episodes() -> None:
    from episodes_made import played, turn

    from agentgym.trainers.record.progress import Progress
    from agentgym.trajectory import Failure, FailureKind

    done = played(turn((1,), (2,)))
    failed = done.model_copy(update={"reward": played(reward=0.5).reward})
    failure = Failure(kind=FailureKind.INFRA_SANDBOX, error="E", message="gone")
    lost = done.model_copy(update={"reward": None, "stop_reason": None, "failure": failure})
    lines: list[str] = []
    canary = done.model_copy(update={"canary": True})
    Progress(lines.append, updates=1).evaluated("base", [done, failed, lost, canary])
    assert lines == ["base policy: 1 of 2 episodes succeeded"]
