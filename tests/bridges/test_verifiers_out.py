from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verifiers.v1", reason="needs verifiers (pip install 'agentgym-rl[verifiers]')")

import httpx
from counting_gym.env import CountingEnv
from verifiers.v1 import AgentConfig, Trace
from verifiers.v1.errors import TaskError
from verifiers.v1.graph import MessageNode
from verifiers.v1.trace import AgentInfo, TraceTask
from verifiers.v1.types import AssistantMessage
from verifiers.v1.utils.loaders import harness_class, load_taskset, taskset_config_type
from verifiers_eval import evaluate

from agentgym import plugins
from agentgym.bridges.outward.verifiers_session import sessions
from agentgym.bridges.outward.verifiers_taskset import AgentGymTask
from agentgym.errors import UsageError
from agentgym.message import Message, call
from agentgym.task import Split

pytestmark = pytest.mark.bridges
ID = "agentgym-taskset"


@pytest.fixture(autouse=True)
def their_sockets() -> Iterator[None]:
    """What their runner leaves open is dropped here, rather than in the middle of another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def tasks(environment: str, **config: Any) -> Iterable[AgentGymTask]:
    found = taskset_config_type(ID).model_validate({"id": ID, "environment": environment, **config})
    return load_taskset(found)  # type: ignore[no-any-return]


def play(task: AgentGymTask, said: Iterable[Message], *, afterwards: bool = False) -> Trace:
    """Play an episode as a rollout of verifiers does, with the calls posted where its tool server posts them."""
    trace = Trace(
        task=TraceTask(type="AgentGymTask", data=task.data, key=task.key, hash=task.hash),
        state=type(task).__orig_bases__[0].__args__[1](),
        agent=AgentInfo(config=AgentConfig()),
    )

    async def rollout() -> None:
        await task.setup(trace)
        async with httpx.AsyncClient(trust_env=False) as client:
            for message in said:
                node = AssistantMessage(
                    content=message.content, tool_calls=[c.model_dump() for c in message.tool_calls]
                )
                trace.nodes.append(MessageNode(message=node, sampled=True))
                for asked in message.tool_calls:
                    about = {"name": asked.name, "arguments": json.loads(asked.arguments)}
                    answer = await client.post(trace.state.url, json=about, timeout=120)
                    trace.info.setdefault("told", []).append(answer.json()["text"])
        trace.info["over"] = await task.episode_over(trace)
        if not afterwards:
            await task.score(trace)

    asyncio.run(rollout())
    if afterwards:
        asyncio.run(task.score(trace))
    return trace


@pytest.mark.slow
def test_their_runner_and_harness_play_our_episodes(tmp_path: Path) -> None:
    env = CountingEnv()
    won, idle, silent = env.tasks(Split.EVAL)[:3]
    said = {
        won.prompt: [*env.oracle(won), Message(role="assistant", content="asked once more")],
        idle.prompt: [*env.noop(idle), Message(role="assistant", content="asked once more")],
        silent.prompt: [Message(role="assistant", content="The sum is right.")],
    }
    traces = evaluate(tmp_path, said, "-n", "3", "--env.taskset.environment", "counting")
    assert {name: trace["rewards"]["verdict"]["score"] for name, trace in traces.items()} == {
        won.id: 1.0,
        idle.id: 0.0,
        silent.id: 0.0,
    }
    assert all(trace["ok"] and not trace["errors"] for trace in traces.values())
    assert traces[won.id]["stop_condition"] == "episode_over"
    assert [tool["name"] for tool in traces[won.id]["tools"]] == ["add", "submit"]
    assert traces[won.id]["metrics"] == {"sum": 1.0}
    roles = [node["message"]["role"] for node in traces[won.id]["nodes"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert "target" not in json.dumps(traces)


def test_a_taskset_is_found_by_its_id_and_has_a_harness_without_tools_of_its_own() -> None:
    first, second = list(tasks("counting"))[:2]
    assert first.key == "counting/eval/000000" != second.key
    assert first.data.system_prompt == CountingEnv().system_prompt()
    assert not harness_class(ID).EXECUTES_CODE
    assert next(iter(tasks("counting", split="train"))).key == "counting/train/000000"


def test_what_no_environment_takes_is_told() -> None:
    for config in ({}, {"task": {"options": {"colour": "red"}}}, {"split": "evil"}):
        with pytest.raises(UsageError):
            list(tasks("counting" if config else "", **config))


def test_each_rollout_of_a_task_is_an_episode_of_its_own() -> None:
    task = next(iter(tasks("counting")))
    oracle = [call("add", amount=1), call("add", amount=1), call("submit")]
    for said, worth in ((oracle, 1), (oracle[1:], 0), (oracle, 1)):
        trace = play(task, said)
        assert trace.reward == worth
        assert trace.info["over"]


def test_a_call_that_does_not_fit_is_answered_and_turns_are_limited() -> None:
    task = next(iter(tasks("counting", task={"max_turns": 3})))
    trace = play(task, [call("sub"), call("add", amount="much"), call("add", amount=1), call("add", amount=1)])
    told = trace.info["told"]
    assert "There is no tool named 'sub'" in told[0]
    assert "Arguments must be one JSON object" in told[1]
    assert told[3] == "Not run: the episode is over."
    assert trace.reward == 0


def test_the_last_word_is_heard_where_an_environment_listens() -> None:
    trace = play(next(iter(tasks("vowels"))), [Message(role="assistant", content="aeix")])
    assert trace.reward == pytest.approx(0.75)


@pytest.mark.parametrize("ends", [call("submit"), call("add", amount=1)])
def test_a_verifier_that_fails_is_an_error_and_no_reward(monkeypatch: pytest.MonkeyPatch, ends: Message) -> None:
    monkeypatch.setenv("COUNTING_GYM_BUG", "1")
    with pytest.raises(TaskError, match="a bug in the verifier"):
        play(next(iter(tasks("counting"))), [ends])


def test_an_episode_is_closed_with_its_rollout() -> None:
    before = len(sessions()._open)
    with pytest.raises(TaskError, match="play it again"):
        play(next(iter(tasks("counting"))), [call("submit")], afterwards=True)
    assert len(sessions()._open) == before


@pytest.mark.bubblewrap
def test_tools_act_in_our_box_and_the_verdict_is_of_a_fresh_one() -> None:
    env = plugins.environment_class(plugins.find_environment("linux-config"))()
    task = next(iter(tasks("linux-config", split="demo", task={"sandbox": "bubblewrap"})))
    own = env.tasks(Split.DEMO)[0]
    assert play(task, env.oracle(own)).reward == 1
    assert play(task, env.noop(own)).reward == 0
