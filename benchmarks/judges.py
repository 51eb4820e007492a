"""A judge in a process of its own, which is killed when a verdict takes too long."""

from __future__ import annotations

import json
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

SCRIPT = Path(__file__).with_name("first_draft.py")
START_S = 120.0


class Judge:
    """The first draft, run by a Python that has what it needs.

    Attributes:
        math: whether that Python has `math-verify`.
    """

    def __init__(self, python: str, *, limit_s: float) -> None:
        self.python = python
        self.limit_s = limit_s
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.python, "-W", "ignore", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        hello = line_of(process, START_S)
        if not hello:
            process.kill()
            process.communicate()
            raise RuntimeError(f"{self.python} {SCRIPT} does not start: it needs jsonschema")
        self.math = bool(json.loads(hello)["math"])
        return process

    def accepts(self, pair: Mapping[str, Any]) -> bool | None:
        """Return a verdict; None if there was none within the limit."""
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(json.dumps(pair) + "\n")
        stdin.flush()
        verdict = line_of(self.process, self.limit_s)
        if verdict:
            return bool(json.loads(verdict))
        self.close()
        self.process = self.start()
        return None

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def line_of(process: subprocess.Popen[str], limit_s: float) -> str:
    """Return the next line that a process prints; empty if there is none in time, or it has ended."""
    stdout: IO[str] | None = process.stdout
    assert stdout is not None
    ready, _, _ = select.select([stdout], [], [], limit_s)
    return stdout.readline() if ready else ""
