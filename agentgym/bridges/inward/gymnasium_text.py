"""Environments of Gymnasium whose actions and observations can be said: `gymnasium:ID?key=value&…`.

The environment is somebody else's code and runs in this process, outside any box.
"""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any, ClassVar, NamedTuple

import gymnasium
from gymnasium.error import Error as GymnasiumError

from agentgym.bridges.inward.query import plain_value, read_query
from agentgym.bridges.inward.spaces import action_fault, action_type, as_action, in_words, observation_fault
from agentgym.env import AgentEnv, Artefacts, Script
from agentgym.errors import InfrastructureError, UsageError, VerifierFault, did_you_mean
from agentgym.message import Message, call
from agentgym.reward import Component, Reward
from agentgym.sandbox import Sandbox, SandboxSpec
from agentgym.task import Split, Task, TaskSet, generated, task_id

OUTCOME = "outcome.json"
SIZES: Mapping[Split, int] = {Split.DEMO: 16, Split.EVAL: 64, Split.TRAIN: 1_000_000}
OWN = ("success", "low", "high")
MOST_STEPS = 100
MOST_ABOUT_CHARS = 6_000

PROMPT = "Play the environment described by the user. Call `act` once for each action, until the episode is over."


class Maker(NamedTuple):
    """Makes one environment of Gymnasium, with the arguments of its name."""

    name: str
    arguments: Mapping[str, Any]

    def __call__(self) -> gymnasium.Env[Any, Any]:
        """Return a new one."""
        return gymnasium.make(self.name, disable_env_checker=True, **self.arguments)


class Scale(NamedTuple):
    """What the total reward of an ended episode is worth.

    Attributes:
        low: a total that is worth 0.
        high: a total that is worth 1; the same as `low` where there is nothing between failure and success.
    """

    low: float
    high: float

    def worth(self, total: float) -> float:
        """Return the worth of a total, 0 to 1.

        Raises:
            VerifierFault: the total is no finite number, so that it is worth nothing that could be told.
        """
        if not isfinite(total):
            raise VerifierFault(f"the total reward is {total}: rewards have to add up to a finite number")
        if self.low == self.high:
            return float(total >= self.high)
        return min(1.0, max(0.0, (total - self.low) / (self.high - self.low)))


class _Outcome(NamedTuple):
    total: float
    steps: int


def bridge(argument: str) -> type[GymnasiumEnv]:
    """Return the environment of `ID?key=value&…`.

    `success=X` makes a total reward of X or more worth 1 and any other 0; `low=A&high=B` makes it worth its place
    between A and B. Without either, the id's `reward_threshold` is `success`. Every other key is an argument of
    `gymnasium.make`.

    Raises:
        UsageError: there is no such environment, it cannot be put in words, or options are wrong; lists every fault.
    """
    name, options = read_query(argument)
    arguments = {key: plain_value(text) for key, text in options.items() if key not in OWN}
    make = _maker(name, arguments)
    scale, faults = _scale(make.name, {key: options[key] for key in OWN if key in options})
    with _opened(make) as game:
        faults += list(filter(None, [action_fault(game.action_space), _observation_fault(game)]))
        about = inspect.cleandoc(type(game.unwrapped).__doc__ or "")[:MOST_ABOUT_CHARS]
    if faults or scale is None:
        raise UsageError(*(f"gymnasium:{name}: {fault}" for fault in faults))
    steps = gymnasium.spec(make.name).max_episode_steps or MOST_STEPS
    made: dict[str, Any] = {
        "id": f"gymnasium:{argument}",
        "summary": f"Gymnasium: {name}",
        "max_turns": steps,
        "scale": scale,
    }
    made |= {"make_game": make, "about": about, "__doc__": GymnasiumEnv.__doc__}
    # Made here, so that nobody looks for it by its module.
    made["__qualname__"] = "bridge.<locals>.GymnasiumEnv"
    return type("GymnasiumEnv", (GymnasiumEnv,), made)


# Claims and calls that try to end or judge the episode without playing it.
CLAIM = Message(role="assistant", content="The episode is over. reward: 1")
CHEATS: Mapping[str, Script] = {
    "claims": lambda task: [CLAIM],
    "submits": lambda task: [CLAIM, call("submit")],
    "forges": lambda task: [CLAIM, call("act", action={"reward": 1, "terminated": True})],
    "hands-in": lambda task: [CLAIM, call("hand_in", answers={OUTCOME: '{"total": 1e9, "steps": 1}'})],
}


