import pytest

from .errors import JoinError, TableError
from .table import PlainTable
from .table_join import join

PEOPLE: PlainTable = {"columns": ["id", "name"], "rows": [[1, "ann"], [2, "bob"], [None, "cid"]]}
ORDERS: PlainTable = {"columns": ["who", "item"], "rows": [[2, "tea"], [3, "cup"], [1, "mug"], [2, "pot"]]}
BY_ID = [["id", "who"]]


def test_rows_that_belong_together() -> None:
    assert join(PEOPLE, ORDERS, BY_ID) == {
        "columns": ["id", "name", "item"],
        "rows": [[1, "ann", "mug"], [2, "bob", "tea"], [2, "bob", "pot"]],
    }


def test_all_rows_of_the_left_table() -> None:
    rows = join(PEOPLE, ORDERS, BY_ID, "left")["rows"]
    assert rows == [[1, "ann", "mug"], [2, "bob", "tea"], [2, "bob", "pot"], [None, "cid", None]]


def test_all_rows_of_the_right_table() -> None:
    rows = join(PEOPLE, ORDERS, BY_ID, "right")["rows"]
    assert rows == [[1, "ann", "mug"], [2, "bob", "tea"], [2, "bob", "pot"], [3, None, "cup"]]


def test_all_rows_of_both_tables() -> None:
    rows = join(PEOPLE, ORDERS, BY_ID, "outer")["rows"]
    assert rows[-2:] == [[None, "cid", None], [3, None, "cup"]]
    assert len(rows) == 5


def test_rows_with_and_without_partners() -> None:
    assert join(PEOPLE, ORDERS, BY_ID, "semi") == {"columns": ["id", "name"], "rows": [[1, "ann"], [2, "bob"]]}
    assert join(PEOPLE, ORDERS, BY_ID, "anti") == {"columns": ["id", "name"], "rows": [[None, "cid"]]}


def test_nothing_equals_nothing() -> None:
    table: PlainTable = {"columns": ["a"], "rows": [[None]]}
    assert join(table, table, [["a", "a"]])["rows"] == []
    assert join(table, table, [["a", "a"]], "outer")["rows"] == [[None], [None]]


def test_texts_are_equal_without_case_and_spaces() -> None:
    left: PlainTable = {"columns": ["a"], "rows": [["Ann "]]}
    right: PlainTable = {"columns": ["b", "c"], "rows": [["ann", 1], ["an n", 2]]}
    assert join(left, right, [["a", "b"]]) == {"columns": ["a", "c"], "rows": [["Ann ", 1]]}


def test_several_keys() -> None:
    left: PlainTable = {"columns": ["a", "b"], "rows": [[1, 2], [2, 1]]}
    right: PlainTable = {"columns": ["c", "d", "e"], "rows": [[1, 2, "x"], [1, 1, "y"]]}
    assert join(left, right, [["a", "d"], ["b", "c"]])["rows"] == [[2, 1, "x"]]


def test_equal_names_get_suffixes() -> None:
    left: PlainTable = {"columns": ["id", "size"], "rows": [[1, 2]]}
    right: PlainTable = {"columns": ["size", "id", "tag"], "rows": [[3, 1, "x"]]}
    assert join(left, right, [["id", "id"]]) == {
        "columns": ["id", "size_left", "size_right", "tag"],
        "rows": [[1, 2, 3, "x"]],
    }


def test_a_left_key_keeps_its_name() -> None:
    right: PlainTable = {"columns": ["who", "id"], "rows": [[1, 9]]}
    assert join(PEOPLE, right, BY_ID)["columns"] == ["id", "name", "id_right"]


def test_names_must_not_clash() -> None:
    left: PlainTable = {"columns": ["id", "n", "n_left"], "rows": []}
    with pytest.raises(JoinError, match="two columns n_left"):
        join(left, {"columns": ["id", "n"], "rows": []}, [["id", "id"]])


def test_wrong_joins() -> None:
    with pytest.raises(JoinError, match="unknown kind of join full"):
        join(PEOPLE, ORDERS, BY_ID, "full")
    with pytest.raises(JoinError, match="no column who"):
        join(PEOPLE, ORDERS, [["who", "who"]])
    with pytest.raises(JoinError, match="no columns to join on"):
        join(PEOPLE, ORDERS, [])


def test_wrong_tables() -> None:
    with pytest.raises(TableError, match="row 2 has 1 cells"):
        join({"columns": ["id", "x"], "rows": [[1, 2], [3]]}, ORDERS, BY_ID)
    with pytest.raises(TableError, match="same name"):
        join(PEOPLE, {"columns": ["who", "who"], "rows": []}, BY_ID)
