"""Episodes of a run that nobody played, of every kind that a page tells apart."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.message import Message, ToolCall
from agentgym.policy import Completion, Usage
from agentgym.report.costs import Prices
from agentgym.report.numbers import RunNumbers, run_numbers
from agentgym.reward import TAMPERING, Component, Reward
from agentgym.task import Split
from agentgym.trajectory import Failure, FailureKind, StopReason, Trajectory, Turn

HOSTILE = (
    "</script><script>document.title = 'stolen'</script><img src=x onerror=\"document.title = 'stolen'\">"
    " & &amp; <b>bold</b> \U0001f600 \u001b[31m \u202ekcab \u05d0\u05d1\u05d2 {{ 7 * 7 }} ]]> <!--"
)
ENVIRONMENTS = ("x/Errands-v1", "x/Sums-v1")


def turn(said: str = "", *, path: str = "notes.txt", result: str = "done", thinking: str = "") -> Turn:
    """Return a turn in which one tool is called."""
    arguments = f'{{"path": "{path}", "text": "first line\\nsecond line"}}'
    call = ToolCall(id="call_1", name="write_file", arguments=arguments)
    return Turn(
        completion=Completion(
            message=Message(role="assistant", content=said, tool_calls=(call,), reasoning=thinking),
            finish_reason="tool_calls",
            usage=Usage(prompt_tokens=120, cached_tokens=80, completion_tokens=30, reasoning_tokens=10),
            first_token_s=0.2,
        ),
        observation=(Message(role="tool", content=result, tool_call_id="call_1"),),
        policy_s=2.0,
        env_s=0.7,
        grading_s=0.2,
    )


def judged(value: float, *more: Component) -> Reward:
    """Return a reward whose parts are a value, and a rule that was kept."""
    parts = Component(name="value:count", value=value, evidence="counted"), Component(name="format", value=1, hard=True)
    return Reward.of([*parts, *more])


def episode(
    number: int,
    *,
    env_id: str = ENVIRONMENTS[0],
    sample: int = 0,
    value: float = 1,
    reward: Reward | None = None,
    failure: Failure | None = None,
    turns: Sequence[Turn] | None = None,
    family: str | None = None,
    canary: bool = False,
    prompt: str = "Write a note.",
) -> Trajectory:
    """Return one that was submitted, or lost."""
    task = f"{env_id.partition('/')[2].partition('-')[0].lower()}/eval/{number:06d}"
    return Trajectory(
        episode_id=f"{task}#{sample}",
        env_id=env_id,
        task_id=task,
        task_hash="0",
        split=Split.EVAL,
        family=family or ("letters", "parcels", "keys")[number % 3],
        level=1 + number % 4,
        canary=canary,
        sample=sample,
        seed=number,
        policy="somebody",
        sandbox="none",
        prompt=(Message(role="system", content="You run errands."), Message(role="user", content=prompt)),
        turns=(turn(thinking="Where to?"), turn("So be it.")) if turns is None else tuple(turns),
        stop_reason=None if failure else StopReason.SUBMITTED,
        reward=None if failure else reward or judged(value),
        failure=failure,
        started_at=1_700_000_000.0 + number,
        seconds=6.0,
    )


def episodes() -> list[Trajectory]:
    """Return 50: of 12 tasks in each of two environments two samples, a third of which fail, a cheat and a canary."""
    played = [
        episode(number, env_id=env_id, sample=sample, value=float((number + sample) % 3 > 0))
        for env_id in ENVIRONMENTS
        for number in range(12)
        for sample in range(2)
    ]
    sign = Component(
        name=TAMPERING, value=1, weight=0, evidence="read the tests (cat /tests)", data={"flags": ["read"]}
    )
    cheat = episode(12, reward=judged(0, sign), turns=[turn(HOSTILE, result=HOSTILE, thinking=HOSTILE)], family="odd")
    return [*played, cheat, episode(13, value=0, canary=True)]


def losses() -> list[Trajectory]:
    """Return one that was never finished."""
    failure = Failure(kind=FailureKind.INFRA_SANDBOX, error="SandboxLost", message="the box is gone")
    return [episode(14, failure=failure)]


def numbers(
    played: Sequence[Trajectory], lost: Sequence[Trajectory] = (), *, name: str = "a run", faults: Sequence[str] = ()
) -> RunNumbers:
    """Return the numbers of episodes."""
    prices = Prices(prompt=0.1, completion=0.4)
    return run_numbers(played, lost, name=name, policy="somebody", prices=prices, faults=faults)
