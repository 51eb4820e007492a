"""What the gate measured when it made the frozen list of mutants: `yield.json`, which it writes, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from agentgym.errors import UsageError
from agentgym.statistics import StatsTable, TaskStats

YIELD_FILE = Path(__file__).with_name("yield.json")
GATE = "python -m agentgym.environments.code_repair.gate"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OperatorYield(_Record):
    """What became of the edits of one operator.

    Attributes:
        kept: served.
        survived: no visible test fails.
        alike: too few random calls are answered otherwise.
        crashed: most wrong answers are crashes that name the place.
        hung: some call does not end.
        duplicate: nearly the same as one that was kept.
    """

    kept: NonNegativeInt
    survived: NonNegativeInt
    alike: NonNegativeInt
    crashed: NonNegativeInt
    hung: NonNegativeInt
    duplicate: NonNegativeInt

    @property
    def tried(self) -> int:
        """All of them."""
        return self.kept + sum(self.others())

    def others(self) -> tuple[int, ...]:
        """Return how many were not kept, for each reason."""
        return self.survived, self.alike, self.crashed, self.hung, self.duplicate


class LevelYield(_Record):
    """How many tasks of one level were tried and kept."""

    tried: NonNegativeInt
    kept: NonNegativeInt


class ProgramYield(LevelYield):
    """How many mutants of one program were tried and kept, and how many its visible tests told from the sound one."""

    killed: NonNegativeInt


class GateYield(_Record):
    """The whole of `yield.json`.

    Attributes:
        machine: what the gate ran on.
        seconds: how long it took.
        evaluated: mutants tried.
        kept: mutants that may be served.
        per_second: tasks made in a second.
    """

    machine: str
    seconds: float = Field(ge=0)
    evaluated: NonNegativeInt
    kept: NonNegativeInt
    per_second: float = Field(ge=0)
    operators: Mapping[str, OperatorYield]
    levels: Mapping[str, LevelYield]
    programs: Mapping[str, ProgramYield]


def gate_stats(path: Path = YIELD_FILE) -> TaskStats:
    """Return what the gate measured.

    Raises:
        UsageError: the file is there, but is none that the gate wrote.
    """
    try:
        found = GateYield.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return TaskStats(notes=[f"The gate has not been measured: {GATE} writes {path.name}."])
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise UsageError(f"{path} is not as the gate writes it; run {GATE} again:", *faults) from None
    return TaskStats(_totals(found), [_by_operator(found), _by_level(found), _by_program(found)])


def _totals(found: GateYield) -> dict[str, str | int | float]:
    operators = found.operators.values()
    survived = sum(operator.survived for operator in operators)
    hung = sum(operator.hung for operator in operators)
    killed = sum(program.killed for program in found.programs.values())
    return {
        "mutants tried": found.evaluated,
        "mutants kept": found.kept,
        "yield": _share(found.kept, found.evaluated),
        "killed by visible tests, of those that were killed or survived": _share(killed, killed + survived),
        "hangs, of those tried": _share(hung, found.evaluated),
        "near-duplicates dropped": sum(operator.duplicate for operator in operators),
        "gate": f"{found.per_second:.1f} tasks/s, {found.seconds:,.0f} s in all, on {found.machine}",
    }


def _by_operator(found: GateYield) -> StatsTable:
    headings = ("operator", "tried", "kept", "yield", "survived", "alike", "crashed", "hung", "duplicate")
    rows = [
        (name, one.tried, one.kept, _share(one.kept, one.tried), *one.others())
        for name, one in sorted(found.operators.items())
    ]
    return StatsTable("mutants by operator", headings, rows)


def _by_level(found: GateYield) -> StatsTable:
    rows = [(name, one.tried, one.kept, _share(one.kept, one.tried)) for name, one in sorted(found.levels.items())]
    return StatsTable("tried and kept by level", ("level", "tried", "kept", "yield"), rows)


def _by_program(found: GateYield) -> StatsTable:
    headings = ("program", "tried", "kept", "yield", "killed")
    rows = [
        (name, one.tried, one.kept, _share(one.kept, one.tried), one.killed)
        for name, one in sorted(found.programs.items())
    ]
    return StatsTable("mutants by program", headings, rows)


def _share(part: int, whole: int) -> float | str:
    return part / whole if whole else "–"
