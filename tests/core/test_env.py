from typing import Any

import gymnasium
import pytest
from counting_gym.env import CountingEnv
from gymnasium.utils.env_checker import check_env

from agentgym.errors import PathError, UsageError, VerifierFault
from agentgym.message import Message, ToolCall, call
from agentgym.task import Split
from agentgym.trajectory import StopReason


@pytest.fixture
def env() -> CountingEnv:
    env = CountingEnv()
    env.reset(options={"task": "counting/eval/000003"})
    return env


def test_gymnasium_makes_and_accepts_a_plugins_environment() -> None:
    env = gymnasium.make("counting_gym/Counting-v1")
    check_env(env.unwrapped)
    env.close()


def test_a_seed_chooses_the_task() -> None:
    env = CountingEnv(split="eval")
    assert env.reset(seed=5)[1]["task_id"] == env.reset(seed=5)[1]["task_id"]
    assert env.reset(seed=5)[1]["task_id"] != env.reset()[1]["task_id"]


def test_an_episode_played_to_its_end_has_a_reward_with_its_breakdown(env: CountingEnv) -> None:
    for message in env.oracle(env.task):
        _, reward, terminated, truncated, info = env.step(message)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["stop_reason"] is StopReason.SUBMITTED
    assert info["reward"].components[0].evidence == "the sum is 2"


def test_rewards_are_zero_before_the_end(env: CountingEnv) -> None:
    assert env.step(call("add", amount=1))[1:4] == (0.0, False, False)


def test_a_limit_truncates_and_the_state_is_judged_as_it_stands() -> None:
    env = CountingEnv(max_turns=2)
    env.reset(options={"task": "counting/eval/000003"})
    env.step(call("add", amount=1))
    _, reward, terminated, truncated, info = env.step(call("add", amount=1))
    assert (reward, terminated, truncated) == (1.0, False, True)
    assert info["stop_reason"] is StopReason.MAX_TURNS


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("I would add one.", "No tool was called"),
        (call("add", amount="one"), "amount: Input should be a valid integer"),
        (call("ad", amount=1), "Did you mean 'add'?"),
    ],
)
def test_a_malformed_action_is_answered_and_counted(env: CountingEnv, action: Message | str, answer: str) -> None:
    observation, _, terminated, truncated, info = env.step(action)
    assert answer in observation[0].content
    assert info["malformed_calls"] == 1
    assert not terminated
    assert not truncated


def test_calls_behind_submit_are_answered_but_not_run(env: CountingEnv) -> None:
    calls = tuple(
        ToolCall(id=str(i), name=n, arguments=a) for i, (n, a) in enumerate([("submit", "{}"), ("add", "{}")])
    )
    observation, _, terminated, _, _ = env.step(Message(role="assistant", tool_calls=calls))
    assert terminated
    assert [message.tool_call_id for message in observation] == ["0", "1"]
    assert "Not run" in observation[1].content


def test_an_environment_may_take_a_plain_message_for_the_end(env: CountingEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "hear", lambda text: env.submit() if text == "done" else f"not {text}")
    env.reset(seed=1)
    observation, _, terminated, _, info = env.step("ready")
    assert (observation[0].role, observation[0].content) == ("user", "not ready")
    assert (terminated, info["malformed_calls"]) == (False, 0)
    *_, terminated, _, info = env.step("done")
    assert (terminated, info["stop_reason"]) == (True, StopReason.SUBMITTED)


def test_a_bug_in_the_verifier_is_nobodys_result(env: CountingEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTING_GYM_BUG", "1")
    with pytest.raises(VerifierFault, match=r"ZeroDivisionError: a bug in the verifier"):
        env.step(call("submit"))


@pytest.mark.parametrize(
    "options",
    [{"tsk": 1}, {"task": "nonsense"}, {"task": "code-repair/eval/000001"}, {"task": "counting/eval/999999"}],
)
def test_bad_reset_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        CountingEnv().reset(options=options)


def test_difficulty_filters_and_an_absent_one_is_said_so() -> None:
    env = CountingEnv(split=Split.EVAL)
    assert env.reset(seed=1, options={"difficulty": 1})[1]["level"] == 1
    with pytest.raises(UsageError, match="no task of level 9"):
        env.reset(seed=1, options={"difficulty": 9})


def test_a_step_before_reset_or_after_the_end_is_refused(env: CountingEnv) -> None:
    with pytest.raises(UsageError, match="call reset"):
        CountingEnv().step("hello")
    env.step(call("submit"))
    with pytest.raises(UsageError, match="call reset"):
        env.step(call("submit"))


def test_rendering_shows_the_conversation() -> None:
    env = CountingEnv(render_mode="ansi")
    env.reset(seed=1)
    env.step(call("add", amount=3))
    assert '→ add({"amount": 3})' in (env.render() or "")
    assert "[tool] added 3" in (env.render() or "")


def test_artefacts_that_cannot_be_collected_are_the_policys_fault_and_paths_refused_to_the_verifier_are_not(
    env: CountingEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PathError("/work is over its size cap")

    monkeypatch.setattr(env, "_collect", refuse)
    assert env.conclude(StopReason.SUBMITTED).value == 0
    monkeypatch.undo()
    monkeypatch.setattr(env, "verify", refuse)
    with pytest.raises(VerifierFault, match="over its size cap"):
        env.conclude(StopReason.SUBMITTED)


def test_a_backend_object_can_be_handed_to_gymnasium(bubblewrap_backend: Any) -> None:
    made = gymnasium.make("agentgym/JsonMath-v1", sandbox=bubblewrap_backend)
    check_env(made.unwrapped)
    made.close()


def test_a_misspelt_split_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="no split named 'dmo': did you mean 'demo'"):
        CountingEnv(split="dmo")
    with pytest.raises(UsageError, match="no split named 'evil': did you mean 'eval'"):
        CountingEnv().reset(options={"split": "evil"})
