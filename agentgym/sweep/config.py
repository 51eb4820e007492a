"""What a sweep is told: what is played, the grid, how models are served, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from agentgym import plugins
from agentgym.errors import UsageError, unknown
from agentgym.report.costs import Prices
from agentgym.rollout import config as rollout_config
from agentgym.rollout.config import RolloutConfig
from agentgym.serving.command import Precision, ServeOptions
from agentgym.serving.process import START_TIMEOUT_S
from agentgym.settings import Layers, Section
from agentgym.sweep.grid import AXES, Cell, Grid, Value, cells

Table = TypeVar("Table", bound="For")
Chosen = TypeVar("Chosen", bound=BaseModel)
# What the grid says of who plays, and what makes no sense beside it.
ELSEWHERE = {
    "spec": "grid.model or grid.policy",
    "thinking": "grid.thinking",
    "temperature": "grid.temperature",
}


class For(Section):
    """A table for some cells of the grid.

    Attributes:
        model: a model or policy of the grid; None is all of them.
        precision: of the weights; None is all.
    """

    model: str | None = None
    precision: Precision | None = None

    def covers(self, cell: Cell) -> bool:
        """Tell whether it is for a cell."""
        values = cell.values
        return self.model in (None, values["model"]) and self.precision in (None, values["precision"])


class Serve(For):
    """How models are served beyond what the grid says.

    Attributes:
        tensor_parallel: over how many GPUs a model is split.
        any_model: serve a model that no profile knows.
        start_timeout_s: seconds that a server may take until it is ready.
        extra: further arguments of vLLM; they come last and win.
    """

    tensor_parallel: int = Field(default=1, ge=1)
    any_model: bool = False
    start_timeout_s: float = Field(default=START_TIMEOUT_S, gt=0)
    extra: tuple[str, ...] = ()


class Price(For):
    """What tokens, or GPUs by the hour, cost: dollars as `report.costs.Prices` has them.

    Attributes:
        prompt: for a million prompt tokens.
        cached: for a million of those that the server had in its cache; None where they cost as much as others.
        completion: for a million sampled tokens.
        gpu_hour: for one GPU for an hour, instead of the above.
        gpus: how many the server had; None is what the model was split over.
    """

    prompt: float | None = Field(default=None, ge=0)
    cached: float | None = Field(default=None, ge=0)
    completion: float | None = Field(default=None, ge=0)
    gpu_hour: float | None = Field(default=None, ge=0)
    gpus: int | None = Field(default=None, ge=1)

    def prices(self, gpus: int) -> Prices:
        """Return them for a server with so many GPUs.

        Raises:
            ValidationError: tokens and GPUs both have a price, or neither has.
        """
        told = self.model_dump(exclude={"model", "precision", "gpus"})
        # Where tokens are paid for, it does not count over how many GPUs a model was split.
        return Prices(**told, gpus=self.gpus or (gpus if self.gpu_hour is not None else 1))


class SweepConfig(Section):
    """Everything a sweep is told.

    Attributes:
        play: what each cell plays, as a rollout is told; the grid says who plays.
        grid: what is varied.
        serve: how models are served; the first table that is for a cell counts.
        prices: what a cell costs; the first table that is for it counts.
    """

    play: RolloutConfig = RolloutConfig()
    grid: Grid
    serve: tuple[Serve, ...] = ()
    prices: tuple[Price, ...] = ()

    def serve_options(self, cell: Cell) -> ServeOptions:
        """Return how the model of a cell is served, but for the port."""
        assert cell.server is not None
        how = self.how_served(cell)
        return ServeOptions(
            precision=cell.server.precision,
            kv_cache=cell.server.kv_cache,
            context=cell.server.context,
            rl=self.play.policy.api == "tokens",
            **how.model_dump(include={"tensor_parallel", "any_model", "extra"}),
        )

    def how_served(self, cell: Cell) -> Serve:
        """Return the table that tells how a cell is served."""
        return _first(self.serve, cell) or Serve()

    def prices_of(self, cell: Cell) -> Prices | None:
        """Return what a cell costs, where that is told."""
        price = _first(self.prices, cell)
        return price.prices(self.how_served(cell).tensor_parallel if cell.server else 1) if price else None

    def rollout(self, cell: Cell) -> RolloutConfig:
        """Return what a cell plays, as a rollout of its own."""
        chosen: dict[str, Any] = {"thinking": cell.thinking, "temperature": cell.temperature}
        if cell.server is not None:
            chosen |= {"spec": f"vllm:{cell.player}", "base_url": None}
        else:
            chosen |= {"spec": cell.player}
        # Who plays best may be the oracle of `grid.policy`; it is not played again beside every cell.
        policy = self.play.policy.model_copy(update=chosen)
        return self.play.model_copy(update={"policy": policy, "reference": "none"})


def load(file: Path | None, assignments: Sequence[str] = ()) -> SweepConfig:
    """Return the configuration of a TOML file, over which `key.path=value` texts win.

    Raises:
        UsageError: lists every unknown key (with the nearest valid one), bad value and unknown name at once.
    """
    layers = Layers()
    layers.read(file)
    layers.faults[:] = [fault.removeprefix("--config ") for fault in layers.faults]
    readable = not layers.faults
    layers.assign(assignments)
    if not readable:
        raise UsageError(*layers.faults)
    layers.values["play"] = _played(layers)
    layers.values.setdefault("grid", {})
    return layers.validated(SweepConfig, _faults)


def _played(layers: Layers) -> RolloutConfig:
    """Return what is played, checked as a rollout checks it; what is wrong goes to the other faults."""
    asked = layers.values.get("play", {})
    if not isinstance(asked, Mapping):
        layers.faults.append("play: this is a section; set its keys, as play.NAME=VALUE")
        return RolloutConfig()
    policy = asked.get("policy", {})
    for name in ELSEWHERE if isinstance(policy, Mapping) else ():
        if name in policy:
            layers.faults.append(f"play.policy.{name}: in a sweep this is {ELSEWHERE[name]}")
    if "reference" in asked:
        layers.faults.append('play.reference: a sweep has no second line; put the oracle into grid.policy = ["oracle"]')
    try:
        return rollout_config.load(None, (), asked)
    except UsageError as error:
        layers.faults += [f"play: {fault}" for fault in error.faults]
        return RolloutConfig()


def _faults(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with names and combinations, as far as they can be read."""
    grid = _read(Grid, values.get("grid"))
    if grid is None:
        return
    yield from _grid_faults(grid)
    for section, model in (("serve", Serve), ("prices", Price)):
        tables = values.get(section, ())
        for number, given in enumerate(tables if isinstance(tables, list) else ()):
            table = _read(model, given)
            if table is not None:
                yield from _table_faults(f"{section}.{number}", table, grid)


