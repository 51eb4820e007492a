"""Which tasks are drawn, and how levels move; no task is played."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.errors import UsageError
from agentgym.task import Split
from agentgym.trainers.play.curriculum import Curriculum
from agentgym.trainers.settings import CurriculumSettings, EnvironmentSettings

MATH, REPAIR = "agentgym/JsonMath-v1", "agentgym/CodeRepair-v1"


def curriculum(*environments: dict[str, Any], seed: int = 0, **settings: Any) -> Curriculum:
    played = [EnvironmentSettings(**given) for given in environments or ({"name": "json-math"},)]
    return Curriculum(played, CurriculumSettings(**settings), seed=seed)


def moving(**settings: Any) -> Curriculum:
    return curriculum(enabled=True, **{"window": 4, "raise_at": 0.75, "lower_at": 0.25, "review": 0.0, **settings})


def test_environments_come_by_weight_evenly_at_every_time() -> None:
    weighted = curriculum(
        {"name": "json-math", "weight": 3}, {"name": "code-repair"}, {"name": "counting", "weight": 1}
    )
    drawn = [weighted.draw(number).env_id for number in range(250)]
    assert Counter(drawn)[MATH] == pytest.approx(150, abs=3)
    assert Counter(drawn)[REPAIR] == pytest.approx(50, abs=3)
    for begin in range(0, 240, 20):
        assert Counter(drawn[begin : begin + 20])[MATH] == pytest.approx(12, abs=2)


def test_a_draw_hangs_on_seed_and_number_alone_whatever_was_asked_before() -> None:
    one, other = curriculum(seed=5), curriculum(seed=5)
    backwards = [one.draw(number) for number in reversed(range(12))][::-1]
    assert backwards == [other.draw(number) for number in range(12)]
    assert backwards != [curriculum(seed=6).draw(number) for number in range(12)]


def test_no_task_comes_twice_before_all_came_once_and_then_in_another_order() -> None:
    tasks = CodeRepairEnv.tasks(Split.TRAIN)
    family = min(Counter(tasks.kind(index).family for index in range(len(tasks))).items(), key=lambda item: item[1])[0]
    all_of_it = sorted(tasks.lap(seed=0, families=[family]))
    chosen = curriculum({"name": "code-repair", "families": (family,)})
    laps = []
    for lap in range(2):
        # Noted as played in uneven steps, which must not change what comes.
        drawn = []
        for number in range(lap * len(all_of_it), (lap + 1) * len(all_of_it)):
            drawn.append(chosen.draw(number).task.index)
            if number % 7 == 3:
                chosen.advance(number + 1)
        laps.append(drawn)
    assert sorted(laps[0]) == sorted(laps[1]) == all_of_it
    assert laps[0] != laps[1]


def test_tasks_without_a_solution_come_in_their_share() -> None:
    # One train task of 251 is one, all of this level, and a fifth of the tasks are.
    level = curriculum({"name": "json-math", "levels": (3,)})
    assert 3 < sum(level.draw(number).task.canary for number in range(500)) < 20


def test_levels_rise_and_fall_by_what_came_after_the_last_move() -> None:
    course = moving()
    assert course.levels == {"json-math": 1}
    course.learn(MATH, 1, [True, True, True])
    assert course.levels == {"json-math": 1}, "the window is not full"
    course.learn(MATH, 1, [False])
    assert course.levels == {"json-math": 2}
    course.learn(MATH, 2, [True, False, True, False])
    assert course.levels == {"json-math": 2}
    course.learn(MATH, 1, [True] * 8)
    assert course.levels == {"json-math": 2}, "what was drawn at another level says nothing of this one"
    course.learn(MATH, 2, [False, False])
    assert course.levels == {"json-math": 1}
    course.learn(MATH, 1, [False] * 8)
    assert course.levels == {"json-math": 1}, "there is nothing below"


def test_the_highest_level_is_the_last() -> None:
    course = moving()
    for level in (1, 2, 3, 4, 5):
        course.learn(MATH, level, [True] * 4)
    assert course.levels == {"json-math": 5}
    course.learn(MATH, 5, [True] * 4)
    assert course.levels == {"json-math": 5}


def test_tasks_are_of_the_level_and_some_of_those_passed() -> None:
    course = moving(review=0.3)
    assert {course.draw(number).task.level for number in range(50)} == {1}
    course.advance(50)
    course.learn(MATH, 1, [True] * 4)
    course.learn(MATH, 2, [True] * 4)
    levels = Counter(course.draw(number).task.level for number in range(50, 350))
    assert set(levels) == {1, 2, 3}
    assert levels[1] + levels[2] == pytest.approx(90, abs=30)


def test_without_a_curriculum_nothing_moves() -> None:
    course = curriculum(window=1)
    course.learn(MATH, 1, [True] * 50)
    assert {course.draw(number).task.level for number in range(40)} == {1, 2, 3, 4, 5}


def test_an_interrupted_curriculum_goes_on_as_an_unbroken_one() -> None:
    mixture = ({"name": "json-math"}, {"name": "code-repair"})
    settings: dict[str, Any] = {"enabled": True, "window": 8, "review": 0.2}
    unbroken, drawn, states = curriculum(*mixture, **settings), [], []
    for step in range(12):
        states.append(json.loads(json.dumps(unbroken.state())))
        for number in range(4 * step, 4 * step + 4):
            drawn.append(unbroken.draw(number))
        unbroken.advance(4 * step + 4)
        for draw in drawn[-4:]:
            unbroken.learn(draw.env_id, draw.task.level, [draw.task.index % 3 > 0] * 2 + [True] * 2)
    assert unbroken.levels["json-math"] > 1
    resumed = curriculum(*mixture, **settings)
    resumed.restore(states[6])
    assert [resumed.draw(number) for number in range(24, 28)] == drawn[24:28]
    assert resumed.state() == states[6]


def test_what_was_played_is_not_drawn_again() -> None:
    course = curriculum()
    course.advance(8)
    with pytest.raises(ValueError, match="group 7 has been played"):
        course.draw(7)


def test_a_state_of_another_run_is_refused() -> None:
    state = curriculum({"name": "code-repair"}).state()
    with pytest.raises(UsageError, match="state is of code-repair; this run trains on json-math"):
        curriculum().restore(state)
    with pytest.raises(UsageError, match="has json-math at level 5"):
        moving().restore(
            {**curriculum().state(), "environments": {"json-math": {"level": 5, "recent": [], "taken": {"all": 1}}}}
        )
    with pytest.raises(UsageError, match="cannot be read"):
        curriculum().restore({"cursor": 1})


def test_every_fault_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as told:
        curriculum(
            {"name": "json-math", "families": ("arithmetc", "sums"), "levels": (1, 9)},
            {"name": "linux-confg"},
            {"name": "gauntlet"},
            {"name": "agentgym/Gauntlet-v1"},
            enabled=True,
            raise_at=0.2,
            lower_at=0.2,
        )
    lower, family, level, name, twice = told.value.faults
    assert "lower_at is 0.2 and raise_at 0.2" in lower
    assert "json-math: there is no family named 'arithmetc': did you mean 'arithmetic'?" in family
    assert "json-math: there is no train task of level 9: they are of 1, 2, 3, 4, 5" in level
    assert "did you mean 'linux-config'?" in name
    assert "gauntlet stands there 2 times" in twice


def test_a_family_that_has_no_task_of_the_levels_is_told() -> None:
    with pytest.raises(UsageError, match="tasks of all are of the levels 5, of none that is asked for"):
        curriculum({"name": "gauntlet", "families": ("all",), "levels": (2,)})


def test_a_single_task_is_nothing_to_train_on() -> None:
    tasks = CodeRepairEnv.tasks(Split.TRAIN)
    counted = Counter(tasks.kind(index) for index in range(len(tasks)))
    family, level = next(kind for kind, count in counted.items() if count == 1)
    with pytest.raises(UsageError, match="fewer than two tasks"):
        curriculum({"name": "code-repair", "families": (family,), "levels": (level,)})
