"""What runs cost, as the command line and a file of prices tell it: for all runs, or for one by its name."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentgym.errors import unknown
from agentgym.report.costs import Prices

# Whose prices, None for those of all runs, and the prices.
Layer = tuple[str | None, dict[str, Any]]

TOKENS, GPUS = ("prompt", "cached", "completion"), ("gpu_hour", "gpus")
FLAGS = {
    "prompt": ("--price-prompt", "dollars for a million prompt tokens"),
    "cached": ("--price-cached", "the same for those that were in the server's cache"),
    "completion": ("--price-completion", "dollars for a million sampled tokens"),
    "gpu_hour": ("--gpu-hour", "dollars for one GPU for an hour, instead of prices of tokens"),
    "gpus": ("--gpus", "how many GPUs the server had (default: 1)"),
}


def add_price_options(command: argparse.ArgumentParser) -> None:
    """Add the options that `read_prices` reads."""
    group = command.add_argument_group("prices", "for all runs, or as NAME=… for one; without any there is no cost")
    group.add_argument("--prices", metavar="FILE.toml", type=Path, help="prices for all runs, and [NAME] for one")
    for field, (flag, told) in FLAGS.items():
        number = "N" if field == "gpus" else "DOLLARS"
        group.add_argument(
            flag, dest=field, metavar=f"[NAME=]{number}", action="append", default=[], type=str, help=told
        )


def read_prices(arguments: argparse.Namespace, names: Sequence[str], faults: list[str]) -> dict[str, Prices]:
    """Return the prices of the runs that have some; adds what is wrong to `faults`.

    What is said of one run counts before what is said of all, and the command line before the file. Prices of tokens
    that are said in one of these places put aside GPU hours of a place that counts less, and the other way round.
    """
    layers = [*_file(arguments.prices, names, faults), *_flags(arguments, names, faults)]
    found: dict[str, Prices] = {}
    wrong: dict[str, list[str]] = {}
    for name in names:
        wanted: dict[str, Any] = {}
        for whose in (None, name):
            for prices in (prices for of, prices in layers if of == whose):
                wanted = _over(wanted, prices)
        try:
            found |= {name: Prices.model_validate(wanted)} if wanted else {}
        except ValidationError as error:
            for sentence in _sentences(error):
                wrong.setdefault(sentence, []).append(name)
    for sentence, of in wrong.items():
        whose = "" if len(of) == len(names) else f" of {', '.join(of)}"
        faults.append(f"prices{whose}: {sentence}")
    return found


def _over(less: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    dropped = GPUS if any(field in more for field in TOKENS) else TOKENS if "gpu_hour" in more else ()
    return {**{field: price for field, price in less.items() if field not in dropped}, **more}


def _file(path: Path | None, names: Sequence[str], faults: list[str]) -> Iterator[Layer]:
    if path is None:
        return
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"--prices: {path} cannot be read: {error.strerror or error}")
        return
    except ValueError as error:
        faults.append(f"--prices: {path} is no TOML: {error}")
        return
    tables = {key: value for key, value in told.items() if isinstance(value, dict)}
    of_all = {key: value for key, value in told.items() if key not in tables}
    for whose, prices in ((None, of_all), *tables.items()):
        where = f"--prices: {path}" + (f", [{whose}]" if whose else "")
        if whose is not None and whose not in names:
            faults.append(f"{where}: {unknown('run', whose, names)}")
        faults += [f"{where}: {unknown('price', key, FLAGS)}" for key in prices if key not in FLAGS]
        yield whose, {key: value for key, value in prices.items() if key in FLAGS}


def _flags(arguments: argparse.Namespace, names: Sequence[str], faults: list[str]) -> Iterator[Layer]:
    """Yield one layer for each run and one for all, so that the options of a run stand beside one another."""
    layers: dict[str | None, dict[str, Any]] = {}
    for field, (flag, _) in FLAGS.items():
        for text in getattr(arguments, field):
            name, _, number = text.rpartition("=")
            if name and name not in names:
                faults.append(f"{flag} {text}: {unknown('run', name, names)}")
                continue
            try:
                layers.setdefault(name or None, {})[field] = int(number) if field == "gpus" else float(number)
            except ValueError:
                faults.append(f"{flag} {text}: {number!r} is no number")
    yield from layers.items()


def _sentences(error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        said = fault["msg"].removeprefix("Value error, ")
        field = str(fault["loc"][0]) if fault["loc"] else ""
        yield f"{field} {fault['input']!r}: {said[0].lower()}{said[1:]}" if field else said