def _grid_faults(grid: Grid) -> Iterator[str]:
    if not grid.players:
        yield 'grid: name who plays: model = ["Qwen3.5-4B"] is served by vLLM, policy = ["smollm2"] plays as it is'
    twice = [(axis, value) for axis in (*AXES, "policy") for value in _repeated(getattr(grid, axis))]
    yield from (f"grid.{axis}: {value!r} stands there twice" for axis, value in twice)
    for temperature in grid.temperature:
        if temperature is not None and not 0 <= temperature < float("inf"):
            yield f"grid.temperature: 0 or more, not {temperature}"
    for spec in grid.policy:
        yield from (f"grid.policy: {fault}" for fault in plugins.argument_faults(spec))
    for name in _repeated(cell.name for cell in cells(grid)) if not twice else ():
        yield f"grid: two cells would be called {name}: rename a folder, or leave one of the models out"


def _table_faults(where: str, table: For, grid: Grid) -> Iterator[str]:
    if table.model is not None and table.model not in grid.players:
        yield f"{where}.model: {unknown('model in the grid', table.model, grid.players)}"
    if table.precision is not None and table.precision not in grid.precision:
        yield f"{where}.precision: {unknown('precision in the grid', table.precision, grid.precision)}"
    if isinstance(table, Price):
        try:
            table.prices(1)
        except ValidationError as error:
            yield from (f"{where}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors())
        if not {"prompt", "completion", "gpu_hour"} & table.model_fields_set:
            yield f"{where}: give prompt and completion ($ for a million tokens), or gpu_hour ($)"


def _repeated(values: Iterable[Value]) -> list[Value]:
    return [value for value, times in Counter(values).items() if times > 1]


def _read(model: type[Chosen], value: Any) -> Chosen | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _first(tables: Sequence[Table], cell: Cell) -> Table | None:
    return next((table for table in tables if table.covers(cell)), None)
