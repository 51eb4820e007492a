import pytest

from .bit_flags import UnknownFlag, change, describe, mask


def test_each_flag_has_its_bit() -> None:
    assert [mask(name) for name in ("read", "write", "hidden")] == [1, 2, 16]


def test_flags_are_joined() -> None:
    assert mask("read | Execute") == 5


def test_a_flag_named_twice_is_set_once() -> None:
    assert mask("append|append") == 8


def test_all_flags_at_once() -> None:
    assert mask("all") == 31
    assert mask("read|all") == 31


def test_blank_text_sets_nothing() -> None:
    assert mask("  ") == 0


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(UnknownFlag, match="'delete'") as caught:
        mask("read|delete")
    assert caught.value.name == "delete"


def test_bits_have_names() -> None:
    assert describe(6) == "write|execute"
    assert describe(0) == ""


def test_foreign_bits_are_hexadecimal() -> None:
    assert describe(0x41) == "read|0x40"


def test_negative_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        describe(-1)


def test_flags_are_set_and_cleared() -> None:
    assert change(1, "+write|hidden") == 19
    assert change(7, "-write, -hidden") == 5


def test_flags_are_turned_over() -> None:
    assert change(3, "~write|execute") == 5


def test_flags_are_replaced() -> None:
    assert change(0x4B, "=execute") == 0x44


def test_changes_are_made_in_order() -> None:
    assert change(0, "+all, -read, ~hidden") == 14


def test_a_change_needs_a_sign() -> None:
    with pytest.raises(ValueError, match="not a change"):
        change(0, "!read")
