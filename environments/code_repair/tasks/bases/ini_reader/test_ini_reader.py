import pytest

from .ini_reader import read_settings
from .lines import SettingsError
from .references import ReferenceLoopError, UnknownReferenceError
from .values import convert


def test_sections_and_keys() -> None:
    assert read_settings(["[web]\nHost = example\nport: 80\n[db]\n"]) == {
        "web": {"host": "example", "port": 80},
        "db": {},
    }


def test_comments_are_left_out() -> None:
    assert read_settings(["# top\n[a]\nx = 1 ; one\ny = a#b\n"]) == {"a": {"x": 1, "y": "a#b"}}


def test_a_line_can_be_continued() -> None:
    assert read_settings(["[a]\nx = one\n  # still\n  two\n"]) == {"a": {"x": "one two"}}


def test_nothing_can_be_continued_at_first() -> None:
    with pytest.raises(SettingsError, match="line 2: nothing to continue"):
        read_settings(["\n [a]"])


def test_later_texts_override_single_keys() -> None:
    assert read_settings(["[a]\nx = 1\ny = 2", "[a]\ny = 3"]) == {"a": {"x": 1, "y": 3}}


def test_a_key_cannot_be_given_twice() -> None:
    with pytest.raises(SettingsError, match="line 4: x is given twice"):
        read_settings(["[a]\nx = 1\n[a]\nX = 1"])


def test_defaults_belong_to_every_section() -> None:
    assert read_settings(["[default]\nx = 1\n[a]\n[b]\nx = 2"]) == {"a": {"x": 1}, "b": {"x": 2}}


def test_references_into_the_same_and_another_section() -> None:
    text = "[a]\nroot = /srv\nlogs = ${root}/logs\n[b]\ncopy = ${a:logs}/old"
    assert read_settings([text])["b"] == {"copy": "/srv/logs/old"}


def test_references_in_defaults_are_about_the_section() -> None:
    text = "[default]\nurl = http://${host}\n[a]\nhost = one\n[b]\nhost = two"
    assert [section["url"] for section in read_settings([text]).values()] == ["http://one", "http://two"]


def test_a_circle_of_references() -> None:
    with pytest.raises(ReferenceLoopError, match="a:x depends on itself"):
        read_settings(["[a]\nx = ${y}\ny = ${x}"])


def test_an_unknown_reference() -> None:
    with pytest.raises(UnknownReferenceError, match="there is no b:y"):
        read_settings(["[a]\nx = ${b:y}"])


def test_values_have_types() -> None:
    assert [convert(text) for text in ["Yes", "none", "2k", "-3", "1.5", "v1.5", ""]] == [
        True, None, 2048, -3, 1.5, "v1.5", "",
    ]  # fmt: skip


def test_lists_and_quotes() -> None:
    assert [convert(text) for text in ['"no"', "1, off,, x", '""']] == ["no", [1, False, "x"], ""]
