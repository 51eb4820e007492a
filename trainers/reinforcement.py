"""A GRPO run, from top to bottom.

Load the model and prove that its adapter sits where it should; find the sampler and prove that it computes what the
trainer computes; play the frozen tasks; then, update after update, play groups, turn them into rows and let TRL step;
play the frozen tasks again, and say what changed.

The algorithm is TRL's, through its own arguments (`[trl]`). Left out: a value model, full fine-tuning, and adapters on
routed experts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, TrainerCallback

from agentgym.errors import AgentGymError, UsageError
from agentgym.policy import PolicySource
from agentgym.rollout.folder import write_json
from agentgym.rollout.store import write_episodes
from agentgym.trainers.adapters.adapter_files import save_adapter
from agentgym.trainers.adapters.model import Loaded, load
from agentgym.trainers.bridge import arguments
from agentgym.trainers.bridge.callbacks import Watch
from agentgym.trainers.bridge.grpo_config import grpo_config
from agentgym.trainers.bridge.grpo_trainer import AgentGRPOTrainer
from agentgym.trainers.bridge.processes import Processes, gathered_weights
from agentgym.trainers.guards import oom
from agentgym.trainers.guards.probe import Probe, probe
from agentgym.trainers.guards.rails import RailReached, Rails
from agentgym.trainers.outcome import comparison, evaluation
from agentgym.trainers.outcome.page import REPORT, write_page
from agentgym.trainers.planning import machine
from agentgym.trainers.play.curriculum import Curriculum
from agentgym.trainers.play.groups import Batch, GroupPlayer
from agentgym.trainers.play.overlap import Ahead
from agentgym.trainers.play.rows import Rows, rows
from agentgym.trainers.record import checkpoints
from agentgym.trainers.record.progress import Progress
from agentgym.trainers.record.steps import StepLog
from agentgym.trainers.sampling.samplers import OwnWeights, Sampler, server_for
from agentgym.trainers.settings import GrpoSettings
from agentgym.trajectory import Trajectory

ADAPTER, EPISODES, EVAL, SUMMARY = "adapter", "episodes", "eval", "summary.json"
BASE, TRAINED = "base", "trained"
# What the start-up canary asks; what is answered does not matter.
PROBED = ("Name three colours.", "What is 12 times 12?", "Write a line of Python that prints the date.")


def train(
    settings: GrpoSettings, folder: Path, *, resume: bool = False, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Train an adapter, and return what came of it: the content of `summary.json`.

    Args:
        settings: what to do.
        folder: the run folder.
        resume: go on from the last whole checkpoint in it.
        say: takes a line of progress.

    Raises:
        UsageError: something does not fit: the model its preset, the sampler the trainer, a template, the memory.
        RailReached: a guard stopped it; the last checkpoint is whole.
        InfrastructureError: the world failed; `resume` goes on.
    """
    with ExitStack() as opened, oom.explained(), arguments.quiet_libraries():
        run = _opened(settings, folder, resume=resume, say=say, opened=opened)
        try:
            run.check()
            before = run.evaluate(BASE)
            run.learn()
            return run.conclude(before, run.evaluate(TRAINED))
        except RailReached as error:
            run.write(stopped=str(error))
            raise


def _opened(
    settings: GrpoSettings, folder: Path, *, resume: bool, say: Callable[[str], None], opened: ExitStack
) -> Run:
    processes = Processes()
    curriculum = Curriculum(settings.environments, settings.curriculum, seed=settings.seed)
    player = opened.enter_context(GroupPlayer(settings, curriculum))
    player.preflight()
    server = server_for(settings, folder, processes)
    if server is not None:
        # Before any weight is loaded: that takes minutes, and a server that is not there a second.
        opened.callback(server.close)
        server.open()
    loaded = load(settings.model, settings.lora, seed=settings.seed)
    sampler: Sampler = server or OwnWeights(settings, loaded)
    if server is None:
        sampler.open()
    checkpoint = checkpoints.latest(folder / arguments.CHECKPOINTS) if resume else None
    run = Run(settings, folder, processes, loaded, player, sampler, Rails(settings.rails), say, checkpoint)
    opened.callback(run.ahead.close)
    run.add(
        opened.enter_context(
            arguments.reporters(settings.report_to, folder, step=checkpoints.step_of(checkpoint), main=processes.main)
        )
    )
    return run


