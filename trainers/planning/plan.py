"""What a run will take of memory, by arithmetic, before any weight is loaded."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agentgym.models import Checkpoint, Model, ModelProfile, load_profile, profile_for
from agentgym.models.fit import (
    CPU_CACHE_GIB,
    CPU_OVERHEAD_GIB,
    GIB,
    OVERHEAD_GIB,
    UTILISATION,
    Gpus,
    cache_gib,
    weights_gib,
)
from agentgym.trainers.bridge.trl_arguments import MOST_ROWS, rows_at_once, update_faults
from agentgym.trainers.planning.machine import Machine, this_machine
from agentgym.trainers.planning.memory import Demand, Term, Work, demand
from agentgym.trainers.settings import GrpoSettings, SftSettings

_BYTES = {"float32": 4, "bfloat16": 2}
_GIVEN_TOKENS = 2048
_WIDE = {"fp32", "float32"}
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """The server that samples, as it is meant to be started.

    Attributes:
        model: as it is asked for.
        gpus: that hold it, with the share of each that it takes; None where it serves on the processor.
        terms: what it takes of them, together.
        episodes: of the longest rows that fit at once; None where that is not known.
    """

    model: str
    gpus: Gpus | None
    terms: Sequence[Term]
    episodes: int | None

    @property
    def count(self) -> int:
        """How many GPUs hold it."""
        return self.gpus.count if self.gpus else 0

    @property
    def gib(self) -> float:
        """What it takes of each GPU, or of the machine's memory."""
        return self.gpus.gib * self.gpus.utilisation if self.gpus else sum(term.gib or 0.0 for term in self.terms)

    @property
    def fits(self) -> bool:
        """Whether its weights and one row fit into what it takes."""
        return self.episodes is None or self.episodes > 0


