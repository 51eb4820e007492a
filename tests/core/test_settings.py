"""Settings in layers, with every fault told at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from agentgym.errors import UsageError
from agentgym.settings import Layers, Section, differences, load


class Tyre(Section):
    name: str
    bar: float = Field(default=2.0, gt=0)


class Bicycle(Section):
    owner: str
    gears: int = Field(default=3, ge=1)
    tyres: tuple[Tyre, ...] = ()
    bell: Tyre | None = None


TWO_TYRES = 'owner = "Ada"\n[[tyres]]\nname = "front"\n[[tyres]]\nname = "back"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bicycle.toml"
    path.write_text(TWO_TYRES)
    return path


def faults(file: Path | None, *assignments: str, **flags: Any) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load(Bicycle, file, assignments, flags)
    return list(caught.value.faults)


def test_flags_win_over_set_and_set_over_the_file(file: Path) -> None:
    chosen = load(Bicycle, file, ["gears=5", "owner=Bob"], {"gears": "7", "owner": None})
    assert (chosen.owner, chosen.gears) == ("Bob", 7)


def test_a_table_of_a_list_is_set_by_its_number(file: Path) -> None:
    chosen = load(Bicycle, file, ["tyres.1.bar=3.5"], {})
    assert [tyre.bar for tyre in chosen.tyres] == [2.0, 3.5]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("tyres.2.bar=1", "tyres.2.bar: 2 is none of its tables; they are 0 to 1"),
        ("tyres.bar=1", "tyres.bar: this is a list of tables; set a key of one of them, as tyres.bar.NAME=VALUE"),
        ("tyres.0.baar=1", "tyres.0.baar: there is no such key; did you mean tyres.0.bar?"),
        ("tyres.1.bar=0", "tyres.1.bar: input should be greater than 0, not 0"),
        ("tyre=1", "tyre: there is no such key; did you mean tyres?"),
        ("owner.name=x", "owner.name: owner is a value, not a section"),
        ("tyres=x", 'tyres: this is a list, as ["one", "two"], not \'x\''),
        ("gears", "--set gears: write it as key=value"),
    ],
)
def test_faults_name_the_key_and_what_to_write(file: Path, assignment: str, said: str) -> None:
    assert faults(file, assignment) == [said]


def test_what_has_to_be_set_is_said_without_all_that_is_there(file: Path) -> None:
    file.write_text("[[tyres]]\nbar = 1\n")
    assert faults(file) == ["owner: it has to be set", "tyres.0.name: it has to be set"]


def test_faults_of_files_texts_values_and_checks_are_told_together(tmp_path: Path) -> None:
    def no_thieves(values: Mapping[str, Any]) -> Iterator[str]:
        if values.get("owner") == "a thief":
            yield "owner: bring it back"

    layers = Layers()
    layers.read(tmp_path / "none.toml")
    layers.assign(["nothing", "owner=a thief", "gears=0"])
    with pytest.raises(UsageError) as caught:
        layers.validated(Bicycle, no_thieves)
    assert list(caught.value.faults) == [
        f"--config {tmp_path / 'none.toml'}: No such file or directory",
        "--set nothing: write it as key=value",
        "gears: input should be greater than or equal to 1, not 0",
        "owner: bring it back",
    ]


def test_differences_are_told_by_key() -> None:
    before, now = {"a": 1, "b": {"c": [1], "d": 2}}, {"a": 1, "b": {"c": [2]}, "e": None}
    assert list(differences(before, now)) == [("b.c", [1], [2]), ("b.d", 2, None)]
