import pytest

from .data_pipeline import run
from .errors import PipelineError
from .values import Row

FRUIT: list[Row] = [
    {"name": "fig", "price": 30, "box": "a"},
    {"name": "pear", "price": 12, "box": "b"},
    {"name": "plum", "price": None, "box": "a"},
    {"name": "lime", "price": 7, "box": "a"},
]


def names(steps: list[list[object]]) -> list[object]:
    return [row["name"] for row in run(FRUIT, steps)]


def test_without_steps_rows_stay() -> None:
    assert run(FRUIT, []) == FRUIT


def test_rows_are_filtered() -> None:
    assert names([["where", "price", ">=", 12]]) == ["fig", "pear"]
    assert names([["where", "price", "==", None]]) == ["plum"]
    assert names([["where", "box", "!=", "a"]]) == ["pear"]


def test_texts_and_numbers_do_not_compare() -> None:
    assert names([["where", "name", "<", 5]]) == []
    assert names([["where", "name", "<", "g"]]) == ["fig"]


def test_columns_are_derived() -> None:
    rows = run(FRUIT, [["derive", "double", "price", "*", 2], ["derive", "sum", "price", "+", "double"]])
    assert [row["sum"] for row in rows] == [90, 36, None, 21]


def test_rows_passed_in_are_not_changed() -> None:
    rows: list[Row] = [{"a": 1}, {"a": None}]
    run(rows, [["derive", "b", "a", "+", 1], ["sort", "a"]])
    assert rows == [{"a": 1}, {"a": None}]


def test_sorting() -> None:
    assert names([["sort", "price"]]) == ["lime", "pear", "fig", "plum"]
    assert names([["sort", "price", "down"]]) == ["fig", "pear", "lime", "plum"]


def test_equal_rows_keep_their_order() -> None:
    assert names([["sort", "box", "down"]]) == ["pear", "fig", "plum", "lime"]


def test_grouping() -> None:
    assert run(FRUIT, [["group", "box", "sum", "price"]]) == [
        {"box": "a", "sum_price": 37},
        {"box": "b", "sum_price": 12},
    ]
    assert [row["count_price"] for row in run(FRUIT, [["group", "box", "count", "price"]])] == [2, 1]
    assert [row["mean_price"] for row in run(FRUIT, [["group", "box", "mean", "price"]])] == [18.5, 12.0]


def test_groups_without_numbers() -> None:
    assert run([{"k": 1}], [["group", "k", "min", "v"]]) == [{"k": 1, "min_v": None}]


def test_first_and_last_rows() -> None:
    assert names([["take", 1]]) == ["fig"]
    assert names([["take", -2]]) == ["plum", "lime"]
    assert names([["take", 0]]) == []


def test_columns_are_kept() -> None:
    assert run(FRUIT[:1], [["keep", ["price", "size"]]]) == [{"price": 30, "size": None}]


def test_wrong_steps_are_told() -> None:
    with pytest.raises(PipelineError, match="step 2: unknown aggregate median"):
        run([], [["take", 1], ["group", "a", "median", "b"]])
    with pytest.raises(PipelineError, match="step 1: unknown direction left"):
        run([], [["sort", "a", "left"], ["take", 1]])