@dataclass(frozen=True)
class Plan:
    """What a run takes, and whether a machine has it.

    Attributes:
        settings: of the run.
        machine: the one at hand.
        meant: the one that the numbers are for: the same, or that which the settings are written for where there are no
            GPUs at hand.
        work: of each process.
        trainer: what that takes.
        server: the server on the same machine, if one samples.
    """

    settings: GrpoSettings | SftSettings
    machine: Machine
    meant: Machine
    work: Work
    trainer: Demand
    server: Server | None

    @property
    def shared(self) -> bool:
        """Whether trainer and server share a GPU, or the machine's memory."""
        if self.server is None:
            return False
        if self.server.gpus is None:
            return not self.work.gpu
        return self.work.gpu and self.work.processes + self.server.count > max(self.meant.gpus, 1)

    @property
    def faults(self) -> list[str]:
        """Why it does not fit, and what to change; empty where it fits."""
        if self.meant != self.machine:
            return [
                f"this is written for {self.meant}, of which it takes {self._needs_gib:.1f} GiB each, and there is "
                "none here; smollm2-cpu needs none"
            ]
        faults = [*self._too_few_gpus()]
        if isinstance(self.settings, GrpoSettings):
            faults += update_faults(self.settings, processes=self.work.processes)
        has, needs = self._has_gib, self._needs_gib
        if has is not None and needs > has:
            faults.append(f"{needs - has:.1f} GiB are missing: {self._smaller()}")
        if self.server is not None and not self.server.fits:
            more = "--gpu-memory-utilization, --tensor-parallel" if self.server.gpus else "VLLM_CPU_KVCACHE_SPACE"
            faults.append(
                f"the server has no room for one row of {self.work.row_tokens:,} tokens beside its weights: give it "
                f"more ({more}), or shorten limits.max_tokens"
            )
        return faults

    @property
    def fits(self) -> bool:
        """Whether the machine has what is known to be needed."""
        return not self.faults

    @property
    def memory_lines(self) -> list[str]:
        """What each part takes, as a table."""
        each = f", each of {self.work.processes} processes" if self.work.processes > 1 else ""
        lines = [_row(f"Trainer{each}", "GiB"), *map(_term, self.trainer.fixed), *map(_term, self.trainer.update)]
        if self.trainer.sampling:
            lines += map(_term, self.trainer.sampling)
            lines.append("  (an update and sampling take turns: the larger counts)")
        lines.append(_row("  sum", f"{'' if self.trainer.known else '≥ '}{self.trainer.gib:.1f}"))
        if self.server is not None:
            lines += self._server_lines(self.server)
        return lines

    def lines(self, given: Sequence[str] = ()) -> list[str]:
        """Return it for a terminal.

        Args:
            given: the command's own arguments, which the printed command line gets too.
        """
        settings = self.settings
        lines = [f"Plan for {settings.model.name} on this machine: {self.machine}", "", *self.memory_lines, ""]
        if self.faults:
            lines += ["It does not fit:", *(f"  {fault}" for fault in self.faults)]
        else:
            least = "" if self.trainer.known else ", as far as it is known"
            lines.append(f"It fits{least}: {self._needs_gib:.1f} of {self._has_gib or 0:.1f} GiB")
        lines.append(f"No row may be longer than {self.work.row_tokens:,} tokens for that ({self._row_tokens_from})")
        lines += ["", *self._work_lines()]
        return [*lines, "", "Start", *(f"  {command}" for command in self.commands(given))]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        server = self.server
        return {
            "model": self.settings.model.name,
            "machine": vars(self.machine),
            "meant": vars(self.meant),
            "trainer": {
                "processes": self.work.processes,
                "gib": round(self.trainer.gib, 2),
                "all_known": self.trainer.known,
                "terms": _as_json((*self.trainer.fixed, *self.trainer.update, *self.trainer.sampling)),
            },
            "server": server and {"gpus": server.count, "gib": round(server.gib, 2), "terms": _as_json(server.terms)},
            "shared_gpu": self.shared,
            "needs_gib": round(self._needs_gib, 2),
            "row_tokens": self.work.row_tokens,
            "rows_at_once": self.work.rows,
            "fits": self.fits,
            "faults": self.faults,
        }

    @property
    def _row_tokens_from(self) -> str:
        if self.settings.plan.row_tokens is not None:
            return "plan.row_tokens"
        if isinstance(self.settings, SftSettings):
            return "demonstrations.max_tokens"
        return f"what may be sampled, and {_GIVEN_TOKENS:,} of prompts and results"

    @property
    def _has_gib(self) -> float | None:
        """What one process of the trainer may take, with a server that shares its GPU."""
        return self.meant.gpu_gib if self.work.gpu else self.meant.memory_gib

    @property
    def _needs_gib(self) -> float:
        shared = self.server.gib if self.server is not None and self.shared else 0.0
        return self.trainer.gib + shared

    def _too_few_gpus(self) -> Iterator[str]:
        wanted = max(self.work.processes if self.work.gpu else 0, self.server.count if self.server else 0)
        if wanted > self.machine.gpus:
            yield f"{wanted} GPUs are needed and {self.machine.gpus} are here: change accelerate and plan.server"
        elif self.shared and self.work.processes > 1:
            yield (
                f"{self.work.processes} processes and a server on {self.server.count if self.server else 0} GPUs "
                f"want as many of their own, and {self.machine.gpus} are here"
            )

    def _smaller(self) -> str:
        ways = []
        if self.work.rows > 1:
            ways.append("trl.per_device_train_batch_size=1")
        if not self.work.checkpointing:
            ways.append("model.gradient_checkpointing=true")
        ways.append("shorter episodes (limits.max_tokens)")
        if self.work.number_bytes == 4 and self.work.gpu:
            ways.append("model.dtype=bfloat16")
        if self.shared and self.work.gpu:
            ways.append("a smaller --gpu-memory-utilization of the server, or a GPU of its own")
        if self.work.processes > 1 and not self.work.sharded:
            ways.append("FSDP (accelerate … --use_fsdp)")
        return ", or ".join(ways)

    def _server_lines(self, server: Server) -> list[str]:
        if server.gpus is None:
            lines = ["", _row("Server, on the processor", "GiB"), *map(_term, server.terms)]
            lines.append(_row("  sum", f"{server.gib:.1f}"))
        else:
            share, count = f"{server.gpus.utilisation:g} × {server.gpus.gib:g}", server.count
            where = "on the trainer's GPU" if self.shared else f"{count} GPU{'s' if count > 1 else ''} of its own"
            lines = ["", _row(f"Server, {where}", "GiB"), *map(_term, server.terms)]
            lines.append(_row("  sum", f"{server.gib * count:.1f}", share + (f" × {count}" if count > 1 else "")))
        if server.episodes is not None:
            lines.append(f"  {server.episodes} episodes of {self.work.row_tokens:,} tokens fit at once")
        return lines

    def _work_lines(self) -> Iterator[str]:
        settings, work = self.settings, self.work
        if isinstance(settings, SftSettings):
            rows = f"{settings.batch_size} rows of at most {work.row_tokens:,} tokens"
            yield f"Each update: {rows}, computed {work.rows} at once"
            return
        groups, sampled = settings.groups, _sampled_tokens(settings)
        episodes = groups.size * groups.per_step
        made_of = f"{groups.per_step} groups × {groups.size} episodes = {episodes}"
        yield f"Each update: {made_of}, computed {work.rows} at once"
        yield f"             at most {episodes} × {sampled:,} = {episodes * sampled:,} sampled tokens"
        if groups.resample:
            yield f"             and at most {groups.resample} more groups in place of dead ones"
        yield f"The run:     {settings.steps} updates, {settings.updates * episodes:,} episodes"
        if settings.eval.tasks:
            played = settings.eval.tasks * len(settings.environments) * settings.eval.samples
            yield f"Evaluation:  {played:,} episodes before and {played:,} after"

    def commands(self, given: Sequence[str] = ()) -> Iterator[str]:
        """Yield the command lines that start the server, if one samples here, and the run; `given` as for `lines`."""
        settings = self.settings
        if self.server is not None:
            serve = shlex.join(("agentgym", "serve", self.server.model, "--rl", *settings.plan.server))
            yield _on_gpus(self.server.gpus.count, self.meant, serve) if self.server.gpus else serve
        kind = "sft" if isinstance(settings, SftSettings) else "grpo"
        launch = ("accelerate", "launch", *settings.accelerate) if settings.accelerate else ("python",)
        # Processes that train together have to be told which folder they share.
        out = ("--out", "DIR") if settings.accelerate and "--out" not in given else ()
        yield shlex.join((*launch, "-m", f"agentgym.trainers.{kind}", *given, *out))


