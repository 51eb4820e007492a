"""Runs that nobody played: episodes of given outcomes, tokens and times."""

from collections.abc import Mapping, Sequence

from agentgym.message import Message
from agentgym.policy import Completion, Usage
from agentgym.report.costs import Prices
from agentgym.report.numbers import RunNumbers, run_numbers
from agentgym.reward import Component, Reward
from agentgym.task import Split
from agentgym.trajectory import Failure, FailureKind, StopReason, Trajectory, Turn

ENV = "agentgym/JsonMath-v1"
PRICES = Prices(prompt=1.0, cached=0.1, completion=4.0)


def played(
    task: str,
    value: float = 1.0,
    *,
    sample: int = 0,
    env_id: str = ENV,
    task_hash: str = "0",
    canary: bool = False,
    lost: bool = False,
    sandbox: str = "none",
    split: Split = Split.EVAL,
    prompt: str = "do it",
    tokens: tuple[int, int, int] = (1000, 0, 100),
    started_at: float = 0.0,
    seconds: float = 10.0,
    components: Sequence[Component] = (),
) -> Trajectory:
    """Return an episode of one turn; `tokens` are of the prompt, those of them that were cached, and of the answer."""
    usage = Usage(prompt_tokens=tokens[0], cached_tokens=tokens[1], completion_tokens=tokens[2])
    completion = Completion(message=Message(role="assistant", content="done"), usage=usage)
    return Trajectory(
        episode_id=f"{task}#{sample}",
        env_id=env_id,
        task_id=task,
        task_hash=task_hash,
        split=split,
        family=task[0],
        level=1 + len(task) % 2,
        canary=canary,
        sample=sample,
        seed=0,
        policy="p",
        sandbox=sandbox,
        prompt=(Message(role="user", content=prompt),),
        turns=(Turn(completion=completion, observation=(), policy_s=6.0, env_s=3.0, grading_s=1.0),),
        stop_reason=None if lost else StopReason.SUBMITTED,
        reward=None if lost else Reward(value=value, components=tuple(components)),
        failure=Failure(kind=FailureKind.INFRA_POLICY, error="E", message="gone") if lost else None,
        started_at=started_at,
        seconds=seconds,
    )


def run_of(values_by_task: Mapping[str, Sequence[float]], **options: object) -> list[Trajectory]:
    """Return an episode for each value."""
    return [
        played(task, value, sample=sample, **options)  # type: ignore[arg-type]
        for task, values in values_by_task.items()
        for sample, value in enumerate(values)
    ]


def told(
    name: str, episodes: Sequence[Trajectory], prices: Prices | None = PRICES, **options: object
) -> tuple[RunNumbers, Sequence[Trajectory]]:
    """Return a run as comparisons take it."""
    return run_numbers(episodes, name=name, policy="p", prices=prices, **options), episodes  # type: ignore[arg-type]
