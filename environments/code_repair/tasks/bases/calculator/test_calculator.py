import pytest

from .calculator import calculate
from .evaluator import EvaluationError, UnknownNameError
from .tokenizer import InputError


def test_multiplication_binds_more_strongly() -> None:
    assert calculate(["1 + 2 * 3", "(1 + 2) * 3"]) == ["7", "9"]


def test_differences_group_to_the_left() -> None:
    assert calculate(["10 - 3 - 2", "24 / 4 / 2"]) == ["5", "3"]


def test_powers_group_to_the_right() -> None:
    assert calculate(["2 ^ 3 ^ 2", "-2 ^ 2", "2 ^ -1"]) == ["512", "-4", "0.5"]


def test_variables_and_the_last_result() -> None:
    assert calculate(["width = 3", "height = width + 1", "ans * width"]) == ["3", "4", "12"]


def test_comments_and_empty_lines_give_nothing() -> None:
    assert calculate(["# a list", "", "1 # one"]) == ["1"]


def test_rounding_is_only_for_show() -> None:
    assert calculate(["third = 1 / 3", "third * 3"]) == ["0.33", "1"]


def test_halves_are_shown_away_from_zero() -> None:
    assert calculate(["0.125", "-0.125", "0.5 - 0.501"]) == ["0.13", "-0.13", "0"]


def test_functions() -> None:
    assert calculate(["max(2, 5, 3)", "mean(1, 2)", "round(2.5)", "floor(-0.5)"]) == ["5", "1.5", "3", "-1"]


def test_division_by_zero() -> None:
    with pytest.raises(EvaluationError, match="division by zero"):
        calculate(["1 / (2 - 2)"])


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="no variable x"):
        calculate(["x + 1"])


def test_the_last_result_cannot_be_assigned() -> None:
    with pytest.raises(InputError, match="ans"):
        calculate(["ans = 3"])


def test_an_unfinished_expression() -> None:
    with pytest.raises(InputError, match="unexpected end"):
        calculate(["2 *"])
