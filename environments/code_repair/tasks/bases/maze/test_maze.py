import pytest

from .errors import MazeError
from .maze import solve, walk
from .moves import lengthen, shorten


def test_a_straight_way() -> None:
    assert solve(["S..G"]) == {"cost": 3, "moves": "R3", "keys": ""}


def test_a_way_around_a_wall() -> None:
    assert solve(["S#G", "...", "..."]) == {"cost": 4, "moves": "D R2 U", "keys": ""}


def test_water_is_crossed_if_that_is_cheaper() -> None:
    assert solve(["S~G", ".#.", "..."]) == {"cost": 4, "moves": "R2", "keys": ""}
    assert solve(["S~~G", "...."]) == {"cost": 5, "moves": "D R3 U", "keys": ""}


def test_of_equal_ways_the_first_letters_count() -> None:
    assert solve(["S.", ".G"]) == {"cost": 2, "moves": "D R", "keys": ""}


def test_a_door_needs_its_key() -> None:
    assert solve(["a.SAG"]) == {"cost": 6, "moves": "L2 R4", "keys": "a"}
    assert solve(["b.SAG"]) is None


def test_closed_in() -> None:
    assert solve(["S#G"]) is None


def test_walking_leaves_a_trace() -> None:
    assert walk(["S.~", "#aG"], "R2 D L") == {"cost": 6, "keys": "a", "blocked": 0, "trace": ["S**", "#aG"]}


def test_walls_and_doors_block() -> None:
    assert walk(["SA", "G."], "U R D2") == {"cost": 1, "keys": "", "blocked": 3, "trace": ["SA", "G."]}


def test_rows_must_be_equally_long() -> None:
    for rows in ([], ["S.", "G"]):
        with pytest.raises(MazeError, match="equal length"):
            solve(rows)


def test_one_start_and_one_goal() -> None:
    with pytest.raises(MazeError, match="one S"):
        solve(["SSG"])
    with pytest.raises(MazeError, match="one G"):
        solve(["S.."])


def test_unknown_ground() -> None:
    with pytest.raises(MazeError, match="'x'"):
        solve(["SxG"])


def test_short_notation() -> None:
    assert shorten("RRRDLL") == "R3 D L2"
    assert lengthen("R3 D L2") == "RRRDLL"
    with pytest.raises(MazeError, match="'R0'"):
        lengthen("D R0")