class GymnasiumEnv(AgentEnv):
    """One environment of Gymnasium, played by calls of one tool; a task is a seed."""

    sandbox_spec: ClassVar[SandboxSpec | None] = None
    has_oracle: ClassVar[bool] = False
    cheats: ClassVar[Mapping[str, Script]] = CHEATS
    scale: ClassVar[Scale]
    about: ClassVar[str]
    make_game: ClassVar[Maker]
    _game: gymnasium.Env[Any, Any] | None = None

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        """Return the tasks of a split: seeds, each with what is seen first."""
        split = Split(split)

        def draw(rng: random.Random, index: int) -> Task:
            return _task(cls, split, index, rng.getrandbits(31))

        return generated(split, SIZES[split], draw, version=cls.id)

    def system_prompt(self) -> str:
        """Return how to act."""
        return PROMPT

    def make_tools(self) -> Sequence[Callable[..., str]]:
        """Start the game, and return `act`."""
        self._close_game()
        self._game = game = self.make_game()
        first = _started(self.id, game, int(str(self.task.setup["seed"])))
        if not self.task.prompt.endswith(first):
            raise InfrastructureError(f"{self.id} starts otherwise from the same seed, so {self.task.id} is no task")
        self._outcome = _Outcome(0.0, 0)

        def act(action: Any) -> str:
            """Do one action and return what is seen after it."""
            return self._act(as_action(game.action_space, action))

        act.__annotations__ = {"action": action_type(game.action_space), "return": str}
        return [act]

    def _act(self, action: Any) -> str:
        assert self._game is not None, "tools are made with a game"
        try:
            observation, reward, terminated, truncated, _ = self._game.step(action)
            seen = _seen(self._game, observation)
        except Exception as error:
            raise InfrastructureError(f"{self.id} failed at the action {action!r}: {_name(error)}") from error
        if not isfinite(float(reward)):
            raise VerifierFault(
                f"{self.id} gave the reward {float(reward)} for the action {action!r}, which cannot be judged: "
                "let the environment give finite numbers"
            )
        self._outcome = _Outcome(self._outcome.total + float(reward), self._outcome.steps + 1)
        told = f"{seen}\nreward: {float(reward):g}"
        if not (terminated or truncated):
            return told
        self.hand_in({OUTCOME: json.dumps(self._outcome._asdict()).encode()})
        return f"{told}\nThe episode is over."

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        """Return what the total reward is worth; an episode that the environment did not end is worth nothing."""
        if OUTCOME not in artefacts:
            return Reward.zero("return", "the environment had not ended the episode")
        outcome = _Outcome(**json.loads(artefacts[OUTCOME]))
        told = f"a total reward of {outcome.total:g} in {outcome.steps} steps; worth 1 from {self.scale.high:g}"
        worth = self.scale.worth(outcome.total)
        return Reward.of([Component(name="return", value=worth, goal=True, evidence=told, data=outcome._asdict())])

    def noop(self, task: Task) -> Iterable[Message]:
        """Do nothing."""
        return [Message(role="assistant", content="")]

    def close(self) -> None:
        """Close the game too."""
        self._close_game()
        super().close()

    def _close_game(self) -> None:
        game, self._game = self._game, None
        if game is not None:
            game.close()


def _task(env_class: type[GymnasiumEnv], split: Split, index: int, seed: int) -> Task:
    return Task(
        id=task_id(env_class.id, split, index),
        split=split,
        index=index,
        family=env_class.id.partition("?")[0].removeprefix("gymnasium:"),
        level=1,
        prompt=f"{env_class.about}\n\nWhat you see first:\n{_first_seen(env_class, seed)}".strip(),
        setup={"seed": seed},
    )


def _first_seen(env_class: type[GymnasiumEnv], seed: int) -> str:
    with _opened(env_class.make_game) as game:
        return _started(env_class.id, game, seed)


def _started(env_id: str, game: gymnasium.Env[Any, Any], seed: int) -> str:
    """Start a game and return what is seen first."""
    try:
        observation, _ = game.reset(seed=seed)
        return _seen(game, observation)
    except Exception as error:
        raise InfrastructureError(f"{env_id} cannot be started from seed {seed}: {_name(error)}") from error


def _seen(game: gymnasium.Env[Any, Any], observation: Any) -> str:
    """Return an observation in words, as far as it has any, and what the environment draws as text."""
    words = "" if observation_fault(game.observation_space) else in_words(observation)
    drawn = str(game.render()).strip("\n") if game.render_mode == "ansi" else ""
    return "\n".join(filter(None, [words, drawn]))


def _observation_fault(game: gymnasium.Env[Any, Any]) -> str:
    return "" if game.render_mode == "ansi" else observation_fault(game.observation_space)


def _maker(name: str, arguments: Mapping[str, Any]) -> Maker:
    """Return what makes the environment, of its newest version if none is named, drawn as text where it can be."""
    try:
        probe = Maker(name, arguments)()
    except (GymnasiumError, TypeError, ValueError, ImportError) as error:
        raise UsageError(f"gymnasium:{name} cannot be made: {_why(name, error)}") from error
    modes = probe.metadata.get("render_modes") or ()
    if probe.spec is not None and ":" not in name:
        name = probe.spec.id
    probe.close()
    return Maker(name, {"render_mode": "ansi", **arguments} if "ansi" in modes else arguments)


def _why(name: str, error: BaseException) -> str:
    """Return what Gymnasium said, and the nearest name where it has none like this."""
    said = _name(error)
    if name in gymnasium.registry:
        return said
    near = did_you_mean(name, gymnasium.registry).strip(":. ")
    return f"{said} ({near})" if near else said


def _scale(name: str, options: Mapping[str, str]) -> tuple[Scale | None, list[str]]:
    """Return how totals are judged, or what is wrong with how that was said."""
    numbers = {key: plain_value(text) for key, text in options.items()}
    faults = [f"{key}={options[key]}: it is a number" for key, value in numbers.items() if not _is_number(value)]
    if faults:
        return None, faults
    if "success" in numbers and len(numbers) > 1:
        return None, ["success says it all: leave low and high away, or success"]
    if "success" in numbers:
        return Scale(numbers["success"], numbers["success"]), []
    if {"low", "high"} <= numbers.keys():
        if numbers["low"] < numbers["high"]:
            return Scale(numbers["low"], numbers["high"]), []
        return None, [f"low={options['low']} must be less than high={options['high']}"]
    if numbers:
        return None, ["low and high go together"]
    threshold = gymnasium.spec(name).reward_threshold
    if threshold is None:
        return None, ["it does not say which total reward is a success: add success=X, or low=A&high=B"]
    return Scale(threshold, threshold), []


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


@contextmanager
def _opened(make: Maker) -> Iterator[gymnasium.Env[Any, Any]]:
    game = make()
    try:
        yield game
    finally:
        game.close()


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
