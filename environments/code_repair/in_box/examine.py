"""Examines code under test inside a box: plays calls on it and runs its tests, each job in a process of its own.

Usage: `python3 -I -B examine.py`, with a request as JSON on standard input:

    {"nonce": text, "results": path or null, "explain": false, "calls": [[[function, arguments], ...], ...],
     "jobs": [job, ...]}

A job is one of these; `calls` is the number of one of the lists above:

    {"kind": "calls", "folder": path, "calls": 0, **limits}
    {"kind": "tests", "folder": path, "tests": [[module, function], ...], **limits}
    {"kind": "both", "folder": path, "tests": [...], "calls": 0, **limits}
    {"kind": "pytest", "folder": path, **limits}

Limits are `seconds` of CPU time for one call or test, `wall_s` for the whole job, and `most_hangs`, after how many
calls or tests that do not end the others are left out. To explain is to have assertions of `tests` say what pytest
would, and to go on after a job that took too long; both are for code that is not hostile.

Results go to a new file, or to standard output: lines of the nonce and a JSON list that begins with the job's number
and ends with an answer, or with how a test ended, or, when the job is over, with how its process ended.

What is examined may be hostile and runs in the processes forked here, so they hold nothing worth stealing: they know no
expected answer, and whoever forges a line still has to get every answer right.
"""

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