def plan(settings: GrpoSettings | SftSettings, machine: Machine | None = None) -> Plan:
    """Return the plan for a machine; by default the one at hand."""
    machine = machine or this_machine()
    model = _model(settings)
    written_for = settings.plan
    meant = machine if machine.gpus or not written_for.gpus else Machine(written_for.gpus, written_for.gpu_gib)
    work = _work(settings, model, gpu=meant.gpus > 0 and settings.model.device != "cpu")
    taken = demand(work, parameters_b=_parameters_b(settings, model), model=model)
    return Plan(settings, machine, meant, work, taken, _server(settings, work, meant))


def plan_lines(settings: GrpoSettings | SftSettings) -> Sequence[str]:
    """Return the plan for the machine at hand, for a terminal."""
    return plan(settings).lines()


def _profile(settings: GrpoSettings | SftSettings) -> ModelProfile:
    found = profile_for(settings.model.name)
    return found if settings.model.family in (None, found.name) else load_profile(str(settings.model.family))


def _model(settings: GrpoSettings | SftSettings) -> Model | None:
    """Return what is known of the model; a folder may hold anything, whatever it is called."""
    models = () if Path(settings.model.name).is_dir() else _profile(settings).models
    return models[0] if len(models) == 1 else None


def _parameters_b(settings: GrpoSettings | SftSettings, model: Model | None) -> float | None:
    folder = settings.model.folder or Path(settings.model.name)
    if model is not None or not folder.is_dir():
        return model.parameters_b if model else None
    kept = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = config.get("dtype") or config.get("torch_dtype")
    except (OSError, ValueError, AttributeError):
        return None
    return kept / _BYTES.get(str(kind), 2) / 1e9 if kept else None


