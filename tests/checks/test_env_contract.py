"""The contract passes sound environments, and names the fault of each that has one."""

from __future__ import annotations

import functools
import importlib
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bad_environments import BAD
from counting_gym.env import CountingEnv
from good_environments import Backwards, Sorting

from agentgym.checks import Outcome, check_env
from agentgym.checks.env.needles import Needle, needles_of
from agentgym.checks.env.watched import LostOnPurpose
from agentgym.checks.environment import ENV_CHECKS
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, SandboxLost, UsageError
from agentgym.reward import Component, Reward
from agentgym.task import Split, Task

NAMES = [check.__name__ for check in ENV_CHECKS]
BOXLESS = [env_class for env_class in BAD if env_class.sandbox_spec is None]
BOXED = [env_class for env_class in BAD if env_class.sandbox_spec is not None]
TASKS_ELSEWHERE = "tasks_are_the_same_in_another_process"
VERDICTS_ELSEWHERE = "verdicts_are_the_same_in_another_process"


def expect_caught(env_class: Any, sandbox: Any) -> None:
    [result] = check_env(env_class, sandbox=sandbox, only=[env_class.fails]).results
    assert result.outcome is Outcome.FAILED
    assert re.search(env_class.says, result.why), result.why
    assert result.case.name in result.reproduce


def test_a_sound_environment_without_boxes_passes_and_says_what_it_does() -> None:
    told: list[str] = []
    report = check_env(Backwards, tell=told.append)
    report.raise_for_failures()
    assert [result.case.name for result in report.results] == told == NAMES
    skipped = {result.case.name: result.why for result in report.results if result.outcome is Outcome.SKIPPED}
    assert skipped == {"a_lost_box_leaves_no_reward": "no episode that was played used a box"}


@pytest.mark.bubblewrap
def test_a_sound_environment_with_boxes_passes(bubblewrap_backend: Any) -> None:
    report = check_env(Sorting, sandbox=bubblewrap_backend, tasks=1)
    report.raise_for_failures()
    assert {result.outcome for result in report.results} == {Outcome.PASSED}


@pytest.mark.parametrize("env_class", BOXLESS, ids=lambda env_class: env_class.__name__)
def test_a_fault_is_named(env_class: type[AgentEnv]) -> None:
    expect_caught(env_class, "auto")


@pytest.mark.bubblewrap
@pytest.mark.parametrize("env_class", BOXED, ids=lambda env_class: env_class.__name__)
def test_a_fault_in_boxes_is_named(env_class: type[AgentEnv], bubblewrap_backend: Any) -> None:
    expect_caught(env_class, bubblewrap_backend)


def test_a_check_or_backend_of_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'noop_scores_zero'"):
        check_env(Backwards, only=["noop_score_zero"])
    with pytest.raises(UsageError, match="did you mean 'bubblewrap'"):
        check_env(Backwards, sandbox="bublewrap")


def test_a_failure_says_which_task_seed_and_command_show_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountingEnv, "noop", CountingEnv.oracle)
    report = check_env(CountingEnv, only=["noop_scores_zero"], tasks=3, seed=7)
    [failure] = report.failures
    again = "python -m agentgym.rollout counting --policy noop --split demo --tasks 3 --seed 7"
    assert (failure.task, failure.seed, failure.reproduce) == ("counting/demo/000000", 7, again)
    assert f"task counting/demo/000000, seed 7; again: {again}" in str(report)
    with pytest.raises(AssertionError, match="again: python -m"):
        report.raise_for_failures()


def test_a_class_that_no_other_process_can_find_is_skipped_with_the_reason() -> None:
    class Hidden(Backwards):
        pass

    for env_class in (Hidden, RENAMED):
        [result] = check_env(env_class, only=[TASKS_ELSEWHERE]).results
        assert result.outcome is Outcome.SKIPPED
        assert "define it at the top of a module" in result.why


