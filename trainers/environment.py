"""AgentGym's environments for TRL's own `GRPOTrainer(environment_factory=…)`.

    with trl_environment("agentgym/CodeRepair-v1") as factory:
        dataset = trl_dataset("agentgym/CodeRepair-v1", tasks=256)
        GRPOTrainer(model, train_dataset=dataset, environment_factory=factory, args=GRPOConfig(…)).train()

TRL samples, calls the tools and asks for the reward; tasks, boxes and verdicts are those of our own rollouts. What
TRL 1.16 leaves out, and `python -m agentgym.trainers.grpo` does:

- The boxes of a batch are all open at once, and its environments act one after another.
- A lost episode is not played again. Its reward is None, so that TRL leaves it out of the baseline and gives it no
  advantage; it stays in its group, and its tokens weigh in the normaliser of some losses.
- A group whose rewards are all alike is trained on as it is.
- Nothing ends an episode but the model: after `submit` it is asked once more, and its text without a call is its last
  word, which no environment hears. TRL's `max_tool_calling_iterations` and `max_completion_length` limit the rest.
- Each call is a turn of its own, so that several calls in one message count as often towards `max_turns`. A call that
  TRL cannot read, or of a tool that does not exist, is answered by TRL, and not counted as malformed.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from datasets import Dataset

from agentgym import plugins
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, UsageError
from agentgym.message import call
from agentgym.reward import Reward
from agentgym.rollout import options as env_options
from agentgym.rollout.run import LosingStreak
from agentgym.sandbox import SandboxBackend
from agentgym.setups import SharedSetups
from agentgym.task import Split, Task, task_id
from agentgym.trainers.tool_methods import tool_methods
from agentgym.trajectory import StopReason

log = logging.getLogger(__name__)

LONGEST_LOSING_STREAK = 32
LOST = "The world failed. This episode does not count."
OVER = "Not run: the episode is over."


def trl_environment(
    env_id: str,
    *,
    split: Split | str = Split.TRAIN,
    sandbox: str | SandboxBackend = "auto",
    max_turns: int | None = None,
    sandbox_overrides: Mapping[str, Any] | None = None,
    **options: Any,
) -> TrlEnvironments:
    """Return a factory of TRL environments that play an AgentGym environment; nothing is opened before it is called.

    Args:
        env_id: id or short name.
        split: where a row without a task's id has its tasks from.
        sandbox: a backend's name, `auto`, or a backend that the caller owns and closes.
        max_turns: calls after which an episode is judged as it stands; by default the environment's own limit.
        sandbox_overrides: fields of the `SandboxSpec` to change.
        options: what the environment's constructor takes beyond what all do.

    Raises:
        UsageError: there is no such environment, option, split or backend, or it cannot be played through TRL; lists
            every fault.
    """
    common = {"split": split, "max_turns": max_turns, "sandbox_overrides": sandbox_overrides}
    return TrlEnvironments(plugins.find_environment(env_id), sandbox, common | _validated(env_id, options))


def trl_dataset(
    env_id: str,
    *,
    tasks: int,
    split: Split | str = Split.TRAIN,
    families: Sequence[str] = (),
    levels: Sequence[int] = (),
    seed: int = 0,
    environment: str | None = None,
    **options: Any,
) -> Dataset:
    """Return the rows that TRL plays, one a task, with the columns `prompt` and `task`.

    The prompt is the system message and an empty user message, which the environment's `reset` fills with the task.

    Args:
        env_id: id or short name.
        tasks: how many; of `train`, a seeded sample.
        split: where they are from.
        families: only tasks of these; empty is all.
        levels: only tasks of these; empty is all.
        seed: of the sample.
        environment: the environment's name in TRL's dict of factories; a column of its own.
        options: those that `trl_environment` was given, as they may change the system message.

    Raises:
        UsageError: a name or option is unknown, or there are not so many tasks.
    """
    found = plugins.find_environment(env_id)
    env: AgentEnv = plugins.environment_class(found)(**_validated(env_id, options))
    chosen = _chosen(env, Split.named(split), tasks, families, levels, seed)
    named = {} if environment is None else {"environment": environment}
    return Dataset.from_list([{"prompt": _prompt(env, task), "task": task.id, **named} for task in chosen])


class TrlEnvironment:
    """One environment, as TRL resets, calls and judges it; its tools are the public methods of a subclass.

    Whatever else is public is no function of the class, as TRL would take it for a tool.
    """

    def __init__(self, env: AgentEnv, streak: LosingStreak) -> None:
        self._env = env
        self._streak = streak
        self._verdict: Reward | None = None
        self._failure: Exception | None = None
        self._malformed = 0

    @property
    def verdict(self) -> Reward | None:
        """What the last episode was worth, and why, once it is judged; for reward functions and logs."""
        return self._verdict

    @property
    def failure(self) -> Exception | None:
        """Why the last episode has no reward, if so."""
        return self._failure

    @property
    def malformed_calls(self) -> int:
        """Calls of the last episode that did not fit their tool."""
        return self._malformed

    def reset(self, **row: Any) -> str:
        """Begin an episode and return what TRL appends to the prompt's last message.

        That is the task's statement, so that with a row of `trl_dataset` the model reads what it reads in our own
        rollouts. Before it comes the system message, where the row's prompt has none.

        Args:
            row: of the dataset. `task` is a task's id; or `index`, with or without `split`, its number; or `seed`
                draws one. All episodes of a group must name the same one.

        Raises:
            UsageError: the row names no task, or the task has other tools than were shown.
        """
        self._verdict, self._failure, self._malformed = None, None, 0
        try:
            self._env.reset(**self._choice(row))
        except InfrastructureError as error:
            self._lose(error)
        else:
            self._check_tools()
        return self._opening(row.get("prompt"))

    def get_reward(self) -> float | None:
        """Return the verdict on the episode, which ends here if it has not ended; None if the world took it away.

        Raises:
            RunStopped: many episodes in a row were lost, so that training would go on with nothing.
        """
        if self._verdict is None and self._failure is None:
            try:
                self._verdict = self._env.conclude(StopReason.MAX_TOKENS)
            except InfrastructureError as error:
                self._lose(error)
        if self._verdict is not None:
            self._streak.ended()
            return self._verdict.value
        assert self._failure is not None
        if not isinstance(self._failure, InfrastructureError):
            raise self._failure
        self._streak.went_on(str(self._failure))
        return None

    def _run(self, name: str, arguments: dict[str, Any]) -> str:
        if self._failure is not None or self._verdict is not None:
            return OVER if self._failure is None else LOST
        try:
            observation, _, terminated, truncated, info = self._env.step(call(name, **arguments))
        except InfrastructureError as error:
            self._lose(error)
            return LOST
        except Exception as error:
            # TRL tells the model of whatever a tool raises, and goes on: it is for `get_reward` to stop the run.
            self._failure = error
            raise
        self._malformed += info["malformed_calls"]
        if terminated or truncated:
            self._verdict = info["reward"]
        return "\n".join(message.content for message in observation)

    def _lose(self, error: InfrastructureError) -> None:
        log.warning("%s was lost: %s", self._env.task.id, error)
        self._failure = error
        self._env.close()

    def _choice(self, row: Mapping[str, Any]) -> dict[str, Any]:
        split = Split.named(row.get("split") or self._env.split)
        if (task := row.get("task")) is not None:
            return {"options": {"task": task}}
        if (index := row.get("index")) is not None:
            return {"options": {"task": task_id(plugins.short_name(self._env.id), split, int(index))}}
        if (seed := row.get("seed")) is not None:
            return {"seed": int(seed), "options": {"split": split}}
        raise UsageError(
            "a row must name its task, by a column task, index or seed, as the episodes of a group must all play the "
            f"same one: give the trainer train_dataset=trl_dataset({self._env.id!r}, tasks=…)"
        )

    def _check_tools(self) -> None:
        if missing := [tool.name for tool in self._env.tools if not hasattr(type(self), tool.name)]:
            raise UsageError(
                f"{self._env.task.id} has tools that TRL does not show: {', '.join(missing)}. It shows every task of "
                "an environment the same ones: use python -m agentgym.trainers.grpo"
            )

    def _opening(self, prompt: Sequence[Mapping[str, Any]] | None) -> str:
        before = prompt or ()
        system = [] if any(said["role"] == "system" for said in before) else [self._env.system_prompt()]
        text = "\n\n".join([*system, self._env.task.prompt])
        return f"\n\n{text}" if before and before[-1]["content"] else text


class TrlEnvironments:
    """Makes TRL's environments of one AgentGym environment; they share a backend, and each task's prepared box.

    It is closed as a context manager, by `close`, or when the program ends.
    """

    def __init__(self, env_id: str, sandbox: str | SandboxBackend, arguments: Mapping[str, Any]) -> None:
        """Look at the environment; nothing is opened yet. See `trl_environment`."""
        self._class = plugins.environment_class(env_id)
        self._arguments = dict(arguments)
        self._sandbox = sandbox
        self._backend: SandboxBackend | None = None
        self._setups = SharedSetups()
        self._streak = LosingStreak(longest=LONGEST_LOSING_STREAK)
        self._opened: list[AgentEnv] = []
        # TRL names the reward's curve for the class.
        self.environment_class = type(env_id.rpartition("/")[2], (TrlEnvironment,), self._tools())

    def __call__(self) -> TrlEnvironment:
        """Return a new environment; the first one opens the backend.

        Raises:
            InfrastructureError: boxes cannot be had here.
        """
        if not self._opened:
            self._open()
        env: AgentEnv = self._make(self._backend or self._sandbox)
        env.setups = self._setups
        self._opened.append(env)
        environment: TrlEnvironment = self.environment_class(env, self._streak)
        return environment

    def close(self) -> None:
        """Close every box, and the backend if it was opened here. Closing twice is harmless."""
        atexit.unregister(self.close)
        for env in self._opened:
            env.close()
        self._opened.clear()
        backend, self._backend = self._backend, None
        if backend is not None and backend is not self._sandbox:
            backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, sandbox: str | SandboxBackend) -> AgentEnv:
        env: AgentEnv = self._class(sandbox=sandbox, **self._arguments)
        return env

    def _open(self) -> None:
        atexit.register(self.close)
        env = self._make(self._sandbox)
        if env.specs() or env.boxes_differ:
            sandbox = self._sandbox
            self._backend = plugins.open_backend(sandbox) if isinstance(sandbox, str) else sandbox
            self._make(self._backend).preflight()

    def _tools(self) -> dict[str, Any]:
        """Return the methods that every task's tools are shown as."""
        env = self._make(self._sandbox)
        # What is asked here may look at the task, and needs no box.
        env.task = env.tasks(env.split)[0]
        functions = env.make_tools()
        if type(env).hear is not AgentEnv.hear and env.hear("") is not None:
            raise UsageError(
                f"{env.id} takes a message without a call for the answer, and TRL shows environments none: have it "
                "answered by a call, or use python -m agentgym.trainers.grpo"
            )
        return dict(tool_methods(functions, TrlEnvironment._run))


def _validated(env_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    found = plugins.find_environment(env_id)
    resolved = env_options.resolve({found: options}, [found])
    if resolved.faults:
        raise UsageError(*resolved.faults)
    return dict(resolved.by_id.get(found, {}))


def _prompt(env: AgentEnv, task: Task) -> list[dict[str, str]]:
    env.task = task
    return [{"role": "system", "content": env.system_prompt()}, {"role": "user", "content": ""}]


def _chosen(
    env: AgentEnv, split: Split, count: int, families: Sequence[str], levels: Sequence[int], seed: int
) -> list[Task]:
    everything = env.tasks(split)
    chosen = [everything[index] for index in everything.choose(count, seed=seed, families=families, levels=levels)]
    if len(chosen) < count:
        raise UsageError(
            f"{count} tasks were asked for, and {len(chosen)} were found in the {split} split of {env.id} "
            f"(families: {', '.join(families) or 'all'}; levels: {', '.join(map(str, levels)) or 'all'})"
        )
    return chosen
