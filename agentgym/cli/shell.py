"""`agentgym sandbox shell`: a fresh box for a person to work in, one command line at a time."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from secrets import token_hex
from typing import NamedTuple, Self

from agentgym import plugins
from agentgym.cli.output import opened
from agentgym.command_line import tell
from agentgym.errors import UsageError, unknown
from agentgym.sandbox import ExecReason, ExecResult, Sandbox, SandboxSpec

PROBE_S = 10.0
TICK_S, PATIENCE_S = 0.1, 1.0
# Signals what a shell has started or, with KILL, the shell too. Background jobs of a shell ignore INT.
SIGNAL = """
import os, sys
shell, number = int(sys.argv[1]), int(sys.argv[2])
parents = {}
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        parents[int(name)] = int(open(f"/proc/{name}/stat", errors="replace").read().rpartition(")")[2].split()[1])
    except OSError:
        pass
below = {shell}
while more := {pid for pid, parent in parents.items() if parent in below} - below:
    below |= more
for pid in below if number == 9 else below - {shell}:
    try:
        os.kill(pid, number)
    except OSError:
        pass
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this action's options to its parser."""
    add = parser.add_argument
    add("--backend", default="auto", help="auto (default), docker or bubblewrap")
    add("--image", help="which box image (default: linux, or the environment's)")
    add("--user", choices=("agent", "root"), help="who runs the commands (default: agent, or the environment's)")
    add("--env", metavar="ENV", help="a box as this environment's episodes have it, by short name or id")
    add("--timeout", metavar="S", type=float, default=60.0, help="seconds that one command may take (default 60)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Open a box, run what the person types or standard input holds, and close the box."""
    if not arguments.timeout > 0:
        raise UsageError(f"--timeout: more than 0 seconds, not {arguments.timeout:g}")
    spec = spec_asked_for(arguments)
    with opened(arguments.backend) as backend:
        backend.preflight(spec)
        box = backend.acquire(spec)
        try:
            with box:
                tell(f"a fresh box of {backend.name}: image {spec.image}, user {spec.user}, in {spec.workdir}")
                _work(box, timeout_s=arguments.timeout)
        finally:
            tell("the box is closed")
    return 0


def spec_asked_for(arguments: argparse.Namespace) -> SandboxSpec:
    """Return what the box has to be: the environment's spec if one is named, with what the flags change in it.

    Raises:
        UsageError: there is no such environment or image, or its episodes have no box.
    """
    from agentgym.sandboxes import images
    from agentgym.sandboxes.bubblewrap.backend import HOST_IMAGE

    spec: SandboxSpec | None = SandboxSpec()
    if arguments.env is not None:
        spec = plugins.environment_class(plugins.find_environment(arguments.env)).sandbox_spec
    if spec is None:
        raise UsageError(f"the episodes of {arguments.env} have no box: leave --env out, or name another environment")
    if arguments.image not in (None, *images.names(), HOST_IMAGE):
        raise UsageError(unknown("box image", arguments.image, [*images.names(), HOST_IMAGE]))
    changes = {"image": arguments.image, "user": arguments.user}
    return spec.model_copy(update={key: value for key, value in changes.items() if value is not None})


def _work(box: Sandbox, *, timeout_s: float) -> None:
    shell = BoxShell(box, timeout_s=timeout_s)
    try:
        if sys.stdin.isatty():
            _converse(shell)
        else:
            for line in _piped_lines():
                shell.run(line)
    finally:
        shell.close()


def _piped_lines() -> Iterator[str]:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for line in sys.stdin:
        if _leaves(line):
            return
        yield line.rstrip("\n")


def _converse(shell: BoxShell) -> None:
    tell("each line is one command; Ctrl-C interrupts it, Ctrl-D or `exit` leaves")
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` its line editing
    with Interrupts() as interrupts:
        while True:
            place = shell.where()
            try:
                with interrupts.raised():
                    line = input(shell.prompt(place))
            except KeyboardInterrupt:
                print()
                continue
            except EOFError:
                print()
                return
            if _leaves(line):
                return
            shell.run_interruptibly(line, place, interrupts)


def _leaves(line: str) -> bool:
    return line.split()[:1] in (["exit"], ["logout"])


class Interrupts:
    """Ctrl-C while this is open: counted, so that it ends nothing of this program, or raised where a line is typed."""

    def __init__(self) -> None:
        self.count = 0
        self._raise = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _press(self, *_: object) -> None:
        if self._raise:
            raise KeyboardInterrupt
        self.count += 1

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """Raise `KeyboardInterrupt` inside the block instead of counting."""
        self._raise = True
        try:
            yield
        finally:
            self._raise = False


class Place(NamedTuple):
    """Where the shell in the box is: its process there, and its directory."""

    pid: int
    folder: str


class BoxShell:
    """The box's persistent shell, with what a person expects of one: `$?`, output as it was, notes on what went wrong.

    Args:
        box: where the commands run.
        timeout_s: how long one of them may take.
    """

    def __init__(self, box: Sandbox, *, timeout_s: float) -> None:
        self._box = box
        self._timeout_s = timeout_s
        self._session = box.session()
        self._status = 0

    def run(self, line: str) -> None:
        """Run one line and show what came of it."""
        if "\0" in line:
            tell(f"left out, as no command can hold NUL: {line!r}")
            self._status = 2
        elif line.strip():
            self._show(self._result(line), killed=False)

    def run_interruptibly(self, line: str, place: Place | None, interrupts: Interrupts) -> None:
        """Run one line; the first Ctrl-C interrupts what it started, the second ends the shell too."""
        if not line.strip():
            return
        before = interrupts.count
        with ThreadPoolExecutor(1) as worker:
            future = worker.submit(self._result, line)
            sent = self._pass_on(future, place, interrupts, before)
        self._show(future.result(), killed=sent > 1)

    def _pass_on(self, future: Future[ExecResult], place: Place | None, interrupts: Interrupts, before: int) -> int:
        """Wait for the command's end, passing each Ctrl-C on; return how many were."""
        sent, patience_ends = 0, float("inf")
        while not wait([future], timeout=TICK_S).done:
            if interrupts.count - before > sent:
                sent += 1
                self._signal(place, signal.SIGINT if sent == 1 else signal.SIGKILL)
                patience_ends = time.monotonic() + PATIENCE_S if sent == 1 else float("inf")
            elif time.monotonic() > patience_ends:
                patience_ends = float("inf")
                tell("it goes on; Ctrl-C again ends the command together with its shell")
        return sent

    def _signal(self, place: Place | None, number: signal.Signals) -> None:
        if place is None:
            tell(f"the shell cannot be reached; the command ends after {self._timeout_s:g} s at the latest")
        else:
            self._box.exec(["python3", "-c", SIGNAL, str(place.pid), str(int(number))], timeout_s=PROBE_S)

    def _result(self, line: str) -> ExecResult:
        # Between two commands the box's shell forgets `$?`.
        command = f"(exit {self._status})\n{line}" if self._status else line
        return self._session.run(command, timeout_s=self._timeout_s)

    def where(self) -> Place | None:
        """Ask the shell where it is; None if it cannot say. What background jobs have written meanwhile is shown."""
        mark = token_hex(8)
        command = f'{{ builtin printf \'%s %s %s\' {mark} "$$" "$PWD"; }} 2>/dev/null'
        result = self._session.run(command, timeout_s=PROBE_S)
        before, _, said = result.stdout.rpartition(mark.encode())
        _write(before if said else result.stdout, result.stderr)
        pid, _, folder = said.decode("utf-8", "replace").strip().partition(" ")
        return Place(int(pid), folder) if pid.isdigit() else None

    def prompt(self, place: Place | None) -> str:
        """Return what stands before the line that a person types."""
        spec = self._box.spec
        end = "#" if spec.user == "root" else "$"
        return f"{spec.user}@box:{place.folder if place else '?'}{end} "

    def _show(self, result: ExecResult, *, killed: bool) -> None:
        _write(result.stdout, result.stderr)
        note = how_it_ended(result, killed=killed, spec=self._box.spec, timeout_s=self._timeout_s)
        if note:
            newline = "" if not result.stdout or result.stdout.endswith(b"\n") else "\n"
            print(f"{newline}[{note}]", file=sys.stderr, flush=True)
        self._status = result.exit_code or 0

    def close(self) -> None:
        """End the shell in the box. Closing twice is harmless."""
        self._session.close()


def how_it_ended(result: ExecResult, *, killed: bool, spec: SandboxSpec, timeout_s: float) -> str:
    """Return a note on a command that did not end well; nothing for one that did."""
    anew = f"its shell was ended with it, files stay; the next line starts a new shell in {spec.workdir}"
    if killed and result.reason is not ExecReason.EXITED:
        return f"interrupted; {anew}"
    match result.reason:
        case ExecReason.EXITED:
            return f"exit status {result.exit_code}" if result.exit_code else ""
        case ExecReason.TIMEOUT:
            return f"timed out after {timeout_s:g} s (--timeout gives more); {anew}"
        case ExecReason.OOM:
            return f"out of memory: the kernel killed some of it, as the box has {spec.memory_mib} MiB"
        case ExecReason.OUTPUT_LIMIT:
            return f"stopped after {result.stdout_bytes + result.stderr_bytes} bytes of output; {anew}"
        case ExecReason.SIGNALED:
            return f"ended by signal {result.signal}; {anew}"


def _write(stdout: bytes, stderr: bytes) -> None:
    for stream, data in ((sys.stdout, stdout), (sys.stderr, stderr)):
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
