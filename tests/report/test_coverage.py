"""95 % intervals hold the truth about that often, over simulated runs whose truth is known."""

import numpy as np
import pytest
from interval_coverage import Graded, Setting, Simulated, coverage

from agentgym.report.intervals import mean_interval
from agentgym.report.paired import paired
from agentgym.report.power import tasks_needed

RUNS = 1_000
# Of 1,000 runs under a coverage of 95 %, the share varies by 0.7 %.
USUAL = [Setting(50, 4, 0.5, 0.3), Setting(50, 1, 0.2, 0.0), Setting(200, 4, 0.2, 0.3)]
# A bit too wide now and then.
WIDE = [Setting(50, 4, 0.2, 0.3), Setting(200, 4, 0.05, 0.3)]
# Few tasks, or hardly a success, or hardly a failure: there intervals may be too wide, and hardly too narrow.
EXTREME = [Setting(20, 8, 0.05, 0.7), Setting(50, 8, 0.95, 0.7), Setting(20, 4, 0.5, 0.0), Setting(20, 1, 0.2, 0.0)]


@pytest.mark.parametrize("setting", USUAL + WIDE + EXTREME)
def test_intervals_of_a_run_hold_the_truth(setting: Setting) -> None:
    least, most = (0.93, 0.97) if setting in USUAL else (0.93, 0.985) if setting in WIDE else (0.925, 1.0)
    runs = Simulated(setting, runs=RUNS, seed=2)
    found = {"success": runs.success(), "reward": runs.reward(), "cost": runs.cost(), "ratio": runs.cost_ratio()}
    if setting.episodes > 1:
        found |= {"pass@2": runs.pass_at(2), "pass^2": runs.pass_hat(2)}
    shares = {name: coverage(each) for name, each in found.items()}
    assert {name: share for name, share in shares.items() if not least <= share <= most} == {}


def test_resampling_without_imagined_tasks_would_tell_too_narrow_an_interval() -> None:
    assert coverage(Simulated(Setting(20, 4, 0.05, 0.7), runs=RUNS, seed=2).plain()) < 0.8


def test_a_difference_is_within_its_interval_and_rarely_shown_where_there_is_none() -> None:
    runs = Simulated(Setting(50, 2, 0.3, 0.3), runs=RUNS, seed=3)
    held, power = runs.difference(lift=True, runs=RUNS)
    assert 0.93 <= held <= 0.98
    assert power > 0.5
    held, shown = runs.difference(lift=False, runs=RUNS)
    assert 0.93 <= held <= 0.98
    assert shown <= 0.05


@pytest.mark.parametrize("graded", [Graded("even", 50, 1), Graded("sparse", 50, 1), Graded("halves", 20, 4)])
def test_intervals_of_graded_rewards_hold_the_truth_and_show_what_is_there(graded: Graded) -> None:
    assert coverage(graded.mean(runs=RUNS, seed=2)) >= 0.93
    held, power = graded.difference(lift=True, runs=120, seed=5)
    assert held >= 0.9
    assert power > {"even": 0.85, "sparse": 0.3, "halves": 0.7}[graded.kind]
    held, shown = graded.difference(lift=False, runs=120, seed=6)
    assert held >= 0.9
    assert shown <= 0.1


def even(*, lift: float, tasks: int = 50) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return rewards of 0.5 before, and after those that are higher by `lift`, and by 0.05 more or less."""
    noise = np.random.default_rng(1).normal(0, 0.05, tasks)
    noise -= noise.mean()
    return {str(task): [0.5] for task in range(tasks)}, {str(task): [0.5 + lift + noise[task]] for task in range(tasks)}


def test_a_small_difference_of_rewards_that_hardly_vary_is_shown() -> None:
    found = paired(*even(lift=0.036))
    assert found is not None
    assert found.shown
    assert 0.018 <= found.interval.low <= 0.025
    assert 0.047 <= found.interval.high <= 0.054


def test_fewer_tasks_are_needed_where_rewards_hardly_vary() -> None:
    needed = tasks_needed(*even(lift=0.01))
    assert needed is not None
    assert 150 <= needed <= 260


def test_constant_rewards_do_not_make_it_certain() -> None:
    same = {str(task): [0.5] for task in range(20)}
    nothing, everything = paired(same, same), paired(same, {task: [0.6] for task in same})
    assert nothing is not None
    assert everything is not None
    assert nothing.interval.low < -0.04 < 0.04 < nothing.interval.high
    assert 0 < everything.interval.low < 0.08 < 0.12 < everything.interval.high < 0.25
    mean = mean_interval([0.5] * 20, [1] * 20)
    assert mean.low < 0.47 < 0.53 < mean.high
    one = paired({"a": [0.2]}, {"a": [0.5]})
    assert one is not None
    assert one.interval.low < 0


def shown_of(tasks: int, *, runs: int, random: np.random.Generator) -> float:
    """Return how often a difference is shown where 30 % of tasks are gained and 15 % lost."""
    found = 0
    for run in range(runs):
        kinds = random.random(tasks)
        before = {str(task): [float(0.3 <= kind < 0.45)] for task, kind in enumerate(kinds)}
        after = {str(task): [float(kind < 0.3)] for task, kind in enumerate(kinds)}
        difference = paired(before, after, seed=run, resamples=500)
        found += difference is not None and difference.shown
    return found / runs


def test_so_many_tasks_as_are_needed_show_a_difference_4_times_of_5() -> None:
    before = {str(task): [float(6 <= task < 9)] for task in range(20)}
    after = {str(task): [float(task < 6)] for task in range(20)}
    needed = tasks_needed(before, after)
    assert needed is not None
    assert 0.72 <= shown_of(needed, runs=300, random=np.random.default_rng(4)) <= 0.9


def test_nothing_tells_how_many_tasks_are_needed_where_no_difference_was_seen() -> None:
    assert tasks_needed({"a": [1, 0], "b": [0]}, {"a": [0, 1], "b": [0]}) is None
    few = tasks_needed({"a": [0.0], "b": [0.0]}, {"a": [1.0], "b": [1.0]})
    assert few is not None
    assert 3 <= few < 20


def test_tasks_needed_are_2_more_than_the_normal_approximation_tells() -> None:
    before = {str(task): [0.0] for task in range(4)}
    after = {str(task): [float(task < 3)] for task in range(4)}
    # The squared deviations come to 0.75, the imagined task to 1, over 4 tasks; 0.4375 × 2.802² ÷ 0.75² is 6.1.
    assert tasks_needed(before, after) == 9
