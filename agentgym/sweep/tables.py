"""The tables of a sweep, as a terminal and a page show them, and what they say in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentgym.plugins import short_name
from agentgym.report.numbers import EnvironmentNumbers
from agentgym.report.paired import Paired
from agentgym.sweep.effects import Effect, Speed, ratio
from agentgym.sweep.numbers import CellNumbers, SweepNumbers

UNKNOWN = "–"


class Table(NamedTuple):
    """Cells of text; the first column names the row."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables(numbers: SweepNumbers) -> list[Table]:
    """Return the tables that have rows."""
    found = [_success(numbers), _speed(numbers), *_effects(numbers)]
    return [table for table in found if table.rows]


def sentences(numbers: SweepNumbers) -> list[str]:
    """Return what each axis does, a sentence each."""
    several = len({effect.env_id for effect in numbers.effects}) > 1
    return [_sentence(effect, name_environment=several) for effect in numbers.effects]


def points(difference: Paired) -> str:
    """Return a difference of success in percentage points, with its interval."""
    low, high = difference.interval.low, difference.interval.high
    return f"{difference.difference * 100:+.1f} [{low * 100:+.1f}, {high * 100:+.1f}]"


def _success(numbers: SweepNumbers) -> Table:
    against = {(pair.second, pair.env_id): pair for pair in numbers.pairs}
    several = len({numbers.env_id for cell in numbers.cells for numbers in cell.numbers.environments}) > 1
    rows = []
    for cell in numbers.cells:
        for environment in cell.numbers.environments:
            pair = against.get((cell.cell.name, environment.env_id))
            difference = (points(pair.success), _p(pair.success.p_value)) if pair else (UNKNOWN, UNKNOWN)
            name = f"{cell.label}, {short_name(environment.env_id)}" if several else cell.label
            rows.append((name, *_rates(environment), *difference))
    headings = ("cell", "episodes", "success % (95 %)", "reward", "points to the first (95 %)", "p")
    return Table("Success", headings, rows)


def _rates(environment: EnvironmentNumbers) -> tuple[str, str, str]:
    summary = environment.summary
    if summary.success_rate is None or summary.interval is None or summary.mean_reward is None:
        return str(summary.episodes), UNKNOWN, UNKNOWN
    low, high = summary.interval.low * 100, summary.interval.high * 100
    rate = f"{summary.success_rate * 100:.1f} [{low:.1f}, {high:.1f}]"
    return str(summary.episodes), rate, f"{summary.mean_reward:.3f}"


def _speed(numbers: SweepNumbers) -> Table:
    """Return speed of each cell, and cost where prices are known, as numbers and as multiples of the first cell's."""
    base = numbers.cells[0].speed if numbers.cells else None
    rows = [(cell.label, *_speeds(cell.speed, base), *_costs(numbers, cell)) for cell in numbers.cells]
    priced = any(environment.cost for cell in numbers.cells for environment in cell.numbers.environments)
    headings = ("cell", "tokens/s", "× first", "episodes/h", "× first", *(("$ a success", "× first") if priced else ()))
    return Table("Speed and cost" if priced else "Speed", headings, [row[: len(headings)] for row in rows])


def _speeds(speed: Speed | None, base: Speed | None) -> tuple[str, str, str, str]:
    if speed is None or base is None:
        return UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    return (
        f"{speed.completion_tokens_per_s:,.0f}",
        _times(ratio(base.completion_tokens_per_s, speed.completion_tokens_per_s)),
        f"{speed.episodes_per_h:,.0f}",
        _times(ratio(base.episodes_per_h, speed.episodes_per_h)),
    )


def _costs(numbers: SweepNumbers, cell: CellNumbers) -> tuple[str, str]:
    """Return what a success costs in each environment, and by how much that is more than in the first cell."""
    ratios = {pair.env_id: pair.cost_ratio for pair in numbers.pairs if pair.second == cell.cell.name}
    dollars, times = [], []
    for environment in cell.numbers.environments:
        cost = environment.cost.per_success if environment.cost else None
        dollars.append(UNKNOWN if cost is None else f"{cost:.4g}")
        times.append(_times(ratios.get(environment.env_id)))
    return ", ".join(dollars), ", ".join(times)


def _effects(numbers: SweepNumbers) -> Iterator[Table]:
    headings = ("change", "points (95 %)", "p", "tokens/s", "episodes/h", "$ a success", "pairs")
    for env_id in dict.fromkeys(effect.env_id for effect in numbers.effects):
        rows = [
            (
                _change(effect),
                points(effect.success),
                _p(effect.success.p_value),
                _times(effect.tokens_ratio),
                _times(effect.episodes_ratio),
                _times(effect.cost_ratio),
                str(effect.pairs),
            )
            for effect in numbers.effects
            if effect.env_id == env_id
        ]
        yield Table(f"What one axis does alone in {short_name(env_id)}", headings, rows)


def _change(effect: Effect) -> str:
    return f"{effect.axis.replace('_', ' ')} {effect.second} instead of {effect.first}"


def _sentence(effect: Effect, *, name_environment: bool) -> str:
    success = effect.success
    where = f" in {short_name(effect.env_id)}" if name_environment else ""
    changed = f"{_change(effect)}{where}"
    if success.shown:
        what = "gains" if success.difference > 0 else "loses"
        said = f"{changed} {what} success: {points(success)} points"
    else:
        low, high = max(0.0, -success.interval.low) * 100, max(0.0, success.interval.high) * 100
        said = (
            f"{changed} shows no difference of success over {success.tasks} tasks: {points(success)} points, so that a "
            f"loss of more than {low:.1f} or a gain of more than {high:.1f} is unlikely"
        )
    return f"{said}{_besides(effect)}."


def _besides(effect: Effect) -> str:
    parts = [
        f"{times} {what}"
        for what, times in (
            ("the tokens a second", _times(effect.tokens_ratio)),
            ("the cost of a success", _times(effect.cost_ratio)),
        )
        if times != UNKNOWN
    ]
    return f"; {', '.join(parts)}" if parts else ""


def _times(number: float | None) -> str:
    return UNKNOWN if number is None else f"×{number:.2f}"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def left_out(numbers: SweepNumbers) -> list[tuple[str, str]]:
    """Return what is missing: names of cells, and the reason that they share."""
    return grouped([(one.name, reason) for one in numbers.left_out for reason in one.reasons])


def grouped(reasons: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each reason once, with the cells that it is of, the first of them by name."""
    cells: dict[str, list[str]] = {}
    for name, reason in reasons:
        cells.setdefault(reason, []).append(name)
    return [(_some(names), reason) for reason, names in cells.items()]


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
