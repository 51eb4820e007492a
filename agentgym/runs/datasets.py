"""Runs as Hugging Face datasets and as data frames, in the forms of `agentgym.runs.forms`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentgym.runs.columns import arrow_schema
from agentgym.runs.forms import COLUMNS, Form, Kind, Options, Row, Rows, check_form
from agentgym.runs.load import Run, open_runs
from agentgym.runs.packages import needed

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset, Features
    from pandas import DataFrame

ROWS_AT_ONCE = 64
_PANDAS: dict[Kind, str] = {"text": "string", "whole": "int64", "number": "float64", "truth": "bool"}


def load_trajectories(
    *runs: Path | str, form: Form = "episodes", pairs_per_task: int | None = None, margin: float | None = None
) -> Dataset:
    """Return run folders as a dataset.

    Args:
        runs: folders that a rollout, or a trainer, has written.
        form: what a row is; see `agentgym.runs.forms`.
        pairs_per_task: for `dpo`, most pairs of one task (by default 1): the best episode with the worst, the second
            best with the second worst, and so on.
        margin: for `dpo`, a pair's rewards differ by more than this (by default 0).

    Raises:
        UsageError: datasets is not installed, a folder is none, an option is not the form's, or nothing there makes a
            row; says why.
        StoreError: a run cannot be read.
    """
    options = Options.given(pairs_per_task, margin)
    check_form(form, options)
    return to_dataset(open_runs(runs), form=form, options=options)


def to_dataset(runs: Sequence[Run], *, form: Form, options: Options | None = None) -> Dataset:
    """Return runs as a dataset.

    Raises:
        UsageError: as `load_trajectories` does.
        StoreError: a run cannot be read.
    """
    rows = Rows(runs, form, options)
    datasets = needed("datasets", what_for="a dataset")
    if form == "trajectories":
        import pyarrow as pa

        table = pa.Table.from_batches(record_batches(rows), schema=arrow_schema())
        return datasets.Dataset(table) if len(table) else rows.refuse_nothing()
    kept = list(rows)
    return datasets.Dataset.from_list(kept, features=features(form)) if kept else rows.refuse_nothing()


def to_pandas(runs: Sequence[Run], *, form: Form) -> DataFrame:
    """Return runs as a data frame, with the form's columns and types also where there is no row.

    Raises:
        UsageError: pandas is not installed, or there is no such form.
        StoreError: a run cannot be read.
    """
    rows = Rows(runs, form)
    pandas = needed("pandas", what_for="a data frame")
    if form == "trajectories":
        pa = needed("pyarrow", what_for="a data frame of whole trajectories")
        return pa.Table.from_batches(record_batches(rows), schema=arrow_schema()).to_pandas()
    columns = COLUMNS[form]
    types = {name: _PANDAS.get(kind, "object") for name, kind in columns.items()}
    return pandas.DataFrame(list(rows), columns=list(columns)).astype(types)


def features(form: Form) -> Features:
    """Return the columns of a form, as `datasets.load_dataset(…, features=…)` takes them.

    Raises:
        UsageError: datasets is not installed, or there is no such form.
    """
    check_form(form, None)
    datasets = needed("datasets", what_for="a dataset")
    if form == "trajectories":
        return datasets.Features.from_arrow_schema(arrow_schema())
    values = datasets.Value
    kinds: dict[Kind, Any] = {
        "text": values("string"),
        "whole": values("int64"),
        "number": values("float64"),
        "truth": values("bool"),
        "values": datasets.List(datasets.Json()),
        "wholes": datasets.List(values("int64")),
        "bits": datasets.List(values("int8")),
        "numbers": datasets.List(values("float32")),
    }
    return datasets.Features({name: kinds[kind] for name, kind in COLUMNS[form].items()})


def record_batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Yield whole trajectories as Arrow's record batches, a few rows at a time."""
    import pyarrow as pa

    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield pa.RecordBatch.from_pylist(some, schema=arrow_schema())
