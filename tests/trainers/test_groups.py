"""Groups of episodes on real environments, played by scripts; what is lost is lost for real."""

from __future__ import annotations

import json
import pickle
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import counting_gym.env as counting
import pytest

from agentgym.env import AgentEnv
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.linux_config.env import LinuxConfigEnv
from agentgym.errors import BackendUnavailable, InfrastructureError, PolicyUnavailable, StoreError, UsageError
from agentgym.message import Message
from agentgym.policies.scripted import Script
from agentgym.policy import Completion, Policy
from agentgym.rollout.store import read_episodes
from agentgym.sandbox import Sandbox, SandboxBackend
from agentgym.task import Split, Task
from agentgym.tool import Tool
from agentgym.trainers.play.curriculum import Curriculum
from agentgym.trainers.play.groups import Batch, Group, GroupPlayer, Told, write_episodes
from agentgym.trainers.settings import GrpoSettings
from agentgym.trajectory import Trajectory

MATH: Mapping[str, Any] = {"name": "json-math", "options": {"scratchpad": False, "answer": "reply"}}
Chooses = Callable[[Task, int], bool]
# The first two of four samples are right.
MIXED: Chooses = lambda task, sample: sample % 4 < 2  # noqa: E731


class Scripts:
    """Solves a task or does nothing, as is chosen for each episode; for some no policy is to be had."""

    name = "scripts"

    def __init__(self, solves: Chooses = MIXED, *, unavailable: Chooses = lambda task, sample: False) -> None:
        self.solves = solves
        self.unavailable = unavailable

    def preflight(self, env_ids: Sequence[str] = ()) -> None: ...

    def close(self) -> None: ...

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        if self.unavailable(env.task, sample):
            raise PolicyUnavailable("the server went home")
        return Script(env.oracle(env.task) if self.solves(env.task, sample) else env.noop(env.task))


def player(
    *environments: Mapping[str, Any], groups: Mapping[str, Any] | None = None, told: Told | None = None, **rest: Any
) -> GroupPlayer:
    chosen = {"size": 4, "per_step": 3, "concurrency": 4, **(groups or {})}
    settings = GrpoSettings.model_validate({"environments": environments or (MATH,), "groups": chosen, **rest})
    return GroupPlayer(settings, Curriculum(settings.environments, settings.curriculum, seed=settings.seed), told=told)


def told_apart(batch: Batch) -> list[tuple[str, int, int, float | None]]:
    """What must be the same whenever the same update is played."""
    return [(e.task_id, e.sample, e.seed, e.reward and e.reward.value) for e in batch.episodes]


def test_groups_are_whole_and_in_order() -> None:
    with player() as groups:
        batch = groups.play(0, Scripts())
    assert [group.number for group in batch.groups] == [0, 1, 2]
    for group in batch.groups:
        assert [member.sample for member in group.members] == [0, 1, 2, 3]
        assert {member.task_id for member in group.members} == {group.task.id}
        assert group.rewards == (1, 1, 0, 0)
        assert (group.missing, group.lost, group.dead) == (0, 0, False)
    assert len({member.seed for member in batch.episodes}) == 12
    assert not batch.replaced


def test_two_players_play_the_same_however_many_at_once() -> None:
    with player(groups={"concurrency": 1}) as one, player(groups={"concurrency": 12}) as other:
        for step in range(2):
            batches = [groups.play(step, Scripts()) for groups in (one, other)]
            assert told_apart(batches[0]) == told_apart(batches[1])
            for groups, batch in zip((one, other), batches, strict=True):
                groups.learn(batch)
        assert one.state() == other.state()
    assert batches[0].groups[0].number == 3


class Dawdling(Scripts):
    """Takes its time over the second sample of each task."""

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        policy = super().for_episode(env, seed=seed, sample=sample)
        return Slow(policy) if sample == 1 else policy


