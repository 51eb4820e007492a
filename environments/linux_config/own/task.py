"""A user's task as it is kept: the files as text that JSON can hold, and what a Dockerfile comes to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agentgym.harbor.folder import File

FAMILY = "own"
ROOT = "root"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoredFile(_Frozen):
    """One file: its bytes in base64, and whether it may be started."""

    base64: str
    executable: bool = False

    @classmethod
    def of(cls, file: File) -> StoredFile:
        """Return a file as it is kept."""
        return cls(base64=base64.b64encode(file.data).decode(), executable=file.executable)

    def file(self) -> File:
        """Return the file."""
        return File(base64.b64decode(self.base64), self.executable)


class CopyStep(_Frozen):
    """Files of the folder that are put into the box.

    Attributes:
        kind: which step it is.
        line: of the Dockerfile.
        files: names in the folder by absolute path in the box.
        mode: octal; by default as they are in the folder.
        owner: `user` or `user:group`, by default root.
    """

    kind: Literal["copy"] = "copy"
    line: int
    files: Mapping[str, str]
    mode: str = ""
    owner: str = ""


class FolderStep(_Frozen):
    """A folder that is made."""

    kind: Literal["folder"] = "folder"
    line: int
    path: str


class RunStep(_Frozen):
    """A command that is run.

    Attributes:
        kind: which step it is.
        line: of the Dockerfile.
        argv: the command.
        cwd: where.
        env: its variables.
        user: who runs it.
    """

    kind: Literal["run"] = "run"
    line: int
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    user: str


Step = Annotated[CopyStep | FolderStep | RunStep, Field(discriminator="kind")]


class Box(_Frozen):
    """What the box of a task is; not secret.

    Attributes:
        context: the files of `environment/`, by relative path.
        steps: what makes a box of our image one of the task; none where an image is built.
        workdir: where commands start.
        env: variables of all commands.
        build: why an image has to be built; empty where our own will do.
        build_timeout_s: seconds for the build, and for each step.
    """

    context: Mapping[str, StoredFile]
    steps: tuple[Step, ...] = ()
    workdir: str
    env: Mapping[str, str] = {}
    build: str = ""
    build_timeout_s: float


class Grading(_Frozen):
    """How a task is graded and solved; secret.

    Attributes:
        artifacts: absolute paths that are carried to the grading box; None to judge all that the policy left.
        timeout_s: seconds for test.sh.
        env: variables of test.sh.
        tests: what is put at /tests, by relative path.
        solution: what the oracle puts at /solution, by relative path.
        solution_env: variables of solve.sh.
        cautions: what the user should know of how the task is judged.
    """

    artifacts: tuple[str, ...] | None
    timeout_s: float
    env: Mapping[str, str]
    tests: Mapping[str, StoredFile]
    solution: Mapping[str, StoredFile]
    solution_env: Mapping[str, str]
    cautions: tuple[str, ...] = ()


def files_of(stored: Mapping[str, StoredFile]) -> dict[str, File]:
    """Return kept files as files."""
    return {path: file.file() for path, file in stored.items()}