def _work(settings: GrpoSettings | SftSettings, model: Model | None, *, gpu: bool) -> Work:
    lora = _profile(settings).lora
    processes = _option_of(settings.accelerate, "--num_processes", 1)
    grpo = isinstance(settings, GrpoSettings)
    share = max(1, _rows(settings) // processes)
    in_process = isinstance(settings, GrpoSettings) and settings.policy.spec == "in-process"
    return Work(
        number_bytes=_BYTES[settings.model.dtype],
        rank=settings.lora.rank,
        targets=settings.lora.target_modules or (lora.target_modules if lora else ()),
        rows=rows_at_once(settings.trl, share, most=MOST_ROWS if grpo else share),
        row_tokens=_row_tokens(settings, model),
        checkpointing=settings.model.gradient_checkpointing,
        processes=processes,
        sharded="--use_fsdp" in settings.accelerate and processes > 1,
        gpu=gpu,
        sampled_rows=share if in_process else 0,
    )


def _rows(settings: GrpoSettings | SftSettings) -> int:
    if isinstance(settings, SftSettings):
        return settings.batch_size
    return settings.groups.size * settings.groups.per_step


def _row_tokens(settings: GrpoSettings | SftSettings, model: Model | None) -> int:
    if settings.plan.row_tokens is not None:
        return settings.plan.row_tokens
    if isinstance(settings, SftSettings):
        return settings.demonstrations.max_tokens
    longest = _sampled_tokens(settings) + _GIVEN_TOKENS
    return min(longest, model.context) if model else longest


def _sampled_tokens(settings: GrpoSettings) -> int:
    """Return how many tokens an episode samples at most."""
    turns = settings.limits.max_turns
    most = settings.limits.max_tokens
    return most if turns is None else min(most, turns * settings.policy.max_tokens)


def _server(settings: GrpoSettings | SftSettings, work: Work, machine: Machine) -> Server | None:
    if isinstance(settings, SftSettings) or work.sampled_rows:
        return None
    if settings.policy.base_url and urlsplit(settings.policy.base_url).hostname not in _HERE:
        return None
    name = settings.policy.spec.partition(":")[2]
    arguments = settings.plan.server
    utilisation = float(_option_of(arguments, "--gpu-memory-utilization", UTILISATION))
    count = int(_option_of(arguments, "--tensor-parallel", 1))
    gpus = Gpus(count, machine.gpu_gib, utilisation) if machine.gpus else None
    models = profile_for(name).models
    checkpoint = models[0].checkpoint_for(name) or models[0].checkpoints[0] if len(models) == 1 else None
    if checkpoint is None:
        return Server(name, gpus, [Term("weights", None, "not known")], None)
    if gpus is None:
        return _server_on_processor(
            name, models[0], checkpoint, work.row_tokens, wide=bool(_WIDE.intersection(arguments))
        )
    weights = weights_gib(models[0], checkpoint)
    room = max(0.0, gpus.usable_gib - weights)
    row = cache_gib(models[0], checkpoint, work.row_tokens, gpus) if models[0].attention else None
    terms = [
        Term("weights", weights, checkpoint.name),
        Term("CUDA", gpus.count * OVERHEAD_GIB, "estimated"),
        Term("cache", room, "the rest" if row is None else f"the rest; a row takes {row * GIB / 2**20:,.0f} MiB"),
    ]
    return Server(name, gpus, terms, None if row is None else int(room / row))


def _server_on_processor(name: str, model: Model, checkpoint: Checkpoint, row_tokens: int, *, wide: bool) -> Server:
    """Return what vLLM takes of the machine's memory, with weights and cache of 32 bits or 16."""
    number_bytes = _BYTES["float32" if wide else "bfloat16"]
    row = None
    if model.attention:
        row = cache_gib(model, checkpoint, row_tokens, Gpus(1, 0)) * number_bytes / _BYTES["bfloat16"]
    terms = [
        Term("weights", model.parameters_b * number_bytes * 1e9 / GIB, checkpoint.name),
        Term("vLLM", CPU_OVERHEAD_GIB, "estimated"),
        Term("cache", CPU_CACHE_GIB, "" if row is None else f"a row takes {row * GIB / 2**20:,.0f} MiB"),
    ]
    return Server(name, None, terms, None if row is None else int(CPU_CACHE_GIB / row))


def _option_of(arguments: Sequence[str], name: str, default: float) -> Any:
    """Return the number behind an option, as `--name N` or `--name=N`; the default where there is none."""
    for text, behind in pairwise((*arguments, "")):
        option, equals, value = text.partition("=")
        if option == name:
            number = float(value if equals else behind)
            return int(number) if number.is_integer() else number
    return default


def _on_gpus(count: int, machine: Machine, command: str) -> str:
    first = machine.gpus - count
    return f"CUDA_VISIBLE_DEVICES={','.join(map(str, range(max(first, 0), max(first, 0) + count)))} {command}"


def _term(term: Term) -> str:
    return _row(f"  {term.name}", "?" if term.gib is None else f"{term.gib:.1f}", term.how)


def _row(name: str, number: str, how: str = "") -> str:
    return f"{name:<34}{number:>8}  {how}".rstrip()


def _as_json(terms: Sequence[Term]) -> list[dict[str, Any]]:
    return [{"name": term.name, "gib": term.gib, "how": term.how} for term in terms]
