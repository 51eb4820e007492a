"""Differences between two policies on the same tasks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from agentgym.report.paired import Paired, paired


def by_task(values: Sequence[float]) -> dict[str, list[float]]:
    return {f"task-{number}": [value] for number, value in enumerate(values)}


def compared(before: Sequence[float], after: Sequence[float]) -> Paired:
    found = paired(by_task(before), by_task(after))
    assert found is not None
    return found


def test_tasks_weigh_the_same_however_many_episodes_they_have() -> None:
    found = paired({"a": [0, 0, 0, 0], "b": [1]}, {"a": [1, 0, 0, 0], "b": [1, 1]})
    assert found is not None
    assert (found.tasks, found.before, found.after, found.difference) == (2, 0.5, 0.625, 0.125)
    assert (found.gained, found.lost) == (1, 0)


def test_only_tasks_that_both_played_count() -> None:
    assert paired({}, {}) is None
    assert paired({"a": [1]}, {"b": [1]}) is None
    assert paired({"a": []}, {"a": [1]}) is None
    found = paired({"a": [1], "b": [0], "c": []}, {"b": [1], "c": [1], "d": [0]})
    assert found is not None
    assert (found.tasks, found.difference) == (1, 1.0)


@pytest.mark.parametrize(("gained", "lost", "ties"), [(5, 0, 10), (6, 2, 0), (1, 0, 3), (3, 3, 4), (14, 0, 0)])
def test_of_few_tasks_the_test_is_exactly_the_sign_test(gained: int, lost: int, ties: int) -> None:
    found = compared([0] * gained + [1] * lost + [1] * ties, [1] * gained + [0] * lost + [1] * ties)
    n, fewer = gained + lost, min(gained, lost)
    exact = min(1.0, 2 * sum(comb(n, k) for k in range(fewer + 1)) / 2**n)
    assert found.p_value == pytest.approx(exact)
    assert (found.gained, found.lost) == (gained, lost)


def test_of_many_tasks_the_test_draws_and_comes_near_the_exact_one() -> None:
    found = compared([0] * 20 + [1] * 10, [1] * 20 + [0] * 10)
    exact = 2 * sum(comb(30, k) for k in range(11)) / 2**30
    assert found.p_value == pytest.approx(exact, abs=0.01)
    assert 0 < compared([0] * 60, [1] * 60).p_value < 0.001


def test_swapping_the_policies_mirrors_everything() -> None:
    dice = random.Random(3)
    before = {str(task): [dice.random() for _ in range(3)] for task in range(40)}
    after = {task: [min(1.0, value + 0.3 * dice.random()) for value in values] for task, values in before.items()}
    there, back = paired(before, after), paired(after, before)
    assert there is not None
    assert back is not None
    assert back.difference == pytest.approx(-there.difference)
    assert (back.interval.low, back.interval.high) == pytest.approx((-there.interval.high, -there.interval.low))
    assert (back.p_value, back.gained, back.lost) == (there.p_value, there.lost, there.gained)


def test_the_same_seed_gives_the_same_in_any_order() -> None:
    before, after = by_task([0, 1] * 20), by_task([1, 1, 0] * 13 + [1])
    turned = dict(reversed(before.items())), dict(reversed(after.items()))
    assert paired(before, after, seed=1) == paired(*turned, seed=1)
    assert paired(before, after, seed=1) != paired(before, after, seed=2)


def test_tasks_that_all_end_alike_do_not_make_it_certain() -> None:
    nothing = compared([0] * 30, [0] * 30)
    assert (nothing.difference, nothing.p_value, nothing.shown) == (0, 1, False)
    assert nothing.interval.low < 0 < nothing.interval.high
    everything = compared([0] * 30, [1] * 30)
    assert 0.8 < everything.interval.low < 1
    assert everything.interval.high == 1


def test_a_difference_is_shown_by_enough_tasks_only() -> None:
    assert not compared([0] * 4, [1] * 4).shown
    assert compared([0] * 20, [1] * 10 + [0] * 10).shown
    assert not compared([0, 1] * 15, [1, 0] * 15).shown


def test_a_larger_scale_widens_the_interval_where_values_may_be_larger() -> None:
    seconds = by_task([10.0] * 12), by_task([12.0] * 12)
    near, far = paired(*seconds), paired(*seconds, scale=30)
    assert near is not None
    assert far is not None
    assert far.interval.high - far.interval.low > near.interval.high - near.interval.low


def outcomes(chances: NDArray[np.float64], episodes: int, dice: np.random.Generator) -> dict[str, list[float]]:
    passed = dice.random((len(chances), episodes)) < chances[:, None]
    return {str(task): list(map(float, row)) for task, row in enumerate(passed)}


@pytest.mark.parametrize(
    ("tasks", "episodes", "base", "lift"), [(30, 1, 0.3, 0.5), (30, 1, 0.1, 0.1), (60, 4, 0.5, 0.0), (100, 2, 0.3, 0.5)]
)
def test_an_interval_of_95_percent_holds_the_truth_about_that_often(
    tasks: int, episodes: int, base: float, lift: float
) -> None:
    dice = np.random.default_rng(7)
    truth, runs, held = (1 - base) * lift, 200, 0
    for run in range(runs):
        chances = dice.beta(base, 1 - base, tasks)
        sides = [outcomes(p, episodes, dice) for p in (chances, chances + (1 - chances) * lift)]
        found = paired(*sides, seed=run, resamples=500)
        assert found is not None
        held += found.interval.low <= truth <= found.interval.high
    assert 0.92 <= held / runs <= 0.99
