"""Runs that nobody played, with something in every field of their episodes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agentgym.message import Message, ToolCall
from agentgym.policy import Completion, Usage
from agentgym.reward import TAMPERING, Component, Reward
from agentgym.rollout.store import RunStore
from agentgym.task import Split
from agentgym.trajectory import Failure, FailureKind, StopReason, Trajectory, Turn

JSON_MATH = "agentgym/JsonMath-v1"
ODD = 'naïve </script> "quoted"\n\t漢字 🎲 \u2028 \x00 end'
CONFIG: dict[str, Any] = {
    "environments": [JSON_MATH],
    "split": "eval",
    "tasks": 3,
    "group_size": 2,
    "policy": {"spec": "openai:made"},
    "options": {JSON_MATH: {"scratchpad": False}},
}


def episode(
    number: int, *, sample: int = 0, value: float = 1.0, signs: bool = False, full: bool = False, **changed: Any
) -> Trajectory:
    """One of two turns; with `full`, whatever may be there is."""
    task = f"json-math/eval/{number:06d}"
    data = {"open": [None, 1.5, {"key": "ü"}]} if full else {}
    components = [Component(name="value:count", value=value, goal=True, evidence=ODD if full else "", data=data)]
    if signs:
        components.append(Component(name=TAMPERING, value=1, weight=0, evidence="read the gold"))
    fields: dict[str, Any] = {
        "episode_id": f"{task}#{sample}",
        "env_id": JSON_MATH,
        "task_id": task,
        "task_hash": f"{number:064d}",
        "split": Split.EVAL,
        "family": "counting" if number % 2 else "sums",
        "level": 1 + number % 3,
        "sample": sample,
        "seed": 2**63 - 1 - number,
        "policy": "made",
        "sandbox": "none",
        "prompt": (Message(role="system", content="Act."), Message(role="user", content=f"{ODD} {number}")),
        "turns": (_full_turn() if full else _turn("Let me think."), _turn(f"It is {sample}.")),
        "stop_reason": StopReason.SUBMITTED,
        "reward": Reward.of(components),
        "started_at": 1_700_000_000.25,
        "seconds": 0.1 + number,
    }
    return Trajectory(**fields | changed)


def lost(number: int, *, attempt: int = 1) -> Trajectory:
    failure = Failure(kind=FailureKind.INFRA_SANDBOX, error="SandboxLost", message="the box is gone")
    return episode(number, prompt=(), turns=(), stop_reason=None, reward=None, failure=failure, attempt=attempt)


def recorded(
    folder: Path, episodes: Iterable[Trajectory], *, ended: bool = True, config: dict[str, Any] = CONFIG
) -> Path:
    with RunStore(folder) as store:
        store.begin(config, resume=False)
        for one in episodes:
            store.append(one)
        if ended:
            store.write_summary({"stopped": None})
    return folder


def _turn(said: str) -> Turn:
    return Turn(completion=Completion(message=Message(role="assistant", content=said)), observation=())


def _full_turn() -> Turn:
    call = ToolCall(id="call_0", name="python", arguments='{"code": "print(1)", "n": 3}')
    completion = Completion(
        message=Message(role="assistant", content=ODD, tool_calls=(call,), reasoning="Hm."),
        finish_reason="tool_calls",
        usage=Usage(prompt_tokens=30, completion_tokens=3, cached_tokens=10, reasoning_tokens=1),
        first_token_s=0.125,
        retries={"busy": 2, "timeout": 1},
        unparsed_calls=2,
        recovered_calls=1,
        prefix_tokens=7,
        fork="the template dropped a thought",
        prompt_token_ids=(5, 6, 151_643),
        completion_token_ids=(),
        logprobs=(-0.1, -1e-300),
    )
    answer = Message(role="tool", content=ODD, tool_call_id="call_0")
    return Turn(
        completion=completion,
        observation=(answer,),
        reward=0.5,
        malformed_calls=1,
        policy_s=1.5,
        env_s=0.75,
        grading_s=0.25,
    )
