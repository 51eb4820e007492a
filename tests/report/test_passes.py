"""pass@k and pass^k against the formulas and against every choice of k episodes."""

from itertools import combinations
from math import comb, prod
from statistics import fmean

import pytest

from agentgym.report.passes import pass_at_k, pass_hat_k, passes, usual_episodes
from agentgym.report.summary import success_interval


@pytest.mark.parametrize("episodes", [1, 3, 6])
def test_both_are_what_every_choice_of_k_episodes_comes_to(episodes: int) -> None:
    for successes in range(episodes + 1):
        ended = [number < successes for number in range(episodes)]
        for k in range(1, episodes + 1):
            choices = list(combinations(ended, k))
            assert pass_at_k(episodes, successes, k) == pytest.approx(fmean(map(any, choices)))
            assert pass_hat_k(episodes, successes, k) == pytest.approx(fmean(map(all, choices)))


@pytest.mark.parametrize(("n", "c", "k"), [(200, 13, 1), (200, 13, 10), (200, 13, 100), (200, 0, 5), (10, 10, 3)])
def test_pass_at_k_is_that_of_chen_et_al(n: int, c: int, k: int) -> None:
    # The paper's own program: 1 - prod(1 - k / arange(n - c + 1, n + 1)), and 1 where n - c < k.
    exact = 1.0 if n - c < k else 1 - prod(1 - k / i for i in range(n - c + 1, n + 1))
    assert pass_at_k(n, c, k) == pytest.approx(exact, abs=1e-12)


def test_on_average_both_are_the_true_chances() -> None:
    n, k, chance = 7, 3, 0.3
    shares = [comb(n, c) * chance**c * (1 - chance) ** (n - c) for c in range(n + 1)]
    assert sum(share * pass_at_k(n, c, k) for c, share in enumerate(shares)) == pytest.approx(1 - 0.7**3)
    assert sum(share * pass_hat_k(n, c, k) for c, share in enumerate(shares)) == pytest.approx(0.3**3)


@pytest.mark.parametrize(("episodes", "successes", "k"), [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_what_nothing_tells_is_refused(episodes: int, successes: int, k: int) -> None:
    for of in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="nothing tells"):
            of(episodes, successes, k)


def test_k_goes_up_to_what_most_tasks_have() -> None:
    assert usual_episodes([6, 6, 1]) == 6
    assert usual_episodes([6, 1]) == 6
    assert usual_episodes([6, 1, 1]) == 1
    found = passes({"a": [True] * 3 + [False] * 3, "b": [False] * 6, "c": [True], "d": []})
    assert [(each.k, each.tasks) for each in found] == [(1, 3), (2, 2), (4, 2), (6, 2)]
    assert found[1].any == pytest.approx((pass_at_k(6, 3, 2) + 0) / 2)
    assert found[3].all == 0
    assert passes({"a": []}) == ()


def test_one_try_has_the_interval_of_the_success_rate() -> None:
    ended = {str(task): [task % 3 == 0, task % 2 == 0] for task in range(20)}
    once, twice = passes(ended)
    assert (once.any, once.all) == (pytest.approx(17 / 40), pytest.approx(17 / 40))
    of_success = success_interval(list(ended.values()))
    of_any = success_interval([[any(each)] for each in ended.values()])
    told = ((once.any_interval, of_success), (once.all_interval, of_success), (twice.any_interval, of_any))
    for found, wanted in told:
        assert (found.low, found.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))


def test_intervals_hold_what_was_seen_and_do_not_depend_on_order() -> None:
    ended = {str(task): [task % 5 < number for number in range(4)] for task in range(12)}
    found = passes(ended)
    assert found == passes(dict(reversed(ended.items())))
    for each in found:
        assert each.any_interval.low < each.any < each.any_interval.high
        assert each.all_interval.low <= each.all < each.all_interval.high
