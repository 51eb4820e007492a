"""`task.toml` of a Harbor task, as far as it says something that matters here.

Sections that describe a task for people, and what the environment may use, may hold any key; those that decide how a
task is graded may not, so that a misspelt key is not passed over.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = float
MOST_SECONDS = 600.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Artifact(_Strict):
    """One path that is taken from the agent's box to the verifier's."""

    source: str
    destination: str | None = None
    exclude: tuple[str, ...] = ()


class Verifier(_Strict):
    """How a task is graded.

    Attributes:
        timeout_sec: seconds that `tests/test.sh` may take.
        environment_mode: a fresh box, or the agent's own; None where the task does not say.
    """

    timeout_sec: Seconds = Field(default=600.0, gt=0)
    env: dict[str, str] = {}
    user: str | int | None = None
    environment_mode: Literal["separate", "shared"] | None = None
    environment: dict[str, Any] | None = None
    collect: tuple[Any, ...] = ()


class Agent(_Strict):
    """What the agent may take."""

    timeout_sec: Seconds | None = Field(default=None, gt=0)
    user: str | int | None = None


class Environment(BaseModel):
    """What the agent's box is."""

    model_config = ConfigDict(extra="allow", frozen=True)

    docker_image: str | None = None
    build_timeout_sec: Seconds = Field(default=600.0, gt=0, le=86_400)
    allow_internet: bool | None = None
    workdir: str | None = None
    gpus: int = 0
    mcp_servers: tuple[Any, ...] = ()
    env: dict[str, str] = {}


class Solution(_Strict):
    """How the solution runs."""

    env: dict[str, str] = {}


class Settings(_Strict):
    """A whole `task.toml`."""

    version: str | float | None = None
    schema_version: str | float | None = None
    source: str | None = None
    task: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    verifier: Verifier = Verifier()
    agent: Agent = Agent()
    environment: Environment = Environment()
    solution: Solution = Solution()
    artifacts: tuple[str | Artifact, ...] = ()
    steps: tuple[Any, ...] = ()