class Slow:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        time.sleep(2.2)
        return self.policy.act(conversation, tools, deadline=deadline)


def test_what_the_clock_ended_is_replaced_as_what_was_lost() -> None:
    with player(groups={"per_step": 1, "top_up": 1}, limits={"wall_time_s": 2.0}) as groups:
        [group] = groups.play(0, Dawdling()).groups
    assert [member.sample for member in group.members] == [0, 2, 3, 4]
    assert (group.lost, group.missing) == (1, 0)


def test_a_task_that_comes_twice_in_an_update_is_not_sampled_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(counting.SIZES, Split.TRAIN, 2)
    with player({"name": "counting"}) as groups:
        batch = groups.play(0, Scripts())
    assert len({group.task.id for group in batch.groups}) == 2
    assert len({member.seed for member in batch.episodes}) == 12


def test_without_learning_the_same_groups_are_played_again() -> None:
    with player() as groups:
        assert told_apart(groups.play(0, Scripts())) == told_apart(groups.play(0, Scripts()))


@pytest.mark.parametrize(("solved", "reward"), [(True, 1), (False, 0)])
def test_dead_groups_are_replaced_within_the_budget_and_then_kept(solved: bool, reward: int) -> None:
    with player(groups={"resample": 2}) as groups:
        batch = groups.play(0, Scripts(lambda task, sample: solved))
        assert [group.number for group in batch.groups] == [0, 1, 2]
        assert [group.number for group in batch.replaced] == [3, 4]
        assert all(group.dead and group.rewards == (reward,) * 4 for group in batch.played)
        assert batch.metrics()["agentgym/dead_groups"] == 1
        assert batch.metrics()["agentgym/replaced_groups"] == 2
        groups.learn(batch)
        following = groups.play(1, Scripts())
    assert following.groups[0].number == 5
    assert not {g.task.id for g in batch.played} & {g.task.id for g in following.groups}


def test_live_groups_take_the_place_of_dead_ones() -> None:
    with player(groups={"resample": 20}) as groups:
        batch = groups.play(0, Scripts(lambda task, sample: task.index % 3 == 0 and sample == 0))
    assert len(batch.groups) == 3
    assert not any(group.dead for group in batch.groups)
    assert batch.replaced
    assert all(group.dead for group in batch.replaced)
    assert batch.metrics()["agentgym/dead_groups"] == len(batch.replaced) / (3 + len(batch.replaced))
    numbers = [group.number for group in batch.played]
    assert numbers == list(range(len(numbers)))


def test_a_lost_episode_is_replaced_and_never_scored() -> None:
    losses: list[Trajectory] = []
    with player(groups={"top_up": 2}, told=Told(lost=losses.append)) as groups:
        batch = groups.play(0, Scripts(unavailable=lambda task, sample: sample in (1, 2)))
    for group in batch.groups:
        assert [member.sample for member in group.members] == [0, 3, 4, 5]
        assert group.rewards == (1, 0, 1, 1)
        assert (group.lost, group.missing) == (2, 0)
    assert len(losses) == 6
    assert all(loss.reward is None and loss.attempt == 2 for loss in losses)
    metrics = batch.metrics()
    assert (metrics["agentgym/lost"], metrics["agentgym/missing"], metrics["agentgym/reward"]) == (6 / 18, 0, 9 / 12)


def test_what_cannot_be_had_is_a_hole_and_no_zero() -> None:
    with player(groups={"top_up": 1, "per_step": 2}) as groups:
        batch = groups.play(0, Scripts(lambda task, sample: True, unavailable=lambda task, sample: sample > 2))
    for group in batch.groups:
        assert (group.rewards, group.missing, group.lost) == ((1, 1, 1), 1, 2)
    assert batch.metrics()["agentgym/missing"] == 2
    assert batch.metrics()["agentgym/success"] == 1


