"""Runs pytest tests by their ids inside a box and prints one framed line for each report.

Usage: `python3 -I -B run_ids.py`; standard input is one JSON object with `nonce`, `folder`, `ids` and `seconds`. Each
line of output is the nonce and a JSON list: the test's id, the phase (`collect`, `setup`, `call` or `teardown`), its
outcome, and why unless it passed. A phase around a call is reported only if it did not pass.

Two processes do it: this one alone has the nonce, and cannot be traced or read by others of its user; the tests and the
code under test run in a child that never held it.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, TextIO

MAX_MESSAGE_CHARS = 1_500
MAX_LINE_CHARS = 8_192
PR_SET_DUMPABLE = 4


def main() -> int:
    """Start the child, and print what it reports with the nonce before it; the child's exit status is returned."""
    order = json.loads(sys.stdin.read())
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    nonce = order.pop("nonce")
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", __file__, str(writing)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writing],
    )
    assert child.stdin is not None
    os.close(writing)
    child.stdin.write(json.dumps(order).encode())
    child.stdin.close()
    for line in lines_of(reading, child):
        print(nonce, line[:MAX_LINE_CHARS], flush=True)
    status = child.wait()
    return status if status >= 0 else 128 - status


def lines_of(reading: int, child: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield what the child writes, until it ends: what it leaves behind may hold the pipe open for ever."""
    begun, ended = b"", False
    while not ended:
        ended = child.poll() is not None
        while select.select([reading], [], [], 0 if ended else 0.05)[0]:
            data = os.read(reading, 65_536)
            if not data:
                child.wait()
                return
            *whole, begun = (begun + data).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)


class Reporter:
    """A pytest plugin that writes a line for each report."""

    def __init__(self, results: TextIO) -> None:
        """Write to an open file."""
        self.results = results

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Report a test's call, and what went wrong around it."""
        if report.when == "call" or not report.passed:
            self.write(report.nodeid, report.when, report)

    def pytest_collectreport(self, report: Any) -> None:
        """Report a file that could not be read."""
        if not report.passed:
            self.write(report.nodeid, "collect", report)

    def write(self, name: str, phase: str, report: Any) -> None:
        """Write one line at once, so that a run that is cut short shows where."""
        message = "" if report.passed else message_of(report)
        self.results.write(json.dumps([name, phase, report.outcome, message]) + "\n")
        self.results.flush()


def message_of(report: Any) -> str:
    """Return pytest's own one-paragraph reason, or the end of the traceback where there is none."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)[-MAX_MESSAGE_CHARS:]
    return str(text).strip()[:MAX_MESSAGE_CHARS]


def run(descriptor: int) -> int:
    """Run the tests that standard input names; what they print goes nowhere."""
    import pytest

    order = json.loads(sys.stdin.read())
    results = os.fdopen(descriptor, "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    folder = order["folder"]
    os.chdir(folder)
    sys.path.insert(0, folder)
    signal.setitimer(signal.ITIMER_PROF, float(order["seconds"]))
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder, "--continue-on-collection-errors"]
    status = int(pytest.main([*options, *order["ids"]], plugins=[Reporter(results)]))
    return 0 if status in (0, 1) else status


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1])) if len(sys.argv) > 1 else main())
