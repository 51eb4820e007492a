"""What every family of linux-config keeps, shown on a sample that is another one every day.

`python benchmarks/linux_config.py --gate` plays all.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from linux_config_plays import DAY, solve

from agentgym.checks.tasks import check_task
from agentgym.environments.linux_config import env as linux_config
from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

FOLDER = Path(linux_config.__file__).parent
KINDS_A_DAY = 1
EVAL = list(LinuxConfigEnv.tasks(Split.EVAL))


def of_the_day() -> list[Task]:
    """Some eval tasks of each family, each of another kind, all of them within some days."""
    chosen = []
    for name in FAMILIES:
        tasks = [task for task in EVAL if task.family == name and not task.canary]
        chosen += [tasks[(DAY * KINDS_A_DAY + number) % len(tasks)] for number in range(KINDS_A_DAY)]
    return chosen


SAMPLE = of_the_day()
NAMES = [f"{task.family}/{task.setup['kind']}-{task.index}-day-{DAY}" for task in SAMPLE]


@pytest.mark.slow
@pytest.mark.parametrize("task", SAMPLE, ids=NAMES)
def test_gold_wins_and_neither_nothing_nor_a_cheat_does(task: Task, bubblewrap_backend: SandboxBackend) -> None:
    env = LinuxConfigEnv(sandbox=bubblewrap_backend)
    report = check_task(env, task, lambda line: None, cheats=env.family_cheats(task))
    env.close()
    assert report.faults == ()
    assert report.gold == [1, 1, 1]
    assert report.noop == 0
    assert set(report.cheats.values()) == {0}


@pytest.mark.parametrize("task", SAMPLE, ids=NAMES)
def test_every_ticket_asks_for_something_and_evidence_is_given(task: Task, bubblewrap_backend: SandboxBackend) -> None:
    reward = solve(bubblewrap_backend, task)
    assert [component.name for component in reward.components if component.goal]
    assert reward.goals_earned == []
    assert [component.name for component in reward.components if not component.evidence] == []


def test_there_are_families_enough() -> None:
    assert len(FAMILIES) >= 18


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_kinds_of_every_level_and_cheats(name: str) -> None:
    family = FAMILIES[name]
    levels = Counter(kind.level for kind in family.kinds if not kind.canary)
    trained = {kind.level for kind in family.kinds if not kind.held_out}
    assert set(levels) == set(trained) == {1, 2, 3, 4, 5}
    assert len({kind.name for kind in family.kinds}) == len(family.kinds)
    assert any(kind.held_out for kind in family.kinds)
    assert len(family.cheats) >= 3
    assert not set(family.cheats) & set(LinuxConfigEnv.cheats)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_told_of_where_people_look(name: str) -> None:
    family = FAMILIES[name]
    overview = (FOLDER / "README.md").read_text()
    page = (FOLDER / "families" / name.replace("-", "_") / "README.md").read_text()
    assert re.search(rf"^\| \[{name}\]\(families/{name.replace('-', '_')}/README\.md\) \|", overview, re.MULTILINE)
    assert family.summary in overview
    shown = {kind.name: rf"\*{kind.name}\*" if kind.held_out else kind.name for kind in family.kinds}
    assert [
        name for name, cell in shown.items() if not re.search(rf"^\| ([^|]*, )?{cell}(,| \|)", page, re.MULTILINE)
    ] == []
    assert "Kinds in italics are held out" in page
    assert [root for root in roots(name) if root not in page] == []


def roots(name: str) -> set[str]:
    """Paths of the system that are carried to the grading box on every task of a family."""
    every = [set(map(str, task.setup["roots"])) for task in EVAL if task.family == name]  # type: ignore[arg-type]
    return {root for root in set.intersection(*every) if root.startswith("/etc/")}