def test_a_batch_that_is_mostly_lost_stops_and_says_why() -> None:
    with player() as groups:
        before = groups.state()
        with pytest.raises(InfrastructureError, match=r"rails\.lost.*The last one: the server went home"):
            groups.play(0, Scripts(unavailable=lambda task, sample: sample > 0))
        assert groups.state() == before
        assert len(groups.play(0, Scripts()).episodes) == 12


def test_with_nothing_forbidden_a_group_may_be_lost_whole() -> None:
    with player(groups={"top_up": 0, "per_step": 1}, rails={"lost": 1.0}) as groups:
        batch = groups.play(0, Scripts(unavailable=lambda task, sample: True))
    assert (batch.groups[0].members, batch.groups[0].missing, batch.groups[0].dead) == ((), 4, True)
    assert "agentgym/reward" not in batch.metrics()
    assert batch.metrics()["agentgym/lost"] == 1


def test_processes_share_an_update() -> None:
    with player(groups={"per_step": 4}) as groups:
        whole = groups.play(0, Scripts())
        shares = [groups.play(0, Scripts(), groups=2, first=first) for first in (0, 2)]
        joined = Batch.joined(pickle.loads(pickle.dumps(shares)))
        assert told_apart(joined) == told_apart(whole)
        assert [group.number for group in joined.share(1, 2).groups] == [2, 3]
        with pytest.raises(UsageError, match="an update has 4"):
            groups.play(0, Scripts(), groups=2, first=3)


def test_processes_share_the_budget_too_and_all_learn_of_all_groups() -> None:
    settings: dict[str, Any] = {"groups": {"per_step": 3, "resample": 3, "size": 2}, "curriculum": {"enabled": True}}
    with player(**settings) as one, player(**settings) as other:
        dead = Scripts(lambda task, sample: True)
        shares = [
            groups.play(0, dead, groups=count, first=first) for groups, first, count in ((one, 0, 1), (other, 1, 2))
        ]
        whole = Batch.joined(shares)
        assert [group.number for group in whole.played] == [0, 1, 2, 3, 4, 5]
        one.learn(whole)
        other.learn(whole)
        assert one.state() == other.state() != player(**settings).state()
        [course] = one.state()["environments"].values()
        assert course["recent"] == [True] * 12


def test_tasks_without_a_solution_are_played_and_teach_no_level() -> None:
    settings: dict[str, Any] = {"enabled": True, "window": 2, "raise_at": 0.5}
    with player({**MATH, "levels": (3, 4)}, curriculum=settings) as groups:
        tasks = JsonMathEnv.tasks(Split.TRAIN)
        [(env_id, canary)] = [("agentgym/JsonMath-v1", tasks[250])]
        assert (canary.canary, canary.level) == (True, 3)
        won = groups.play(0, Scripts(lambda task, sample: True)).groups[0].members
        groups.learn(Batch(0, [Group(env_id, canary, won, 4)]))
        assert Batch(0, [], levels=groups._curriculum.levels).metrics()["agentgym/level/json-math"] == 3
        groups.learn(Batch(0, [Group(env_id, tasks[30], won, 4, number=1)]))
        assert groups.state()["environments"]["json-math"]["level"] == 4


def test_a_run_goes_on_from_its_state_as_if_it_had_not_stopped() -> None:
    settings: dict[str, Any] = {
        "curriculum": {"enabled": True, "window": 4, "raise_at": 0.5},
        "groups": {"resample": 1},
    }
    with player(**settings) as unbroken, player(**settings) as resumed:
        for step in range(4):
            state = json.loads(json.dumps(unbroken.state()))
            batch = unbroken.play(step, Scripts())
            unbroken.learn(batch)
        resumed.restore(state)
        assert told_apart(resumed.play(3, Scripts())) == told_apart(batch)
    assert batch.levels == {"json-math": 4}


