"""Environments of Gymnasium that can be said play as episodes of one tool."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from bridged import checked, played
from gymnasium import spaces
from installed_bridges import install

from agentgym.bridges.inward.gymnasium_text import Scale, bridge
from agentgym.checks import Outcome
from agentgym.errors import InfrastructureError, UsageError, VerifierFault
from agentgym.message import call
from agentgym.rollout.__main__ import main
from agentgym.task import Split

FROZEN = "FrozenLake-v1?is_slippery=false"
LEFT, DOWN, RIGHT = 0, 1, 2
ACROSS = [DOWN, DOWN, RIGHT, DOWN, RIGHT, RIGHT]


class Echo(gymnasium.Env[str, str]):
    """Say the secret word back.

    The word is told at the start.
    """

    observation_space = spaces.Text(40, charset="abcdefghijklmnopqrstuvwxyz 0123456789")
    action_space = spaces.Text(min_length=1, max_length=8, charset="abcdef")

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.word = "".join("abcdef"[int(i)] for i in self.np_random.integers(6, size=4))
        return f"the word is {self.word}", {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        if action == "deadbeef":
            raise RuntimeError("it broke")
        return "right" if action == self.word else "wrong", float(action == self.word), action == self.word, False, {}


class Endless(Echo):
    """Rewards any action without end."""

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        return "on", {"a": float("nan"), "b": float("-inf")}.get(action, float("inf")), True, False, {}


class Restless(Echo):
    """Starts otherwise each time."""

    starts = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[str, dict[str, Any]]:
        Restless.starts += 1
        return f"start {Restless.starts}", {}


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    gymnasium.register("Echo-v0", Echo, max_episode_steps=5)
    gymnasium.register("Restless-v0", Restless)
    gymnasium.register("Endless-v0", Endless)
    yield
    for name in ("Echo-v0", "Restless-v0", "Endless-v0"):
        del gymnasium.registry[name]


def acting(*actions: Any) -> Any:
    return lambda task: [call("act", action=action) for action in actions]


def test_frozen_lake_is_crossed() -> None:
    env = bridge(FROZEN)()
    reward, seen = played(env, env.tasks(Split.EVAL)[0], acting(*ACROSS))
    assert reward.success
    assert "SFFF" in seen[1].content
    assert "0: Move left" in seen[1].content
    assert seen[-1].content.endswith("The episode is over.")


def test_a_name_without_a_version_is_the_newest() -> None:
    with pytest.warns(UserWarning, match="latest versioned environment"):
        newest = bridge("FrozenLake?is_slippery=false")()
    assert newest.max_turns == bridge(FROZEN)().max_turns == 100


def test_falling_into_the_lake_and_standing_still_are_worth_nothing() -> None:
    env = bridge(FROZEN)()
    task = env.tasks(Split.EVAL)[0]
    assert played(env, task, acting(RIGHT, DOWN))[0].value == 0
    assert played(env, task, acting(LEFT))[0].value == 0


@pytest.mark.parametrize("action", ["a", "b", "c"])
def test_a_reward_that_is_no_finite_number_is_a_fault_and_no_reward(action: str) -> None:
    env = bridge("Endless-v0?success=1")()
    with pytest.raises(VerifierFault, match=f"gave the reward .* for the action '{action}'"):
        played(env, env.tasks(Split.EVAL)[0], acting(action))


@pytest.mark.parametrize("scale", [Scale(0, 1), Scale(1, 1)])
@pytest.mark.parametrize("total", [float("nan"), float("inf"), float("-inf")])
def test_a_total_that_is_no_finite_number_has_no_worth(scale: Scale, total: float) -> None:
    with pytest.raises(VerifierFault, match="finite"):
        scale.worth(total)


def test_it_keeps_the_contract_and_says_that_it_has_no_oracle() -> None:
    report = checked(bridge(FROZEN))
    skipped = [result for result in report.results if result.outcome is Outcome.SKIPPED]
    assert "the_oracle_scores_one" in [result.case.name for result in skipped]
    env = bridge(FROZEN)()
    assert env.examples(env.tasks(Split.EVAL)[0], 2) == []
    with pytest.raises(UsageError, match="has no oracle"):
        env.oracle(env.tasks(Split.EVAL)[0])


@pytest.mark.parametrize(
    "name", ["Taxi-v4", "CliffWalking-v1?success=-13", "Blackjack-v1?success=1", "CartPole-v1?low=0&high=500"]
)
def test_the_toys_of_gymnasium_play(name: str) -> None:
    env = bridge(name)()
    reward, seen = played(env, env.tasks(Split.EVAL)[0], acting(0, 0))
    assert 0 <= reward.value < 1 or name.startswith("Blackjack")
    assert "What you see first" in seen[1].content
    assert "reward: " in seen[2].content


def test_an_episode_that_was_left_early_is_worth_nothing_even_if_its_total_is_high() -> None:
    env = bridge("CliffWalking-v1?success=-13")()
    assert played(env, env.tasks(Split.EVAL)[0], acting())[0].value == 0


def test_text_is_acted_and_seen() -> None:
    env = bridge("Echo-v0?success=1")()
    task = env.tasks(Split.TRAIN)[3]
    word = task.prompt.rpartition(" ")[2]
    reward, seen = played(env, task, acting("abc", word))
    assert reward.success
    assert [message.content.splitlines()[0] for message in seen[2:]] == ["wrong", "right"]


def test_what_is_no_action_is_answered_and_never_reaches_the_environment() -> None:
    env = bridge("Echo-v0?success=1")()
    _, seen = played(env, env.tasks(Split.TRAIN)[3], acting("xyz", "", "aaaaaaaaa", 3))
    assert "is no action" in seen[2].content
    assert all("Arguments must be" in message.content for message in seen[3:])


def test_a_share_of_the_range_is_worth_a_share() -> None:
    env = bridge("CliffWalking-v1?low=-300&high=-13")()
    up = 0
    reward, _ = played(env, env.tasks(Split.EVAL)[0], acting(up, *[1] * 11, 2))
    assert reward.success
    detour, _ = played(env, env.tasks(Split.EVAL)[0], acting(1, up, *[1] * 11, 2))
    assert 0 < detour.value < 1


def test_an_environment_that_breaks_leaves_no_reward() -> None:
    env = bridge("Echo-v0?success=1")()
    with pytest.raises(InfrastructureError, match="it broke"):
        played(env, env.tasks(Split.TRAIN)[3], acting("deadbeef"))


def test_an_environment_that_starts_otherwise_is_found_out() -> None:
    env = bridge("Restless-v0?success=1")()
    with pytest.raises(InfrastructureError, match="starts otherwise"):
        env.reset(options={"task": env.tasks(Split.TRAIN)[3]})


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("FrozenLke-v1", ["FrozenLake-v1"]),
        ("Blackjack-v1", ["add success=X"]),
        ("Pendulum-v1?success=-200", ["Box"]),
        ("FrozenLake-v1?no_such=1", ["no_such"]),
        ("FrozenLake-v1?success=yes&low=x", ["success=yes", "low=x"]),
        ("FrozenLake-v1?low=1&high=0", ["must be less"]),
        ("FrozenLake-v1?low=1", ["go together"]),
        ("FrozenLake-v1?is_slippery&success=1&success=2", ["'is_slippery' is no option", "success is given more"]),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_reason(name: str, faults: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        bridge(name)
    assert len(caught.value.faults) == len(faults)
    for fault, told in zip(caught.value.faults, faults, strict=True):
        assert told in fault


@pytest.mark.parametrize("name", ["FrozenLake-v9", "CartPoll-v1", "frozenlake", "Nope/Foo-v1", "zzzzzzzz"])
def test_a_sentence_of_gymnasium_is_ended_once(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        bridge(name)
    assert not re.search(r"[.?:]\s*[.:]", str(caught.value))


def test_the_command_plays_it_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, gymnasium="agentgym.bridges.inward.gymnasium_text:bridge")
    argv = [f"gymnasium:{FROZEN}", "--policy", "noop", "--split", "eval", "--tasks", "2", "--out", str(tmp_path)]
    assert main([*argv, "--quiet"]) == 0
    assert main([*argv, "--quiet", "--resume"]) == 0
    episodes = [json.loads(line) for line in (tmp_path / "trajectories.jsonl").read_text().splitlines()]
    assert sorted(episode["task_id"] for episode in episodes) == [f"gymnasium:{FROZEN}/eval/{i:06d}" for i in range(2)]
