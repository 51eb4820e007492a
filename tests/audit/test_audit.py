"""An audit finds no fault where there is none, names those that there are, and says it in every form."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from audited import (
    AlwaysOne,
    BreaksOnEarlySubmits,
    HardLevels,
    IsLostElsewhere,
    MeasuresAtRandom,
    PassesCanaries,
    ShipsNoCheats,
    TellsTheTime,
    WithCanaries,
    WithoutAnOracle,
    audited,
)
from counting_gym.env import CountingEnv

from agentgym import plugins
from agentgym.audit import panel, words
from agentgym.audit.audit import audit
from agentgym.audit.drawn import draw
from agentgym.audit.duplicates import near_duplicates
from agentgym.audit.openenv import MEANINGS, in_openenv_form
from agentgym.audit.plays import UNREPEATABLE, play_all
from agentgym.audit.profile import difficulty
from agentgym.audit.report import AuditReport, Finding, Outcome, Verdict
from agentgym.audit.sets import splits_hold_what_they_say, tasks_differ
from agentgym.audit.target import Extent, Target
from agentgym.env import AgentEnv
from agentgym.errors import BackendUnavailable
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task, TaskSet


@cache
def report_of(env_class: type[AgentEnv]) -> AuditReport:
    return audited(env_class)


def failed(report: AuditReport) -> set[str]:
    return {finding.name for finding in report.of(Outcome.FAILED)}


def status(report: AuditReport, check_id: str) -> str:
    return next(result.status for result in report.openenv.results if result.check_id == check_id)


def test_no_fault_is_found_in_a_sound_environment() -> None:
    report = report_of(CountingEnv)
    assert failed(report) == set()
    assert report.verdict is Verdict.SOUND
    assert report.openenv.verdict == "pass", report.openenv
    assert report.gate.passed == report.gate.tasks == 3
    assert report.panel.gained is not None
    assert (report.panel.gained.hit, report.panel.gained.tasks) == (0, 3)


def test_a_verifier_that_gives_everything_away_is_told_by_name() -> None:
    report = report_of(AlwaysOne)
    assert {"noop_scores_zero", "no_attack_pays", "doing_nothing_is_worth_less"} <= failed(report)
    assert report.verdict is Verdict.FAULTY
    assert report.gate.passed == 0
    assert report.panel.solved is not None
    assert report.panel.solved.hit == 3
    assert status(report, "semantic.floor_gap") == "fail"
    assert status(report, "semantic.oracle_max") == "pass"
    warned = {finding.name for finding in report.of(Outcome.WARNED)}
    assert "rewards_say_what_was_judged" in warned
    assert report.openenv.verdict == "fail"


def test_the_whole_panel_plays_the_cheats_and_misses_them_where_there_are_none() -> None:
    sound, without = (audited(env_class, families=()) for env_class in (CountingEnv, ShipsNoCheats))
    assert [finding.name for finding in sound.findings].count("no_cheat_scores") == 1
    assert "no_cheat_scores" not in failed(sound)
    assert failed(without) == {"no_cheat_scores"}
    assert "no cheat was played" in without.of(Outcome.FAILED)[0].why
    assert "no_cheat_scores" in failed(audited(AlwaysOne, families=()))


def test_the_contract_plays_the_cheats_where_the_panel_does_not() -> None:
    report = audited(ShipsNoCheats, families=("null",))
    assert [each.why for each in report.of(Outcome.FAILED)] == [
        "the environment ships no cheats, so nothing shows that its grading holds"
    ]


def test_canaries_are_attacked_beside_the_tasks_whose_share_is_told() -> None:
    panel = report_of(WithCanaries).panel
    assert panel.canaries
    assert panel.gained is not None
    assert panel.gained.tasks == len({each.task_id for each in panel.played}) - len(panel.canaries) == 3


def test_answers_that_change_by_themselves_are_told_and_void_what_builds_on_them() -> None:
    report = report_of(TellsTheTime)
    assert "the_same_messages_see_the_same" in failed(report)
    assert status(report, "runtime.episode_determinism") == "fail"
    assert status(report, "semantic.oracle_max") == "skip"


def test_numbers_at_random_are_told() -> None:
    report = report_of(MeasuresAtRandom)
    assert "the_same_messages_see_the_same" in failed(report)
    assert status(report, "runtime.episode_determinism") == "fail"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 12:30:01", "at 12:30:09"),
        ("Nov 22 13:16 notes", "Nov 23 09:01 notes"),
        ("2 passed in 0.03s", "2 passed in 1.20s"),
        ("nginx, pid 123", "nginx, pid 77"),
        ("root  12  0.0  0.1 ? Ss 13:01 0:00 sh", "root  9  0.0  0.1 ? Ss 13:02 0:00 sh"),
        ("object at 0x7f00aa", "object at 0x55bbcc"),
    ],
)
def test_what_no_run_repeats_is_no_difference(one: str, other: str) -> None:
    assert UNREPEATABLE.sub("", one) == UNREPEATABLE.sub("", other) != one


def test_without_an_oracle_nobody_says_sound_alone() -> None:
    report = report_of(WithoutAnOracle)
    assert report.verdict is Verdict.SOUND
    assert words.lead(report) == "sound, as far as it could be judged"
    assert "that its tasks can be solved could not be judged: the environment has no oracle" in words.verdict(report)


def test_an_attack_that_has_no_verdict_is_a_fault() -> None:
    report = report_of(BreaksOnEarlySubmits)
    assert {"attacks_are_judged", "episodes_are_judged"} <= failed(report)
    assert status(report, "runtime.reward_well_formed") == "fail"
    unjudged = [each for each in report.panel.played if each.fault]
    assert unjudged
    assert all(each.value is None for each in unjudged)


def test_a_check_that_the_world_took_away_leaves_the_verdict_open() -> None:
    report = report_of(IsLostElsewhere)
    [lost] = report.of(Outcome.LOST)
    assert lost.name == "verdicts_are_the_same_in_another_process"
    assert report.verdict is Verdict.UNKNOWN


def test_a_canary_that_is_passed_is_a_fault_and_nobodys_success() -> None:
    faulty, sound = report_of(PassesCanaries), report_of(WithCanaries)
    finding = next(each for each in faulty.findings if each.name == "canaries_hold")
    assert finding.outcome is Outcome.FAILED
    assert "noop passes counting/" in finding.why
    assert "submit-at-once passes counting/demo/000001" in finding.why
    assert status(faulty, "semantic.canary_floor") == "fail"
    assert status(sound, "semantic.canary_floor") == "pass"
    assert sound.gate.tasks == 3
    assert sum(level.played for level in sound.difficulty.levels) == 3
    assert sum(split.canaries for split in sound.splits) == 6


def test_the_profile_tells_levels_apart() -> None:
    drawn = draw(Target("counting", HardLevels), Extent(tasks=2, drawn=4))
    env = HardLevels()
    plays = play_all(env, drawn.played, lambda line: None, policy=None, seed=0)
    easy, hard = difficulty(drawn.tasks, plays).levels
    assert (easy.level, easy.oracle, easy.played) == (1, 3, 3)
    assert (hard.level, hard.oracle, hard.played) == (2, 0, 3)
    assert easy.oracle_calls == 3
    assert easy.noop == 0


def test_the_document_reads_back_and_every_openenv_id_is_of_the_policy() -> None:
    report = report_of(AlwaysOne)
    assert AuditReport.model_validate_json(report.model_dump_json()) == report
    ids = [result.check_id for result in report.openenv.results]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(MEANINGS)


def test_nothing_is_claimed_that_was_not_measured() -> None:
    only = [Finding(name="a_seed_decides_the_task", states="…", outcome=Outcome.PASSED)]
    told = in_openenv_form("x", only)
    assert [result.check_id for result in told.results] == ["runtime.seed_control"]
    assert told.verdict == "pass"
    half = [Finding(name="tools_are_described", states="…", outcome=Outcome.PASSED)]
    assert in_openenv_form("x", half).results == ()
    lost = in_openenv_form("x", [only[0].model_copy(update={"outcome": Outcome.LOST})])
    assert (lost.results[0].status, lost.verdict) == ("error", "fail")
    warned = in_openenv_form("x", [Finding(name="episodes_can_be_kept", states="…", outcome=Outcome.WARNED)])
    assert (warned.results[0].status, warned.verdict) == ("fail", "warn")


def test_candidates_are_counted() -> None:
    splits = {split.split: split for split in report_of(CountingEnv).splits}
    assert splits[Split.DEMO].drawn == 4
    demo, train = splits[Split.DEMO].candidates, splits[Split.TRAIN].candidates
    assert demo is not None
    assert train is not None
    assert demo > train >= 12


def test_the_verdict_is_told_in_a_sentence() -> None:
    assert words.verdict(report_of(CountingEnv)).startswith("No fault was found by ")
    assert "`noop_scores_zero`" in words.verdict(report_of(AlwaysOne))
    assert words.hackability(report_of(AlwaysOne)).endswith("get the whole reward on 3 of 3 [37–100 %].")


def test_a_world_that_is_gone_ends_the_audit_without_a_verdict() -> None:
    class Gone(CountingEnv):
        def verify(self, *arguments: object) -> object:
            raise BackendUnavailable("the engine stopped")

    env = Gone()
    drawn = draw(Target("counting", Gone), Extent(tasks=1, drawn=4))
    with pytest.raises(BackendUnavailable):
        play_all(env, drawn.played, lambda line: None, policy=None, seed=0)


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_boxes_and_their_walls_are_audited_too(bubblewrap_backend: SandboxBackend) -> None:
    from agentgym.bridges.inward.folder import environment

    folder = Path(__file__).parents[2] / "agentgym/scaffold/new-world"
    extent = Extent(tasks=1, drawn=3, families=("own",))
    report = audit(
        Target(f"folder:{folder}", environment(str(folder))), bubblewrap_backend, extent=extent, tell=lambda line: None
    )
    assert failed(report) == set()
    assert report.sandbox == "bubblewrap"
    ids = {result.check_id for result in report.openenv.results}
    assert {"runtime.network_policy", "runtime.host_containment", "runtime.resource_bounds"} <= ids


def test_the_page_of_the_docs_lists_every_openenv_id_and_what_measures_it() -> None:
    text = (Path(__file__).parents[2] / "docs/how-to/audit.md").read_text()
    rows = re.findall(r"^\| (`(?:static|runtime|semantic)[^|]*) \| ([^|]*) \|$", text, flags=re.MULTILINE)
    told = {check_id: re.findall(r"`(\w+)`", by) for ids, by in rows for check_id in re.findall(r"`([\w.]+)`", ids)}
    assert told == {check_id: [*meaning.findings] for check_id, meaning in MEANINGS.items()}
    warns = {check_id for ids, _ in rows if "(warn)" in ids for check_id in re.findall(r"`([\w.]+)`", ids)}
    assert warns == {check_id for check_id, meaning in MEANINGS.items() if meaning.warns}


def test_near_duplicates_are_told_apart_from_tasks_of_one_frame() -> None:
    def task(split: Split, index: int, text: str) -> Task:
        prompt = f"{frame} {text}"
        return Task(id=f"x/{split}/{index:06d}", split=split, index=index, family="f", level=1, prompt=prompt)

    frame = " ".join(f"frame{i}" for i in range(900))
    others = [" ".join(f"w{number * 97 + i}" for i in range(60)) for number in range(30)]
    tasks = [task(Split.TRAIN, index, text) for index, text in enumerate(others)]
    assert near_duplicates(tasks).pairs == ()
    leaked = near_duplicates([*tasks, task(Split.EVAL, 0, f"{others[3]} more"), task(Split.EVAL, 1, "short")])
    assert [(pair.one, pair.other, pair.across) for pair in leaked.pairs] == [("x/eval/000000", "x/train/000003", True)]
    assert (leaked.evaluated, leaked.evaluated_in_train, leaked.too_small) == (2, 1, 1)


def story(split: Split, index: int, text: str, gold: int) -> Task:
    prompt = f"[{index * 7919 + sum(map(ord, split))}] {text}"
    return Task(
        id=f"x/{split}/{index:06d}", split=split, index=index, family="f", level=1, prompt=prompt, secret={"gold": gold}
    )


def test_few_stories_with_a_number_in_front_are_near_duplicates() -> None:
    stories = [" ".join(f"word{'abcde'[k]}{chr(97 + i)}" for i in range(26)) for k in range(5)]
    tasks = [story(split, i, stories[i % 5], i % 5) for split in Split for i in range(20)]
    found = near_duplicates(tasks)
    assert (found.evaluated_in_train, found.too_small) == (40, 0)
    assert tasks_differ(found, tasks).outcome is Outcome.WARNED


def test_tasks_that_have_nothing_of_their_own_cannot_be_compared() -> None:
    tasks = [story(split, i, "is to be added to 17.", i) for split in Split for i in range(20)]
    finding = tasks_differ(near_duplicates(tasks), tasks)
    assert finding.outcome is Outcome.SKIPPED
    assert finding.why == "cannot tell: 60 of 60 tasks have too little of their own to be compared"


def test_what_a_twentieth_of_the_tasks_share_is_no_frame() -> None:
    shared = " ".join(f"shared{i}" for i in range(60))
    others = [" ".join(f"w{n}x{i}" for i in range(60)) for n in range(190)]
    tasks = [story(Split.TRAIN, i, text, i) for i, text in enumerate([shared] * 10 + others)]
    assert near_duplicates(tasks).pairs_in_all == 45


def test_sets_that_are_not_what_they_say_are_told() -> None:
    class Endless(CountingEnv):
        @classmethod
        def tasks(cls, split: Split) -> TaskSet:
            tasks = super().tasks(split)

            class Wrong(TaskSet):
                def __getitem__(self, index: int) -> Task:  # type: ignore[override]
                    return tasks[index % 4].model_copy(update={"index": 0})

            return Wrong(split, 4, lambda i: tasks[i])

    why = splits_hold_what_they_say(Endless).why
    assert "task 3 of demo says that it is 0 of demo" in why
    assert "demo has 4 tasks and gives one beyond them" in why
    assert splits_hold_what_they_say(CountingEnv).outcome is Outcome.PASSED


@pytest.mark.parametrize("every_s", [0.0, 3600.0])
def test_attacks_are_told_now_and_then_and_the_first_on_each_task_at_once(
    every_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "TELL_EVERY_S", every_s)
    told: list[str] = []
    extent = Extent(tasks=1, drawn=3, families=("null",))
    report = audit(Target("counting", CountingEnv), None, extent=extent, tell=told.append)
    attacks = [line for line in told if ": attack " in line]
    assert len(report.panel.played) > 3
    assert len(attacks) == (3 if every_s else len(report.panel.played))
    assert {line.partition(",")[0] for line in attacks} == {f"task {number} of 3" for number in (1, 2, 3)}


def test_an_environment_without_an_oracle_is_sound_here_and_fails_by_the_rfc() -> None:
    name = "gymnasium:FrozenLake-v1?is_slippery=false&success=1"
    target = Target(name, plugins.environment_class(plugins.find_environment(name)))
    report = audit(target, None, extent=Extent(tasks=1, drawn=3, families=("null",)), tell=lambda line: None)
    assert failed(report) == set()
    assert report.gate.tasks == 0
    results = {result.check_id: result for result in report.openenv.results}
    assert results["semantic.oracle_max"].status == "fail"
    assert "no oracle" in " ".join(results["semantic.oracle_max"].evidence)
    assert report.openenv.verdict == "fail"
