import pytest

from .rate_limiter import RequestError, judge
from .rules import RuleError


def test_a_window_is_full() -> None:
    rules = {"a": ["window 2/10s"]}
    assert judge(rules, [[0, "a"], [4000, "a"], [5000, "a"]]) == [0, 0, 5000]


def test_a_window_slides() -> None:
    rules = {"a": ["window 2/s"]}
    assert judge(rules, [[0, "a"], [400, "a"], [999, "a"], [1000, "a"], [1000, "a"]]) == [0, 0, 1, 0, 400]


def test_a_large_request_waits_for_several_to_leave() -> None:
    rules = {"a": ["window 3/10s"]}
    assert judge(rules, [[0, "a"], [1000, "a"], [2000, "a"], [3000, "a", 2]]) == [0, 0, 0, 8000]


def test_a_bucket_is_full_at_first() -> None:
    assert judge({"a": ["bucket 1/s burst 2"]}, [[70, "a"], [70, "a"], [70, "a"]]) == [0, 0, 1000]


def test_a_bucket_fills_up() -> None:
    rules = {"a": ["bucket 1/s burst 2"]}
    assert judge(rules, [[0, "a", 2], [400, "a"], [1000, "a"], [1500, "a"]]) == [0, 600, 0, 500]


def test_a_bucket_does_not_run_over() -> None:
    assert judge({"a": ["bucket 2/s"]}, [[0, "a"], [60000, "a", 2], [60000, "a"]]) == [0, 0, 500]


def test_a_wait_is_rounded_up() -> None:
    assert judge({"a": ["bucket 3/s"]}, [[0, "a", 3], [0, "a"]]) == [0, 334]


def test_all_rules_must_allow_it() -> None:
    rules = {"a": ["window 5/m", "window 1/s"]}
    assert judge(rules, [[0, "a"], [300, "a"], [1000, "a"]]) == [0, 700, 0]


def test_too_much_is_never_allowed() -> None:
    assert judge({"a": ["window 3/s"]}, [[0, "a", 4], [0, "a", 3]]) == [None, 0]


def test_others_share_a_rule_but_no_limit() -> None:
    rules = {"*": ["window 1/s"], "vip": []}
    assert judge(rules, [[0, "a"], [0, "b"], [0, "a"], [0, "vip"], [0, "vip"]]) == [0, 0, 1000, 0, 0]


def test_a_client_needs_rules() -> None:
    with pytest.raises(RequestError, match="request of b"):
        judge({"a": ["window 1/s"]}, [[0, "b"]])


def test_time_does_not_go_back() -> None:
    with pytest.raises(RequestError, match="at 4"):
        judge({"*": []}, [[5, "a"], [4, "a"]])


def test_what_is_no_rule() -> None:
    for text in ("", "5/s", "window 5", "window 0/s", "bucket 1/d", "window 1/s burst 2", "bucket 1/s burst 0"):
        with pytest.raises(RuleError):
            judge({"a": [text]}, [])
