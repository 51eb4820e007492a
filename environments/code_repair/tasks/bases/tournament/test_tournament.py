import pytest

from .errors import ResultError, TournamentError
from .knockout import bracket
from .schedule import round_robin
from .tournament import play


def places(teams: list[str], lines: list[str]) -> list[object]:
    return [row[1] for row in play(teams, lines)["table"]]


def test_a_win_counts_three_points() -> None:
    assert play(["Reds", "Blues"], ["Reds - Blues 0:2"])["table"] == [[1, "Blues", 1, 3, 2, 0], [2, "Reds", 1, 0, 0, 2]]


def test_a_draw_counts_one_point() -> None:
    assert play(["A", "B"], ["B - A 1:1"])["table"] == [[1, "A", 1, 1, 1, 1], [2, "B", 1, 1, 1, 1]]


def test_the_goal_difference_decides() -> None:
    assert places(["A", "B", "C"], ["A - C 1:0", "B - C 3:0"]) == ["B", "A", "C"]


def test_goals_decide() -> None:
    assert places(["A", "B", "C"], ["A - C 1:0", "B - C 3:2"]) == ["B", "A", "C"]


def test_the_match_among_equals_decides() -> None:
    lines = ["B - A 1:0", "A - C 1:0", "C - B 1:0", "D - A 0:1", "D - B 0:1"]
    assert places(["A", "B", "C", "D"], lines) == ["B", "A", "C", "D"]


def test_a_later_result_replaces_the_earlier() -> None:
    table = play(["A", "B"], ["A - B 1:0", "A-B 0:3 "])["table"]
    assert table == [[1, "B", 1, 3, 3, 0], [2, "A", 1, 0, 0, 3]]


def test_both_legs_count() -> None:
    assert play(["A", "B"], ["A - B 1:0", "B - A 0:0"])["table"][0] == [1, "A", 2, 4, 1, 0]


def test_matches_still_open() -> None:
    assert play(["A", "B", "C"], ["C - B 1:0"])["open"] == [["C", "A"], ["A", "B"]]


def test_pairs_of_the_knockout() -> None:
    lines = ["A - B 1:0", "B - C 1:0", "A - C 1:0"]
    assert play(["A", "B", "C"], lines)["knockout"] == [["A", None], ["B", "C"]]
    assert play(["A", "B", "C"], lines, 2)["knockout"] == [["A", "B"]]
    assert play(["A", "B", "C"], lines, 1)["knockout"] == []


def test_a_bracket_of_eight() -> None:
    assert bracket(list("12345678")) == [["1", "8"], ["4", "5"], ["2", "7"], ["3", "6"]]


def test_rounds_of_four() -> None:
    assert round_robin(list("ABCD")) == [[["A", "D"], ["B", "C"]], [["C", "A"], ["D", "B"]], [["A", "B"], ["C", "D"]]]


def test_the_second_leg_is_turned() -> None:
    assert round_robin(["A", "B"], 3) == [[["A", "B"]], [["B", "A"]], [["A", "B"]]]


def test_wrong_results() -> None:
    for line in ("A - B 1", "A B 1:0", "A - A 1:0", "A - Z 1:0", "A - B 100:0"):
        with pytest.raises(ResultError):
            play(["A", "B"], [line])


def test_wrong_teams() -> None:
    for teams in (["A"], ["A", "A"], ["A", ""]):
        with pytest.raises(TournamentError, match="different names"):
            play(teams, [])
    with pytest.raises(TournamentError, match="one leg"):
        round_robin(["A", "B"], 0)
