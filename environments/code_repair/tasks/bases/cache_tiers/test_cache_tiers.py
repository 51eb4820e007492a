import pytest

from .cache_tiers import CommandError, replay


def test_a_value_comes_from_the_store() -> None:
    result = replay(["get a", "get a"], {"a": 5})
    assert result["answers"] == [5, 5]
    assert result["counts"] == {"fast": 1, "slow": 0, "store": 1, "nowhere": 0}


def test_what_is_nowhere() -> None:
    result = replay(["get a"], {})
    assert result["answers"] == [None]
    assert result["counts"]["nowhere"] == 1
    assert result["fast"] == []


def test_what_is_put_is_found() -> None:
    result = replay(["put a 7", "get a"], {"a": 5})
    assert result["answers"] == [7]
    assert result["store"] == {"a": 5}


def test_the_oldest_falls_into_the_slow_tier() -> None:
    result = replay(["put a 1", "put b 2", "get a", "put c 3"], {})
    assert (result["fast"], result["slow"]) == (["a", "c"], ["b"])


def test_a_value_comes_back_from_the_slow_tier() -> None:
    result = replay(["put a 1", "put b 2", "get a"], {}, 1, 1)
    assert result["answers"] == [1]
    assert result["counts"]["slow"] == 1
    assert (result["fast"], result["slow"]) == (["a"], ["b"])


def test_what_leaves_is_written_back() -> None:
    result = replay(["put a 1", "put b 2", "put c 3"], {}, 1, 1)
    assert result["written"] == ["a"]
    assert result["store"] == {"a": 1}


def test_what_was_not_changed_is_not_written_back() -> None:
    assert replay(["get a", "get b", "get c"], {"a": 1, "b": 2, "c": 3}, 1, 1)["written"] == []


def test_the_least_used_leaves() -> None:
    result = replay(["put a 1", "get a", "put b 2", "put c 3", "put d 4"], {}, 1, 2)
    assert result["written"] == ["b"]
    assert result["slow"] == ["a", "c"]


def test_a_flush_writes_once() -> None:
    result = replay(["put a 1", "put b 2", "put c 3", "flush", "flush"], {})
    assert result["written"] == ["b", "c", "a"]
    assert result["store"] == {"a": 1, "b": 2, "c": 3}


def test_the_store_passed_in_stays_as_it_is() -> None:
    store = {"a": 1}
    assert replay(["put a 2", "flush"], store)["store"] == {"a": 2}
    assert store == {"a": 1}


def test_false_commands() -> None:
    for command in ("", "get", "drop a", "put a", "put a x"):
        with pytest.raises(CommandError):
            replay([command], {})


def test_a_tier_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        replay([], {}, 1, 0)
