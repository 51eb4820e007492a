"""Episodes for the tests of supervised training: a short one with a tool, and runs of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agentgym.message import Message, ToolCall
from agentgym.policy import Completion
from agentgym.reward import TAMPERING, Component, Reward
from agentgym.rollout.config import load
from agentgym.rollout.run import rollout
from agentgym.rollout.store import RunStore
from agentgym.task import Split
from agentgym.tool import Tool
from agentgym.trajectory import StopReason, Trajectory, Turn

WITHOUT_BOX = ["options.json-math.scratchpad=false"]


def _look(path: str) -> str:
    """Look at a file."""
    return path


def _write(path: str, text: str) -> str:
    """Write a file."""
    return path + text


TOOLS = (Tool.from_function(_look, name="look"), Tool.from_function(_write, name="write"))
PROMPT = (Message(role="system", content="You work with files."), Message(role="user", content="Look at a.txt."))
WORDS = (
    Message(role="assistant", tool_calls=(ToolCall(id="call_0", name="look", arguments='{"path": "a.txt"}'),)),
    Message(role="assistant", content="Done."),
)
RESULT = Message(role="tool", content="naïve\n  <p>code</p>", tool_call_id="call_0")
CONVERSATION = [*PROMPT, WORDS[0], RESULT, WORDS[1]]


def episode(
    *words: Message,
    answers: Sequence[Sequence[Message]] = ([RESULT], []),
    reasoning: Sequence[str] = ("", ""),
    reward: float = 1.0,
    signs: bool = False,
    **changed: Any,
) -> Trajectory:
    """An episode of two turns: a call, and a word after its result; with signs of tampering, if that is asked for."""
    finish = changed.pop("finish_reason", "stop")
    turns = [
        Turn(
            completion=Completion(message=said.model_copy(update={"reasoning": thought}), finish_reason=finish),
            observation=tuple(answer),
        )
        for said, answer, thought in zip(words or WORDS, answers, reasoning, strict=True)
    ]
    fields: dict[str, Any] = {
        "episode_id": "json-math/train/000001#0",
        "env_id": "agentgym/JsonMath-v1",
        "task_id": "json-math/train/000001",
        "task_hash": "1" * 64,
        "split": Split.TRAIN,
        "family": "arithmetic",
        "level": 1,
        "sample": 0,
        "seed": 0,
        "policy": "test",
        "sandbox": "none",
        "prompt": PROMPT,
        "turns": turns,
        "stop_reason": StopReason.SUBMITTED,
        "reward": Reward.of([Component(name="answer", value=reward, goal=True), *([SIGN] if signs else [])]),
    }
    return Trajectory(**fields | changed)


def played(folder: Path, policy: str, *settings: str, tasks: int = 3, split: str = "train") -> Path:
    """A real run of json-math, without a box."""
    flags = {"environments": ["json-math"], "split": split, "tasks": tasks, "policy.spec": policy, "reference": "none"}
    rollout(load(None, settings or WITHOUT_BOX, flags), folder)
    return folder


def recorded(folder: Path, episodes: Sequence[Trajectory], *, options: Mapping[str, Any] | None = None) -> Path:
    """A rollout's run folder that holds the given episodes."""
    with RunStore(folder) as store:
        store.begin({"environments": ["agentgym/JsonMath-v1"], "options": options or {}}, resume=False)
        for one in episodes:
            store.append(one)
    return folder


def reply(number: int, said: str, *, reward: float = 1.0, sample: int = 0, **changed: Any) -> Trajectory:
    """An episode of one answer in plain text, to a task of its own."""
    return episode(
        Message(role="assistant", content=said),
        answers=([],),
        reasoning=("",),
        reward=reward,
        prompt=(Message(role="user", content=f"What is {number} + {number}?"),),
        task_id=f"json-math/train/{number:06d}",
        episode_id=f"json-math/train/{number:06d}#{sample}",
        task_hash=f"{number:064d}",
        sample=sample,
        **changed,
    )


SIGN = Component(name=TAMPERING, value=1, weight=0)
NO_TOOLS = {"agentgym/JsonMath-v1": {"scratchpad": False, "answer": "reply"}}
