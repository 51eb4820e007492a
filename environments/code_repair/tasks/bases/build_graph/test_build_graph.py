import pytest

from .build_graph import MissingFile, affected, levels, plan
from .graph import CycleError
from .rules import BuildError, read_rules

FILE = """
app: main.o util.o   # the program
main.o: main.c util.h
util.o: util.c util.h
docs: manual.md
"""
TIMES = {"main.c": 1, "util.c": 1, "util.h": 1, "main.o": 2, "util.o": 2, "app": 3}


def test_nothing_has_changed() -> None:
    assert plan(FILE, TIMES) == []


def test_a_change_goes_up() -> None:
    assert plan(FILE, {**TIMES, "util.c": 5}) == ["util.o", "app"]


def test_a_change_of_what_both_need() -> None:
    assert plan(FILE, {**TIMES, "util.h": 5}) == ["main.o", "util.o", "app"]


def test_the_same_time_is_not_newer() -> None:
    assert plan(FILE, {**TIMES, "app": 2}) == []


def test_what_is_missing_is_built() -> None:
    times = {name: time for name, time in TIMES.items() if name != "main.o"}
    assert plan(FILE, times) == ["main.o", "app"]


def test_only_goals_are_built() -> None:
    assert plan(FILE, {**TIMES, "util.h": 5, "manual.md": 1}, ["docs", "util.o"]) == ["docs", "util.o"]


def test_a_file_without_a_rule_must_be_there() -> None:
    with pytest.raises(MissingFile, match="manual"):
        plan(FILE, TIMES, ["docs"])


def test_nothing_to_build() -> None:
    with pytest.raises(BuildError, match="nothing"):
        plan("# empty", {})


def test_a_circle_is_named() -> None:
    with pytest.raises(CycleError) as caught:
        plan("x: a\na: b\nb: c\nc: a", {})
    assert caught.value.path == ["a", "b", "c", "a"]


def test_rules_are_read() -> None:
    assert read_rules("a b: x \\\n y x\na: z y\n\nc:") == {"a": ["x", "y", "z"], "b": ["x", "y"], "c": []}


def test_what_is_no_rule() -> None:
    for text in ("app main.o", "a: b: c", ": b"):
        with pytest.raises(BuildError, match="not a rule"):
            read_rules(text)


def test_what_a_change_affects() -> None:
    assert affected(FILE, ["util.c"]) == ["app", "util.o"]
    assert affected(FILE, ["app"]) == []


def test_groups_to_build_at_once() -> None:
    assert levels(FILE) == [["docs", "main.o", "util.o"], ["app"]]
    assert levels("") == []