class Run:
    """One training run: what it has open, and how it goes on."""

    def __init__(
        self,
        settings: GrpoSettings,
        folder: Path,
        processes: Processes,
        loaded: Loaded,
        player: GroupPlayer,
        sampler: Sampler,
        rails: Rails,
        say: Callable[[str], None],
        checkpoint: Path | None,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.processes = processes
        self.loaded = loaded
        self.player = player
        self.sampler = sampler
        self.rails = rails
        self.progress = Progress(say if processes.main else lambda line: None, updates=settings.steps)
        self.checkpoint = checkpoint
        self.began = time.monotonic()
        self.spent_s = checkpoints.state_of(checkpoint).get("seconds", 0.0) if checkpoint is not None else 0.0
        self.warnings: list[str] = evaluation.frozen_tasks(settings).warnings
        last = settings.updates - 1 if settings.groups.overlap else -1
        self.ahead = Ahead(self._play, settle=self._settle, last=last, state=self._state)
        config = grpo_config(settings, folder, processes=processes.count)
        try:
            self.trainer = AgentGRPOTrainer(
                model=loaded.model,
                tokenizer=loaded.tokenizer,
                args=config,
                play=self._rows,
                publish=self._publish,
                groups_per_step=settings.groups.per_step,
                callbacks=[self._watch()],
            )
        except (TypeError, ValueError) as error:
            raise UsageError(f"TRL cannot train like this: {error}") from error
        # It prints metrics to where results go.
        self.trainer.remove_callback(PrinterCallback)

    def check(self) -> None:
        """Look at everything that would spoil the run later.

        Raises:
            UsageError: sampler and trainer do not agree, or the sampler cannot do what is needed.
        """
        for line in self.loaded.adapted.lines():
            self.progress.say(line)
        self.progress.say(self.processes.on_main(self._probed).line())

    def evaluate(self, which: str) -> list[Trajectory]:
        """Play the frozen tasks with the policy as it is, or read what was played before."""
        if self.settings.eval.tasks == 0:
            return []
        self.progress.say(f"evaluating the {which} policy")
        self._publish(0 if which == BASE else self.settings.updates)
        played = self.processes.on_main(lambda: self._evaluated(which))
        self.progress.evaluated(which, played)
        return played

    def add(self, callbacks: Sequence[TrainerCallback]) -> None:
        """Have TRL tell others too."""
        for callback in callbacks:
            self.trainer.add_callback(callback)

    def learn(self) -> None:
        """Train, from the checkpoint on if there is one, and save the adapter."""
        if self.checkpoint is not None:
            state = checkpoints.state_of(self.checkpoint)
            self.player.restore(state["player"])
            self.rails.restore(state["rails"])
            self.progress.say(f"going on after update {checkpoints.step_of(self.checkpoint)}")
        self.trainer.train(resume_from_checkpoint=str(self.checkpoint) if self.checkpoint else None)
        weights = gathered_weights(self.trainer)
        if self.processes.main:
            model = self.trainer.accelerator.unwrap_model(self.trainer.model)
            save_adapter(model, self.folder / ADAPTER, state_dict=weights)

    def conclude(self, before: Sequence[Trajectory], after: Sequence[Trajectory]) -> dict[str, Any]:
        """Compare, write `summary.json` and the page, and return the summary."""
        compared = comparison.compare(before, after, seed=self.settings.seed) if before else None
        return self.write(compared)

    def write(self, compared: comparison.Comparison | None = None, *, stopped: str | None = None) -> dict[str, Any]:
        """Write `summary.json` and the page of a run that came to its end, or was stopped; return the summary."""
        summary = {
            "run": str(self.folder),
            "model": self.settings.model.name,
            "updates": self.trainer.state.global_step,
            "adapter": str(self.folder / ADAPTER),
            "report": str(self.folder / REPORT),
            "trainable": self.loaded.adapted.trainable,
            "modules": self.loaded.adapted.lines(),
            "machine": machine.facts(),
            "versions": machine.versions(),
            "seconds": round(self._seconds, 1),
            "evaluation": comparison.as_json(compared) if compared else None,
            "stopped": stopped,
            "warnings": self.warnings,
        }
        if self.processes.main:
            write_json(self.folder / SUMMARY, summary)
            write_page(self.folder)
        return summary

    # One update --------------------------------------------------------------------------------------------------

    def _rows(self, number: int) -> tuple[Rows, dict[str, float]]:
        """Return this process's rows of a batch, and what is logged of the whole batch."""
        whole, rates = self.ahead.take(number)
        made = rows(
            whole.share(self.processes.rank, self.processes.count),
            filler=self.loaded.tokenizer.pad_token_id,
            mask_overlong=self.settings.groups.mask_overlong,
        )
        return made, {**whole.metrics(), **rates, "agentgym/dropped_tokens": float(made.dropped)}

    def _play(self, number: int) -> Batch | AgentGymError:
        """Play this process's share of a batch; an error is handed on, for the others are waiting."""
        share = self.settings.groups.per_step // self.processes.count
        try:
            source = self.sampler.source()
            return self.player.play(number, source, groups=share, first=self.processes.rank * share)
        except AgentGymError as error:
            return error

    def _settle(self, mine: Batch | AgentGymError) -> tuple[Batch, dict[str, float]]:
        """Return the shares of all processes together, learnt from, with the rails' rates."""
        shares = self.processes.gathered([mine])
        for share in shares:
            if isinstance(share, AgentGymError):
                raise share
        whole = Batch.joined([share for share in shares if isinstance(share, Batch)])
        if self.processes.main:
            file = self.folder / EPISODES / f"step-{whole.step + 1:06d}.jsonl"
            write_episodes(file, [*whole.episodes, *whole.stopped])
        self.player.learn(whole)
        return whole, self.rails.watch_batch(whole)

    def _probed(self) -> Probe:
        return probe(
            self.trainer.accelerator.unwrap_model(self.trainer.model),
            base=self.sampler.base,
            publish=self._handed,
            prompts=PROBED,
            rails=self.settings.rails,
            temperature=self.settings.policy.temperature,
        )

    def _handed(self, model: Any) -> PolicySource:
        """Hand the sampler an adapter that is only looked at."""
        self.sampler.hand(model)
        return self.sampler.source()

    def _evaluated(self, which: str) -> list[Trajectory]:
        source = self.sampler.source(temperature=self.settings.eval.temperature)
        weights = BASE if which == BASE else f"update {self.settings.steps}"
        path = self.folder / EVAL / f"{which}.jsonl"
        return evaluation.play(self.settings, self.player, source, path, weights=weights)

    def _publish(self, version: int) -> None:
        self.sampler.publish(self.trainer, version)

    def _state(self) -> dict[str, Any]:
        return {"player": self.player.state(), "rails": self.rails.state(), "seconds": self._seconds}

    @property
    def _seconds(self) -> float:
        """Wall time of this process and of those that it goes on from, as far as checkpoints tell."""
        return float(self.spent_s) + time.monotonic() - self.began

    def _watch(self) -> Watch:
        keep = checkpoints.step_of(self.checkpoint)
        log = StepLog(self.folder, keep=keep) if self.processes.main else None
        return Watch(rails=self.rails, log=log, state=lambda: self.ahead.state(), told=self.progress.update)