class Lockstep(Scripts):
    """Answers when everybody who is still seated waits, and notes how many did."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.seated = self.waiting = self.answered = 0
        self.given_up = False
        self.asked_at_once: list[list[int]] = []
        self.changed = threading.Condition()

    def round(self, players: int) -> Lockstep:
        self.seated, self.asked_at_once = players, [*self.asked_at_once, []]
        return self

    def __enter__(self) -> Self:
        return self

    def leave(self) -> None:
        with self.changed:
            self.seated -= 1
            assert self.seated >= 0, "a seat was left twice"
            self._settle()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.seated == 0, "a seat was not left"

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        script = super().for_episode(env, seed=seed, sample=sample)
        return _Waiting(self, script)

    def wait(self) -> None:
        with self.changed:
            self.waiting += 1
            turn = self.answered
            self._settle()
            if not self.changed.wait_for(lambda: self.answered > turn, timeout=20):
                self.given_up = True
                raise AssertionError("not all that are seated play")

    def _settle(self) -> None:
        assert self.waiting <= self.seated
        if self.waiting and self.waiting == self.seated:
            self.asked_at_once[-1].append(self.waiting)
            self.waiting = 0
            self.answered += 1
            self.changed.notify_all()


class _Waiting:
    def __init__(self, source: Lockstep, script: Policy) -> None:
        self.source = source
        self.script = script

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        self.source.wait()
        return self.script.act(conversation, tools, deadline=deadline)


def test_in_lockstep_all_of_a_round_are_asked_at_once_whatever_the_concurrency() -> None:
    source = Lockstep(lambda task, sample: sample == 0)
    with player({"name": "counting"}, groups={"concurrency": 1}) as groups:
        batch = groups.play(0, source)
    # The oracle needs three turns, doing nothing one.
    assert source.asked_at_once == [[12, 3, 3]]
    assert [group.rewards for group in batch.groups] == [(1, 0, 0, 0)] * 3


def test_in_lockstep_a_replay_keeps_its_seat_and_further_episodes_make_further_rounds() -> None:
    source = Lockstep(lambda task, sample: sample in (0, 4), unavailable=lambda task, sample: sample == 1)
    with player({"name": "counting"}, groups={"per_step": 2, "resample": 0}) as groups:
        batch = groups.play(0, source)
    assert source.asked_at_once == [[6, 2, 2], [2, 2, 2]]
    assert [[member.sample for member in group.members] for group in batch.groups] == [[0, 2, 3, 4]] * 2


def test_in_lockstep_a_round_that_is_broken_off_leaves_nobody_waiting() -> None:
    class Broken(Lockstep):
        def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
            if sample == 0:
                raise UsageError("this cannot be")
            return super().for_episode(env, seed=seed, sample=sample)

    source = Broken()
    # So many that the first one ends before the last one begins.
    with (
        player({"name": "counting"}, groups={"size": 400, "per_step": 1}) as groups,
        pytest.raises(UsageError, match="this cannot be"),
    ):
        groups.play(0, source)
    assert not source.given_up


def test_an_evaluation_plays_what_it_is_given_and_losses_come_back() -> None:
    tasks = [("agentgym/JsonMath-v1", JsonMathEnv.tasks(Split.EVAL)[index]) for index in range(3)]
    source = Scripts(
        lambda task, sample: task.index > 0, unavailable=lambda task, sample: (task.index, sample) == (2, 1)
    )
    with player() as groups:
        played = groups.evaluate(tasks, source, samples=2, seed=7)
        again = groups.evaluate(tasks, source, samples=2, seed=7)
    assert [(e.task_id, e.sample) for e in played] == [(task.id, sample) for _, task in tasks for sample in range(2)]
    assert [e.success for e in played] == [False, False, True, True, True, False]
    assert [e.failure is None for e in played] == [True] * 5 + [False]
    assert [e.seed for e in played] == [e.seed for e in again]


def test_an_evaluation_in_lockstep_seats_as_many_as_an_update() -> None:
    tasks = [("agentgym/JsonMath-v1", JsonMathEnv.tasks(Split.EVAL)[index]) for index in range(5)]
    source = Lockstep()
    with player(groups={"size": 2, "per_step": 1}) as groups:
        assert len(groups.evaluate(tasks, source, samples=1, seed=0)) == 5
    assert source.asked_at_once == [[2], [2], [1]]


def test_metrics_tell_environments_and_levels_apart() -> None:
    with player({**MATH, "levels": (2,)}, {"name": "counting"}, groups={"per_step": 8}) as groups:
        batch = groups.play(0, Scripts(lambda task, sample: task.family == "sum" or sample == 0))
    metrics = batch.metrics()
    assert metrics["agentgym/success/counting"] == metrics["agentgym/success/counting/level-1"] == 1
    assert metrics["agentgym/success/json-math/level-2"] == 0.25
    assert 0.25 < metrics["agentgym/success"] < 1
    assert (metrics["agentgym/truncated"], metrics["agentgym/malformed_calls"]) == (0, 0)
    assert metrics["agentgym/turns"] == pytest.approx(2, abs=0.3)
    assert all(isinstance(value, float) for value in metrics.values())


def test_canaries_are_no_failures() -> None:
    with player() as groups:
        played = groups.play(0, Scripts(lambda task, sample: True)).groups
        canary = [
            member.model_copy(update={"canary": True}) for member in groups.play(1, Scripts(lambda *_: False)).episodes
        ]
    batch = Batch(0, [*played, Group(played[0].env_id, played[0].task, tuple(canary), 12, number=9)])
    assert batch.metrics()["agentgym/success"] == batch.metrics()["agentgym/reward"] == 1


def test_episodes_are_kept_as_in_run_folders(tmp_path: Path) -> None:
    with player(groups={"per_step": 1}) as groups:
        batch = groups.play(0, Scripts())
    path = tmp_path / "episodes" / "step-000001.jsonl"
    write_episodes(path, batch.episodes)
    assert list(read_episodes(path)) == batch.episodes
    assert [kept.name for kept in path.parent.iterdir()] == [path.name]
    path.write_text("{}\n")
    with pytest.raises(StoreError, match=r"line 1 of .*step-000001\.jsonl is no trajectory"):
        list(read_episodes(path))


def test_wrong_options_are_told_before_anything_is_opened() -> None:
    with pytest.raises(UsageError, match="scratchpat: there is no such option: did you mean 'scratchpad'"):
        player({"name": "json-math", "options": {"scratchpat": False}})


def test_boxes_are_asked_for_only_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    boxes = {"sandbox": {"backend": "docker"}}
    with player(**boxes) as groups:
        groups.preflight()
        assert {episode.sandbox for episode in groups.play(0, Scripts()).episodes} == {"none"}
    with player({"name": "json-math"}, **boxes) as groups, pytest.raises(BackendUnavailable):
        groups.preflight()


def test_a_group_shares_one_prepared_box(bubblewrap_backend: SandboxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    prepare = LinuxConfigEnv.prepare

    def counted(env: LinuxConfigEnv, box: Sandbox, task: Task) -> None:
        prepared.append(task.id)
        prepare(env, box, task)

    monkeypatch.setattr(LinuxConfigEnv, "prepare", counted)
    chosen: dict[str, Any] = {"name": "linux-config", "families": ("permissions",), "levels": (1,)}
    with player(chosen, groups={"size": 3, "per_step": 2}, sandbox={"backend": "bubblewrap"}) as groups:
        groups.preflight()
        batch = groups.play(0, Scripts(lambda task, sample: sample > 0))
    assert [group.rewards for group in batch.groups] == [(0, 1, 1)] * 2
    assert sorted(prepared) == sorted(group.task.id for group in batch.groups)
    assert {episode.sandbox for episode in batch.episodes} == {"bubblewrap"}
