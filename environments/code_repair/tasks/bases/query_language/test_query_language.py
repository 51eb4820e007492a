from typing import Any

import pytest

from .lexer import QueryError
from .query_language import run_query

ROWS: list[dict[str, Any]] = [
    {"name": "Ann", "age": 31, "city": "Oslo"},
    {"name": "bo", "age": 25, "city": "Rome"},
    {"name": "Cleo", "age": None, "city": "Oslo"},
    {"name": "Dan", "age": 31},
]


def names(query: str) -> list[str]:
    return [row["name"] for row in run_query(query, ROWS)]


def test_everything() -> None:
    assert run_query("select *", ROWS) == ROWS


def test_columns_and_new_names() -> None:
    assert run_query("SELECT city, name AS who LIMIT 1", ROWS) == [{"city": "Oslo", "who": "Ann"}]


def test_a_missing_column_is_none() -> None:
    assert run_query("select city where name = 'Dan'", ROWS) == [{"city": None}]


def test_comparisons() -> None:
    assert names("select name where age >= 31") == ["Ann", "Dan"]
    assert names("select name where age < 31") == ["bo"]


def test_and_binds_more_strongly_than_or() -> None:
    assert names("select name where name = 'bo' or city = 'Oslo' and age = 31") == ["Ann", "bo"]


def test_parentheses_and_not() -> None:
    assert names("select name where not (city = 'Oslo' or age = 25)") == ["Dan"]


def test_null() -> None:
    assert names("select name where age is null") == ["Cleo"]
    assert names("select name where not city is null and age != 25") == ["Ann"]


def test_lists_of_values() -> None:
    assert names("select name where age in (25, 26, 'x')") == ["bo"]


def test_wildcards() -> None:
    assert names("select name where name like '_o' or name like 'cl%'") == ["bo", "Cleo"]


def test_an_order_of_two_columns() -> None:
    assert names("select name order by age desc, name desc") == ["Dan", "Ann", "bo", "Cleo"]


def test_what_is_missing_is_last() -> None:
    assert names("select name order by age") == ["bo", "Ann", "Dan", "Cleo"]


def test_repeats_are_left_out_before_the_limit() -> None:
    assert run_query("select distinct age limit 2", ROWS) == [{"age": 31}, {"age": 25}]


def test_text_with_a_quote() -> None:
    assert run_query("select a where a = 'it''s'", [{"a": "it's"}]) == [{"a": "it's"}]


def test_queries_that_are_none() -> None:
    for query in (
        "",
        "select",
        "select a,",
        "select * where",
        "select * limit -1",
        "select a where a = 'x",
        "select a, a",
    ):
        with pytest.raises(QueryError):
            run_query(query, ROWS)
