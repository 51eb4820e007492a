from typing import Any

import pytest

from .cli_options import parse
from .errors import DefinitionError, UsageError

OPTIONS: list[dict[str, Any]] = [
    {"name": "verbose", "short": "v", "kind": "count"},
    {"name": "color", "kind": "flag", "default": True},
    {"name": "size", "short": "s", "kind": "number", "default": 3},
    {"name": "tags", "short": "t", "kind": "list", "choices": ["a", "b", "c"]},
    {"name": "to", "short": "o"},
]
DEFAULTS = {"verbose": 0, "color": True, "size": 3, "tags": [], "to": None}


def changed(arguments: list[str]) -> dict[str, Any]:
    values = parse(OPTIONS, arguments)["options"]
    assert isinstance(values, dict)
    return {name: value for name, value in values.items() if value != DEFAULTS[name]}


def test_defaults() -> None:
    assert parse(OPTIONS, []) == {"options": DEFAULTS, "rest": []}


def test_values_of_long_names() -> None:
    assert changed(["--size", "5", "--to=x=y"]) == {"size": 5, "to": "x=y"}
    assert changed(["--to="]) == {"to": ""}


def test_values_of_letters() -> None:
    assert changed(["-s", "-5", "-ofile"]) == {"size": -5, "to": "file"}


def test_joined_letters() -> None:
    assert changed(["-vvs7", "-v"]) == {"verbose": 3, "size": 7}


def test_flags_can_be_turned_off() -> None:
    assert changed(["--no-color"]) == {"color": False}
    assert changed(["--no-color", "--color"]) == {}


def test_lists_add_up() -> None:
    assert changed(["-t", "a,b", "--tags=c"]) == {"tags": ["a", "b", "c"]}


def test_given_values_replace_a_default_list() -> None:
    option = {"name": "tags", "kind": "list", "default": ["x"]}
    assert parse([option], ["--tags=y"])["options"] == {"tags": ["y"]}
    assert parse([option], [])["options"] == {"tags": ["x"]}


def test_names_can_be_shortened() -> None:
    assert changed(["--verb", "--si=4"]) == {"verbose": 1, "size": 4}
    with pytest.raises(UsageError, match="--t could be --tags, --to"):
        changed(["--t"])


def test_the_rest() -> None:
    assert parse(OPTIONS, ["a", "-", "-1", "-v", "b", "--", "-v", "--"])["rest"] == ["a", "-", "-1", "b", "-v", "--"]


def test_wrong_usage() -> None:
    for arguments, message in (
        (["--sise=3"], "--sise is unknown"),
        (["-vx"], "-x is unknown"),
        (["--size"], "--size needs a value"),
        (["--size=big"], "--size must be a number, not big"),
        (["--tags=a,d"], "--tags must be one of a, b, c"),
        (["--verbose=2"], "--verbose takes no value"),
    ):
        with pytest.raises(UsageError, match=message):
            parse(OPTIONS, arguments)


def test_required_options() -> None:
    assert parse([{"name": "key", "required": True}], ["--key", "--"])["options"] == {"key": "--"}
    with pytest.raises(UsageError, match="--key is required"):
        parse([{"name": "key", "required": True, "default": "x"}], [])


def test_wrong_definitions() -> None:
    wrong: list[list[dict[str, Any]]] = [[{"name": "Key"}], [{"name": "key", "kind": "date"}]]
    wrong += [[{"name": "key", "short": "kk"}], [{"name": "a", "short": "x"}, {"name": "b", "short": "x"}]]
    wrong += [[{"name": "a", "kind": "flag"}, {"name": "no-a"}], [{"name": "a"}, {"name": "a"}]]
    for definitions in wrong:
        with pytest.raises(DefinitionError):
            parse(definitions, [])
