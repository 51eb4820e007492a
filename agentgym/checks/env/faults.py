"""What an environment makes of boxes that the host loses."""

from __future__ import annotations

from agentgym.checks.env.stage import Stage
from agentgym.checks.env.watched import PHASES, TOOL
from agentgym.checks.report import Failed, skip
from agentgym.env import Script
from agentgym.errors import InfrastructureError
from agentgym.task import Task

MOST_MOMENTS = 8


def a_lost_box_leaves_no_reward(stage: Stage) -> None:
    """An episode whose boxes are lost, at whatever use of them, ends in an InfrastructureError, never in a reward.

    The boxes are lost at each use of them in `prepare`, the tool calls, `collect` and `verify`; where one of these has
    more than eight, at eight: the first and the last two, and four between. The tool calls are those of the oracle, and
    one simple call of each tool.
    """
    tools_once = stage.simple_work()
    done: set[tuple[str, str]] = set()
    for task in stage.firsts():
        scripts = [*([("oracle", stage.env.oracle)] if stage.env.has_oracle else []), ("", tools_once)]
        for who, script in scripts:
            with stage.boxes.watching(stage.env):
                stage.play(task, script, who=who)
                seen = list(stage.boxes.seen)
            for phase in [phase for phase in PHASES if phase in seen]:
                whose = who if phase == TOOL else ""  # who plays decides which tools are called, and nothing else
                if (phase, whose) in done:
                    continue
                done.add((phase, whose))
                for number in _moments(seen.count(phase)):
                    _expect_nothing(stage, task, who, script, phase, number)
    if not done:
        skip("no episode that was played used a box")


def _moments(uses: int) -> list[int]:
    """Return at which uses of a box it is lost: all, or the first and the last two and some between."""
    if uses <= MOST_MOMENTS:
        return list(range(uses))
    first, last = 1, uses - 2
    spread = [first + (last - first) * step // (MOST_MOMENTS - 3) for step in range(MOST_MOMENTS - 2)]
    return [0, *spread, uses - 1]


def _expect_nothing(stage: Stage, task: Task, who: str, script: Script, phase: str, number: int) -> None:
    told = f"a box that was lost in {phase} of {task.id}, at use {number + 1} of a box there,"
    with stage.boxes.watching(stage.env, lose_at=(phase, number)):
        try:
            reward = stage.play(task, script, who=who)
        except InfrastructureError:
            return
        except Exception as error:
            raise Failed(
                f"{told} came out as {type(error).__name__}, which is no InfrastructureError: {error}"
            ) from None
    raise Failed(f"{told} came out as a reward of {reward.value:g}")
