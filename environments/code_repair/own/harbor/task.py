"""A Harbor task as the verifier has it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FAMILY = "harbor"


class HarborTask(BaseModel):
    """One Harbor task.

    Attributes:
        id: the folder's name.
        workdir: where the agent works and test.sh starts, absolute.
        shared: whether it is graded in the agent's own box.
        artifacts: absolute paths that are taken from the agent's box.
        timeout_s: seconds for test.sh.
        env: environment variables of test.sh.
        tests: what is staged at /tests, by relative path.
        solution: what is staged at /solution for the oracle, by relative path.
        solution_env: environment variables of solve.sh.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    workdir: str
    shared: bool
    artifacts: tuple[str, ...]
    timeout_s: float
    env: dict[str, str]
    tests: dict[str, str]
    solution: dict[str, str]
    solution_env: dict[str, str]