MAX_ANSWER_CHARS = 32_768
MAX_MESSAGE_CHARS = 1_500
LATE = "took too long"
PYTEST = ("-q", "--tb=short", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir")
PLAIN = (type(None), bool, int, float, str)

Job = dict[str, Any]
Report = Callable[[str], None]


class Hung(BaseException):
    """A call used up its CPU time. No `except Exception` keeps it."""


class Clock:
    """Ends what takes too long: first by an exception, then, if that is caught or nothing can be raised, for good."""

    def __init__(self, seconds: float, error: BaseException) -> None:
        """Take the seconds of CPU time that one call or test may use, and what is raised then."""
        self.seconds, self.error = seconds, error
        self.pressed = False
        signal.signal(signal.SIGPROF, self.ring)

    def ring(self, number: int, frame: FrameType | None) -> None:
        """Raise the error the first time."""
        if self.pressed:
            os._exit(1)
        self.pressed = True
        raise self.error

    def start(self) -> None:
        """Give the next call or test its time."""
        self.pressed = False
        signal.setitimer(signal.ITIMER_PROF, self.seconds, self.seconds)

    def stop(self) -> None:
        """Let time pass uncounted."""
        signal.setitimer(signal.ITIMER_PROF, 0)


def plain(value: object) -> object:
    """Return the value if it is made of nothing but JSON's own types; subclasses are none of them."""
    if type(value) is list:
        return [plain(item) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in PLAIN:
        return value
    raise TypeError(f"{type(value).__name__} is not plain data")


def play(function: str, arguments: list[object], clock: Clock) -> str:
    """Return the answer to one call as JSON."""
    module, _, name = function.rpartition(".")
    clock.start()
    try:
        returned = getattr(importlib.import_module(module), name)(*arguments)
    except Hung:
        return '{"hung": true}'
    except BaseException as error:
        return json.dumps({"raised": type(error).__name__})
    finally:
        clock.stop()
    try:
        answer = json.dumps({"returned": plain(returned)})
    except (TypeError, ValueError, RecursionError) as error:
        answer = json.dumps({"unusable": str(error)[:200]})
    return answer if len(answer) <= MAX_ANSWER_CHARS else json.dumps({"unusable": f"{len(answer)} characters"})


def answer_calls(job: Job, report: Report) -> None:
    """Answer calls in order; stop when too many did not end."""
    clock, hangs = Clock(job["seconds"], Hung()), 0
    for number, (function, arguments) in enumerate(job["calls"]):
        answer = play(function, arguments, clock)
        report(f"[{number}, {answer}]")
        hangs += answer == '{"hung": true}'
        if hangs >= job["most_hangs"]:
            return


def run_tests(job: Job, report: Report) -> None:
    """Call test functions one after the other, without pytest around them."""
    clock, hangs = clock_for_tests(job), 0
    for module, name in job["tests"]:
        clock.start()
        try:
            getattr(importlib.import_module(module), name)()
            outcome, message = "passed", ""
        except BaseException as error:
            outcome, message = "failed", reason_of(error)
        finally:
            clock.stop()
        report(json.dumps([name, outcome, message]))
        hangs += clock.pressed
        if hangs >= job["most_hangs"]:
            return


def reason_of(error: BaseException) -> str:
    """Return why a test failed, as pytest says it where it is there."""
    pytest = sys.modules.get("pytest")
    if pytest is None:
        return f"{type(error).__name__}: {error}"[:MAX_MESSAGE_CHARS]
    info = pytest.ExceptionInfo.from_exc_info((type(error), error, error.__traceback__))
    return str(info.exconly(tryshort=True))[:MAX_MESSAGE_CHARS]


def clock_for_tests(job: Job) -> Clock:
    """Return a clock that makes a test that does not end a failed one, and lets the others run."""
    return Clock(job["seconds"], TimeoutError(f"did not end within {job['seconds']:g} s"))


def run_pytest(job: Job, report: Report) -> None:
    """Run pytest on the folder and report the worst outcome of each test."""
    import pytest

    clock = clock_for_tests(job)
    outcomes: dict[str, tuple[str, str]] = {}
    hangs = 0

    def keep(result: Any) -> None:
        if outcomes.get(result.nodeid, ("passed",))[0] != "failed":
            outcomes[result.nodeid] = (result.outcome, "" if result.passed else message_of(result))

    class Recorder:
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_call(self) -> Any:
            nonlocal hangs
            clock.start()
            yield
            clock.stop()
            hangs += clock.pressed

        def pytest_runtest_setup(self) -> None:
            if hangs >= job["most_hangs"]:
                pytest.skip(f"left out, as {hangs} others did not end")

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.when == "call" or not report.passed:
                keep(report)

        def pytest_runtest_logfinish(self, nodeid: str) -> None:
            tell(nodeid)

        def pytest_collectreport(self, report: Any) -> None:
            if not report.passed:
                keep(report)
                tell(report.nodeid)

    def tell(name: str) -> None:
        if name in outcomes:
            report(json.dumps([name, *outcomes[name]]))

    pytest.main([*PYTEST, job["folder"], job["folder"]], plugins=[Recorder()])


def message_of(report: Any) -> str:
    """Return pytest's own one-paragraph reason, or the end of the traceback where there is none."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)[-MAX_MESSAGE_CHARS:]
    return str(text).strip()[:MAX_MESSAGE_CHARS]


def do_both(job: Job, report: Report) -> None:
    """Run tests, then answer calls in the same process."""
    run_tests(job, report)
    answer_calls(job, report)


KINDS = {"both": do_both, "calls": answer_calls, "tests": run_tests, "pytest": run_pytest}


def work(job: Job, report: Report) -> None:
    """Do one job, in a process of its own."""
    os.setsid()
    gc.enable()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.chdir(job["folder"])
    sys.path.insert(0, job["folder"])
    KINDS[job["kind"]](job, report)


def wait(pid: int, wall_s: float) -> str:
    """Return how a job's process ended; one that takes too long is killed."""
    deadline = time.monotonic() + wall_s
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return "" if code == 0 else f"exited with status {code}" if code > 0 else f"died of signal {-code}"
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return LATE
        signal.sigtimedwait({signal.SIGCHLD}, max(0.0, min(1.0, deadline - time.monotonic())))


def within_pytest(do: Callable[[], None]) -> None:
    """Do something inside a test of pytest's, where assertions of modules that are imported then explain themselves."""
    import pytest

    class Stage:
        def pytest_runtest_call(self, item: Any) -> None:
            do()

    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/test_stage.py", "w", encoding="ascii") as file:
            file.write("def test_stage():\n    pass\n")
        pytest.main([*PYTEST, folder, "-s", folder], plugins=[Stage()])


def main() -> None:
    """Do the jobs of the request on standard input, one after the other; what the code itself prints goes nowhere."""
    request = json.load(sys.stdin)
    path = request["results"]
    results = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600) if path else os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # `wait` asks for it
    if request["explain"]:
        within_pytest(lambda: do_jobs(request, results))
        return
    if any(job["kind"] == "tests" for job in request["jobs"]):
        importlib.import_module("pytest")  # the tests will, each time anew
    do_jobs(request, results)


def do_jobs(request: Job, results: int) -> None:
    """Do the jobs, each in a process of its own, until one takes too long: what sleeps once will do so again."""
    gc.disable()
    gc.freeze()  # what processes that are forked do not touch is not copied
    for number, job in enumerate(request["jobs"]):
        if "calls" in job:
            job["calls"] = request["calls"][job["calls"]]

        def report(text: str, number: int = number) -> None:
            line = f"{request['nonce']} [{number}, {text}]\n".encode()
            while line:
                line = line[os.write(results, line) :]

        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work(job, report)
                code = 0
            finally:
                os._exit(code)
        ended = wait(pid, job["wall_s"])
        report(json.dumps(ended))
        if ended == LATE and not request["explain"]:
            return


if __name__ == "__main__":
    main()
