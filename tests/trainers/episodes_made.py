"""Episodes of exact tokens that nobody played."""

from __future__ import annotations

from agentgym.message import Message
from agentgym.policy import Completion
from agentgym.reward import Reward
from agentgym.task import Split, Task
from agentgym.trainers.play.groups import Batch, Group
from agentgym.trajectory import StopReason, Trajectory, Turn


def turn(given: tuple[int, ...], sampled: tuple[int, ...], *, prefix: int = 0, fork: str | None = None) -> Turn:
    """Return a turn of the given and sampled tokens; the log-probability of token n is -n/100."""
    completion = Completion(
        message=Message(role="assistant", content="x"),
        prefix_tokens=prefix,
        fork=fork,
        prompt_token_ids=given,
        completion_token_ids=sampled,
        logprobs=tuple(-token / 100 for token in sampled),
    )
    return Turn(completion=completion, observation=())


def played(*turns: Turn, reward: float = 1.0, sample: int = 0, stop: StopReason = StopReason.SUBMITTED) -> Trajectory:
    """Return an episode of these turns."""
    return Trajectory(
        episode_id=f"x/train/000001#{sample}",
        env_id="x/X-v1",
        task_id="x/train/000001",
        task_hash="0",
        split=Split.TRAIN,
        family="f",
        level=1,
        sample=sample,
        seed=0,
        policy="p",
        sandbox="none",
        prompt=(),
        turns=turns,
        stop_reason=stop,
        reward=Reward(value=reward),
    )


def group(*members: Trajectory, size: int, lost: int = 0) -> Group:
    """Return a group of one task."""
    task = Task(id="x/train/000001", split=Split.TRAIN, index=1, family="f", level=1, prompt="?")
    return Group(env_id="x/X-v1", task=task, members=members, size=size, lost=lost)


def batch(*groups: Group) -> Batch:
    """Return a batch of groups."""
    return Batch(step=0, groups=groups)