class LosesItsVerdicts(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        raise SandboxLost("the engine stopped")


class LosesThemElsewhere(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        if abs(time.localtime().tm_gmtoff) > 11 * 3600:
            raise SandboxLost("the engine stopped")
        return super().verify(task, *arguments)


@pytest.mark.parametrize(
    ("env_class", "check"), [(LosesItsVerdicts, "noop_scores_zero"), (LosesThemElsewhere, VERDICTS_ELSEWHERE)]
)
def test_what_the_world_takes_away_is_no_failure_and_shows_nothing(env_class: type[AgentEnv], check: str) -> None:
    report = check_env(env_class, only=[check])
    [result] = report.lost
    assert re.search("^lost to the world: .*the engine stopped", result.why)
    assert (report.failures, report.ok) == ([], False)
    with pytest.raises(InfrastructureError, match=r"fails no check, but 1 of 1 show nothing:\n.*the engine stopped"):
        report.raise_for_failures()


def test_what_failed_is_told_before_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LosesItsVerdicts, "cheats", {})
    report = check_env(LosesItsVerdicts, only=["noop_scores_zero", "no_cheat_scores"])
    with pytest.raises(AssertionError, match=r"fails 1 of 2 checks:\n.*ships no cheats[\s\S]*lost to the world"):
        report.raise_for_failures()


class NeverForgetsALoss(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        raise LostOnPurpose("by a check before")


def test_what_a_check_lost_on_purpose_is_no_excuse() -> None:
    [result] = check_env(NeverForgetsALoss, only=["noop_scores_zero"]).results
    assert (result.outcome, result.why) == (Outcome.FAILED, "LostOnPurpose: by a check before")


class Talkative(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        print("judging")
        os.write(1, b"judged\n")
        return super().verify(task, *arguments)


def renamed() -> type[AgentEnv]:
    class Inner(Backwards):
        pass

    Inner.__qualname__ = "Talkative"
    return Inner


RENAMED = renamed()


class LeavesADaemon(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        if task.split is Split.DEMO and abs(time.localtime().tm_gmtoff) > 11 * 3600:
            daemon = subprocess.Popen(["sleep", "3600"])
            Path(os.environ["DAEMONS"], str(daemon.pid)).touch()
        return super().verify(task, *arguments)


def test_what_an_environment_leaves_running_elsewhere_ends_with_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAEMONS", str(tmp_path))
    check_env(LeavesADaemon, only=[VERDICTS_ELSEWHERE]).raise_for_failures()
    daemons = list(tmp_path.iterdir())
    assert daemons
    until = time.monotonic() + 20
    while time.monotonic() < until and any(_runs(int(daemon.name)) for daemon in daemons):
        time.sleep(0.05)
    assert not [daemon for daemon in daemons if _runs(int(daemon.name))]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


SHADOWED = """
from good_environments import Backwards

class Shadowed(Backwards):
    id = "sound/{}-v1"
    @classmethod
    def draw(cls, split, rng, index):
        return super().draw(split, rng, index).model_copy(update={{"prompt": "{}"}})
"""


def test_the_same_code_is_asked_elsewhere_whatever_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("mine", "other"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "shadowed_gym.py").write_text(SHADOWED.format(version, version))
    monkeypatch.syspath_prepend(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "other")
    module = importlib.import_module("shadowed_gym")
    check_env(module.Shadowed, only=[TASKS_ELSEWHERE]).raise_for_failures()
    monkeypatch.delitem(sys.modules, "shadowed_gym")


UNGUARDED = """
from agentgym.checks import check_env
from good_environments import Backwards

class Mine(Backwards):
    pass

print(check_env(Mine, tasks=1, only=["{}"]))
"""


def test_a_script_that_calls_for_checks_unguarded_is_told_what_to_write(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED.format(TASKS_ELSEWHERE))
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, **path}, capture_output=True, text=True, check=True
    )
    assert f"skipped {TASKS_ELSEWHERE}" in done.stdout
    assert 'put the call of check_env under `if __name__ == "__main__":`' in done.stdout


class Scaled(Backwards):
    def __init__(self, scale: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale = scale

    def verify(self, task: Task, *arguments: Any) -> Reward:
        judged = super().verify(task, *arguments)
        return Reward.of([*judged.components, Component(name="scale", value=self.scale, hard=False)])


def test_what_an_environment_prints_and_its_options_reach_other_processes_apart() -> None:
    only = [VERDICTS_ELSEWHERE]
    for make in (Talkative, functools.partial(Scaled, scale=0.5), functools.partial(Scaled, sandbox="bubblewrap")):
        [result] = check_env(make, only=only).results
        assert (result.outcome, result.why) == (Outcome.PASSED, "")
    [result] = check_env(lambda **given: Scaled(0.5, **given), only=only).results
    assert result.outcome is Outcome.SKIPPED
    assert "functools.partial" in result.why


class Guessing(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        return super().draw(split, rng, index).model_copy(update={"secret": {"backwards": rng.choice("ab")}})


class Choosing(Backwards):
    """Which of several numbers is the largest: the answer stands in the prompt by its nature."""

    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        numbers = [str(rng.randrange(10**4, 10**5)) for _ in range(4)]
        update = {"prompt": f"Which is the largest: {', '.join(numbers)}?", "secret": {"backwards": max(numbers)}}
        return super().draw(split, rng, index).model_copy(update={"setup": {}, **update})


def test_gold_that_could_be_anything_is_not_looked_for_and_that_is_said() -> None:
    [result] = check_env(Guessing, only=["nothing_secret_is_within_reach"]).results
    assert (result.outcome, result.why[:28]) == (Outcome.SKIPPED, "the secrets of 120 tasks hav")


def test_a_check_that_passes_tells_how_much_it_looked_for_and_a_choice_gives_nothing_away() -> None:
    [result] = check_env(Choosing, only=["nothing_secret_is_within_reach"]).results
    told = "looked for 0 long and 120 short texts of the secrets of 120 tasks"
    assert (result.outcome, result.why) == (Outcome.PASSED, told)


def test_what_is_disclosed_is_no_secret_and_all_else_is_looked_for() -> None:
    gold, shape = "an answer of some length", "a shape of some length"
    rows = [{"gold": gold, "shape": shape}]
    [task] = Backwards.tasks(Split.DEMO)[:1]
    task = task.model_copy(update={"prompt": f"Fit {shape}. Not {gold}.", "secret": {"rows": rows}})
    assert [needle.place for needle in needles_of(task, {"rows.shape"}).told] == ["rows[0].gold"]
    assert not needles_of(task, {"rows"}).told
    assert {needle.place for needle in needles_of(task, set()).told} == {"rows[0].gold", "rows[0].shape"}


def test_a_text_is_known_again_by_its_lines_in_their_order() -> None:
    needle = Needle("tests", "first line\nsecond line\nthird line")
    assert needle.is_in("  first line\r\n  second line\r\n\r\n  third line\r\n")
    assert needle.is_in(r'{"tests": "first line\nsecond line\nthird line"}')
    assert not needle.is_in("third line\nfirst line\nsecond line")
