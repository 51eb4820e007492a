"""How vLLM serves a family of models, release by release."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from agentgym.models.table import Table

RL_MIN_VERSION = "0.10.2"
"""The first vLLM release that tells the token ids of an answer, and logprobs as they were sampled from.

Sources: vllm-project/vllm pull requests 22587 and 22387; `--logprobs-mode` itself came with 21398, in 0.10.0.
"""

_NEED_A_VALUE = (
    *("--tool-call-parser", "--reasoning-parser", "--reasoning-parser-plugin"),
    *("--logprobs-mode", "--kv-cache-dtype", "--mamba-ssm-cache-dtype", "--speculative-config"),
)


def _have_their_values(args: tuple[str, ...]) -> tuple[str, ...]:
    following = (*args[1:], "--")
    without = [one for one, then in zip(args, following, strict=False) if one in _NEED_A_VALUE and then[:2] == "--"]
    if without:
        raise ValueError(f"no value follows {', '.join(without)}")
    return args


def _is_a_version(version: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+){1,2}", version):
        raise ValueError(f"{version!r} is no version; write it as '0.17.1'")
    return version


Arguments = Annotated[tuple[str, ...], AfterValidator(_have_their_values)]
"""Arguments of `vllm serve`, one word each."""
Version = Annotated[str, AfterValidator(_is_a_version)]
"""A release of vLLM, as `0.17.1`."""


class OlderServing(Table):
    """What differs where vLLM is older.

    Attributes:
        versions: of vLLM, as `>=0.11.2,<0.17`.
        args: what takes the place of `Serving.args`.
        note: what has to be done besides.
    """

    versions: str
    args: Arguments
    note: str | None = None

    @field_validator("versions")
    @classmethod
    def _is_a_range(cls, versions: str) -> str:
        is_version("0", versions)
        return versions


class Serving(Table):
    """How vLLM serves the family.

    Attributes:
        min_version: the first vLLM release that serves it.
        args: arguments of `vllm serve MODEL` for tool calls and reasoning to be told apart.
        rl_min_version: the first vLLM release that takes `rl_args`, and whose answers can be trained on.
        rl_args: further arguments where the model is also trained.
        rl_env: environment variables of the server where the model is also trained.
        older: what differs in older releases of vLLM.
    """

    min_version: Version | None = None
    args: Arguments = ()
    rl_min_version: Version = RL_MIN_VERSION
    rl_args: Arguments = ()
    rl_env: dict[str, str] = Field(default_factory=dict)
    older: tuple[OlderServing, ...] = ()

    @property
    def tool_parser(self) -> str | None:
        """What vLLM reads tool calls with."""
        return value_of("--tool-call-parser", self.args)

    @property
    def reasoning_parser(self) -> str | None:
        """What vLLM tells reasoning apart with."""
        return value_of("--reasoning-parser", self.args)

    def args_for(self, version: str) -> tuple[str, ...]:
        """Return the arguments that suit a release of vLLM, as `0.17.1`."""
        older = self._older(version)
        return self.args if older is None else older.args

    def note_for(self, version: str) -> str | None:
        """Return what has to be done besides with a release of vLLM."""
        older = self._older(version)
        return None if older is None else older.note

    def _older(self, version: str) -> OlderServing | None:
        return next((older for older in self.older if is_version(version, older.versions)), None)

    def narrowed(
        self, min_version: str | None, *, rl_min_version: str | None = None, rl_args: Sequence[str] = ()
    ) -> Serving:
        """Return it as it is for a model that needs a newer vLLM, and further arguments where it is trained."""
        update: dict[str, object] = {"rl_args": (*self.rl_args, *rl_args)}
        if rl_min_version is not None:
            update["rl_min_version"] = rl_min_version
        if min_version is not None:
            served = tuple(older for older in self.older if is_version(min_version, older.versions))
            update |= {"min_version": min_version, "older": served}
        return self.model_copy(update=update)


def is_version(version: str, versions: str) -> bool:
    """Tell whether a release is in a range, as `0.17.1` is in `>=0.17,<0.20`.

    Raises:
        ValueError: the range is none.
    """
    bounds = [re.fullmatch(r"\s*(>=|<)\s*([\d.]+)\s*", bound) for bound in versions.split(",")]
    if not all(bounds):
        raise ValueError(f"{versions!r} is no range of versions; write it as '>=0.17,<0.20'")
    numbers = _numbers(version)
    return all((numbers >= _numbers(bound[2])) == (bound[1] == ">=") for bound in bounds if bound)


def _numbers(version: str) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return numbers + [0] * (3 - len(numbers))


def value_of(option: str, args: Sequence[str]) -> str | None:
    """Return what follows an option; None where it is not given."""
    return args[args.index(option) + 1] if option in args else None
