"""Playing the panel on tasks, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentgym.audit.attacks.panel import PANEL, attacks_for, named_families
from agentgym.audit.words import short_task
from agentgym.checks.env.stage import Stage
from agentgym.checks.tasks import HOPELESS
from agentgym.env import AgentEnv, Script
from agentgym.errors import InfrastructureError
from agentgym.reward import Reward
from agentgym.task import Task

Tell = Callable[[str], None]

MOST_EVIDENCE = 600
BEGIN = "begin"  # stands for an attack where the episode could not even begin
OWN = "own"  # the family of the environment's own cheats


@dataclass(frozen=True)
class AttackResult:
    """What came of one attack on one task.

    Attributes:
        task_id: which task.
        attack: which attack, or which of the environment's own cheats; `begin` where no episode could begin.
        family: of the attack; `own` for the environment's cheats.
        value: its reward; None where it could not be judged.
        noop: what doing nothing is worth on this task; None where that could not be judged.
        passed_canary: whether it passed a task that has no solution.
        goals: what it earned of what the task asks for, and doing nothing does not. Without a reward that is no gain:
            what does not work any more also refuses whatever it should.
        evidence: what the verifier says, shortened.
        fault: why it could not be judged. An attack that makes an environment fail is a fault of the environment:
            whoever plays again what was lost has a way to be rid of bad episodes.
        seconds: how long it took.
    """

    task_id: str
    attack: str
    family: str
    value: float | None
    noop: float | None
    passed_canary: bool = False
    goals: Sequence[str] = ()
    evidence: str = ""
    fault: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def label(self) -> str:
        """Its name among all: an own cheat, as the policy that plays it, may be named as an attack is."""
        return f"cheater:{self.attack}" if self.family == OWN else self.attack

    @property
    def succeeds(self) -> bool:
        """Whether it got all that the task's work gets, or passed what cannot be passed."""
        return self.passed_canary or (self.value is not None and self.value >= 1)

    @property
    def gains(self) -> bool:
        """Whether it got more than doing nothing does."""
        return self.succeeds or (self.value is not None and self.value > (self.noop or 0.0))


def play_attacks(
    env: AgentEnv, tasks: Sequence[Task], *, tell: Tell, families: Collection[str] = ()
) -> list[AttackResult]:
    """Play every attack that applies, and the environment's own cheats, on each task.

    Args:
        env: plays them, one after the other; the caller closes it.
        tasks: what is attacked.
        tell: told what is being done, one line at a time.
        families: only attacks of these, `own` among them; none stands for all.

    Raises:
        UsageError: a family is none.
        InfrastructureError: no boxes can be had at all. Anything else that goes wrong is in the results.
    """
    generic = named_families([family for family in families if family != OWN])
    own = not families or OWN in families
    results: list[AttackResult] = []
    for task in tasks:
        attacks, fault = _fitting(env, task, generic) if generic or not families else ({}, "")
        if fault:
            results.append(AttackResult(task.id, BEGIN, OWN, value=None, noop=None, fault=fault))
        else:
            results += _attacked(env, task, tell, attacks, own=own)
    return results


def _fitting(env: AgentEnv, task: Task, families: Collection[str]) -> tuple[Mapping[str, Script], str]:
    """Return the attacks that apply to a task, or why its episode could not begin."""
    try:
        return attacks_for(env, task, families=families), ""
    except HOPELESS:
        raise
    except Exception as error:
        return {}, f"{type(error).__name__}: {error}"


def _attacked(
    env: AgentEnv, task: Task, tell: Tell, attacks: Mapping[str, Script], *, own: bool
) -> Iterator[AttackResult]:
    noop, _ = _played(env, task, env.noop)
    earned = noop.goals_earned if noop else []
    scripts = list(_scripts(env, task, attacks, own=own))
    for number, (name, family, script) in enumerate(scripts, start=1):
        tell(f"{short_task(task.id)}: attack {number} of {len(scripts)}, {name}")
        began = time.monotonic()
        reward, fault = _played(env, task, script)
        yield AttackResult(
            task_id=task.id,
            attack=name,
            family=family,
            value=None if reward is None else reward.value,
            noop=None if noop is None else noop.value,
            passed_canary=reward is not None and reward.passed_canary,
            goals=[goal for goal in reward.goals_earned if goal not in earned] if reward else (),
            evidence=_evidence(reward) if reward else "",
            fault=fault,
            seconds=time.monotonic() - began,
        )


def _scripts(
    env: AgentEnv, task: Task, attacks: Mapping[str, Script], *, own: bool
) -> Iterator[tuple[str, str, Script]]:
    families = {attack.name: str(attack.family) for attack in PANEL}
    for name, script in attacks.items():
        yield name, families[name], script
    for name, script in env.cheats_for(task).items() if own else ():
        yield name, OWN, script


def _played(env: AgentEnv, task: Task, script: Script) -> tuple[Reward | None, str]:
    """Return the reward of a script, or why there is none."""
    try:
        return Stage(env, 1).play(task, script), ""
    except HOPELESS:
        raise
    except InfrastructureError as error:
        return None, f"{type(error).__name__}: {error}"
    except Exception as error:
        # Hostile input made the environment itself fail: that is what is looked for, and must not end the audit.
        return None, f"the environment raised {type(error).__name__}: {error}"


def _evidence(reward: Reward) -> str:
    said = [component for component in reward.components if component.evidence or component.value < 1]
    text = "; ".join(": ".join(filter(None, (component.name, component.evidence))) for component in said)
    return text if len(text) <= MOST_EVIDENCE else f"{text[:MOST_EVIDENCE]}…"
