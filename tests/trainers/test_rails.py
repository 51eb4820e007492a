"""The guards of a training run: what they let pass, what stops it, and what they say then."""

from __future__ import annotations

import json
import math

import pytest

from agentgym.errors import UsageError
from agentgym.reward import Component, Reward
from agentgym.task import Split, Task
from agentgym.trainers.guards.rails import RailReached, Rails
from agentgym.trainers.play.groups import Batch, Group
from agentgym.trainers.settings import RailSettings
from agentgym.trajectory import StopReason, Trajectory

HONEST = Reward(value=0.0)
CHEAT = HONEST.with_signs({"conftest": "conftest.py"})
PASSED = Reward(value=1.0).of_passed_canary()


def played(reward: Reward, *, canary: bool = False) -> Trajectory:
    return Trajectory(
        episode_id="x/train/000001#0",
        env_id="x/X-v1",
        task_id="x/train/000001",
        task_hash="0",
        split=Split.TRAIN,
        family="f",
        level=1,
        canary=canary,
        sample=0,
        seed=0,
        policy="p",
        sandbox="none",
        prompt=(),
        turns=(),
        stop_reason=StopReason.SUBMITTED,
        reward=reward,
    )


def batch(*rewards: Reward, canary: bool = False, lost: int = 0, replaced: tuple[Reward, ...] = ()) -> Batch:
    task = Task(id="x/train/000001", split=Split.TRAIN, index=1, family="f", level=1, prompt="?")

    def group(rewards: tuple[Reward, ...], lost: int = 0) -> Group:
        members = tuple(played(reward, canary=canary) for reward in rewards)
        return Group("x/X-v1", task, members, size=len(rewards) + lost, lost=lost)

    return Batch(step=6, groups=[group(rewards, lost)], replaced=[group(replaced)] if replaced else ())


def test_an_honest_batch_passes_with_its_rates():
    rates = Rails(RailSettings()).watch_batch(batch(*[HONEST] * 7, CHEAT))
    assert rates == {"agentgym/cheats": 1 / 8, "agentgym/canaries_passed": 0.0}


def test_cheats_stop_the_run_once_they_are_too_many_of_the_window_and_replaced_groups_count():
    rails = Rails(RailSettings(cheats=0.25, window=8))
    assert rails.watch_batch(batch(CHEAT, HONEST))["agentgym/cheats"] == 0.5
    with pytest.raises(RailReached) as stopped:
        rails.watch_batch(batch(HONEST, CHEAT, replaced=(CHEAT,)))
    said = str(stopped.value)
    assert "3 of the last 5 episodes look like cheats, and rails.cheats is 0.25 of 8" in said
    assert "x/train/000001#0: conftest (conftest.py)" in said
    assert "episodes/step-000007.jsonl" in said
    assert "--resume" in said


def test_old_episodes_leave_the_window():
    rails = Rails(RailSettings(cheats=0.25, window=8))
    for _ in range(5):
        rails.watch_batch(batch(*[HONEST] * 7, CHEAT))
    assert rails.watch_batch(batch(*[HONEST] * 8))["agentgym/cheats"] == 0.0


def test_a_single_canary_that_is_passed_stops_the_run_by_default():
    rails = Rails(RailSettings())
    assert rails.watch_batch(batch(HONEST, canary=True))["agentgym/canaries_passed"] == 0.0
    with pytest.raises(RailReached, match=r"1 of the last 2 episodes on tasks without a solution.*rails\.canaries"):
        rails.watch_batch(batch(PASSED, canary=True))


def test_a_share_of_one_stops_nothing():
    rails = Rails(RailSettings(cheats=1, canaries=1, lost=1, window=2))
    assert rails.watch_batch(batch(PASSED, PASSED, canary=True, lost=9))["agentgym/canaries_passed"] == 1.0


def test_losses_stop_the_run_when_they_are_more_than_allowed():
    rails = Rails(RailSettings(lost=0.5))
    rails.watch_batch(batch(HONEST, HONEST, lost=2))
    with pytest.raises(RailReached, match="3 of 5 episodes of update 7 were lost"):
        rails.watch_batch(batch(HONEST, HONEST, lost=3))
    with pytest.raises(RailReached, match="2 of 2 episodes"):
        rails.watch_batch(batch(lost=2))


@pytest.mark.parametrize("numbers", [{"loss": math.nan}, {"grad_norm": math.inf}, {"logp_mean": math.nan}])
def test_what_is_no_number_stops_the_run(numbers):
    with pytest.raises(RailReached, match=r"is (nan|inf): .* --resume"):
        Rails(RailSettings()).watch_update(**{"loss": 0.1, "grad_norm": 1.0, "logp_mean": 0.01, **numbers})


def test_a_sampler_too_far_from_the_trainer_stops_the_run():
    rails = Rails(RailSettings(logp_mean=0.3))
    rails.watch_update(loss=-0.1, grad_norm=None, logp_mean=0.3)
    rails.watch_update(loss=0.0, grad_norm=3.0, logp_mean=None)
    with pytest.raises(RailReached, match=r"0\.31 apart.*rails\.logp_mean is 0\.3"):
        rails.watch_update(loss=0.0, grad_norm=None, logp_mean=0.31)


def test_windows_go_on_after_a_resumption():
    rails = Rails(RailSettings(cheats=0.25, window=8))
    rails.watch_batch(batch(CHEAT, CHEAT, HONEST))
    resumed = Rails(RailSettings(cheats=0.25, window=8))
    resumed.restore(json.loads(json.dumps(rails.state())))
    assert resumed.state() == rails.state()
    with pytest.raises(RailReached, match="3 of the last 4"):
        resumed.watch_batch(batch(CHEAT))


def test_a_state_of_something_else_is_refused():
    with pytest.raises(UsageError, match="cannot be read"):
        Rails(RailSettings()).restore({"cheats": "many"})


def test_the_reward_says_whether_it_looks_like_a_cheat():
    assert (CHEAT.cheated, CHEAT.value, PASSED.cheated, HONEST.cheated) == (True, 0.0, True, False)
    assert HONEST.with_signs({}) is HONEST
    sound = Reward.of([Component(name="goal", value=1, hard=True)]).with_signs({"b": "2", "a": "1"})
    assert sound.success
    assert sound.components[-1].evidence == "a (1); b (2)"
    assert sound.components[-1].data == {"flags": ["a", "b"]}
