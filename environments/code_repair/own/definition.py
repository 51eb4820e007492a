"""What a task of the user's own says, as it is written down, and everything that can be wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

from agentgym.environments.code_repair.own.paths import MAX_SOURCE_BYTES, MAX_TASK_BYTES, path_fault, tree_faults
from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault

MAX_CALLS = 2_000
TREES = ("files", "visible_tests", "hidden_tests", "gold")
# What Python or pytest runs or reads by itself: never the policy's to change.
NEVER_EDITABLE = {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py"}

Tree = Mapping[str, str]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", max_length=200)]


class Definition(BaseModel):
    """One task of the user's own.

    Attributes:
        id: names it; its task id is `code-repair/own/<id>`.
        prompt: what the policy is told (`instruction` is read too).
        files: what lies in the workdir, by relative path.
        visible_tests: tests that the policy sees, by path in the workdir.
        hidden_tests: tests that only the grader has; one of a visible test's path takes its place when grading.
        editable: the files that are taken from the policy's box and judged; by default every served `.py` file that is
            no test, and what `gold` changes.
        entry_points: functions, as `module.function`, that must answer calls as the gold program does.
        calls: argument lists for entry points.
        inputs: a program with `random_call(rng)`, which returns an entry point and its arguments.
        pytest_ids: tests that must pass; by default all that are found in the test files.
        gold: the files of the solution; it is laid over `files`.
        timeout_s: seconds for the tests.
        level: how hard it is meant to be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    prompt: str = Field(min_length=1, max_length=50_000, validation_alias=AliasChoices("prompt", "instruction"))
    files: dict[str, str] = Field(min_length=1)
    visible_tests: dict[str, str] = {}
    hidden_tests: dict[str, str] = {}
    editable: tuple[str, ...] = ()
    entry_points: tuple[Name, ...] = ()
    calls: dict[str, list[list[JsonValue]]] = {}
    inputs: str = ""
    pytest_ids: tuple[str, ...] = ()
    gold: dict[str, str] = Field(min_length=1)
    timeout_s: float = Field(default=60.0, gt=0, le=600, allow_inf_nan=False)
    level: int = Field(default=1, ge=1, le=100)

    @property
    def tests(self) -> dict[str, str]:
        """All tests as they are graded, by path."""
        return {**self.visible_tests, **self.hidden_tests}

    @property
    def declared(self) -> tuple[str, ...]:
        """The files that are taken from the policy's box."""
        sources = (path for path in self.files if path.endswith(".py") and not never_editable(path))
        return self.editable or tuple(sorted({*sources, *self.gold} - self.tests.keys()))

    @property
    def solution(self) -> dict[str, bytes]:
        """The declared files as the gold program has them."""
        files = {**self.files, **self.gold}
        return {path: files[path].encode() for path in self.declared if path in files}

    @property
    def test_ids(self) -> tuple[str, ...]:
        """The tests that must pass."""
        return self.pytest_ids or tuple(f"{path}::{name}" for path in self.tests for name in tests_in(self.tests[path]))


def never_editable(path: str) -> bool:
    """Tell whether Python or pytest would run or read a file by itself."""
    name = path.rpartition("/")[2]
    return name in NEVER_EDITABLE or name.endswith(".pth") or path.split("/")[0].removesuffix(".py") == "pytest"


def tests_in(text: str) -> list[str]:
    """Return the names of a file's test functions, and of the methods of its test classes."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    return list(_test_names(body))


def _test_names(body: Sequence[ast.stmt], inside: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield inside + node.name
        elif isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_test_case(node)):
            yield from _test_names(node.body, f"{inside}{node.name}::")


def _is_test_case(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).rpartition(".")[2] == "TestCase" for base in node.bases)


def definition_faults(task: Definition) -> Iterator[Fault]:
    """Yield everything that is wrong with a task beyond the types of its keys."""
    for key in TREES:
        yield from tree_faults(key, getattr(task, key))
    size = sum(len(text.encode("utf-8", "replace")) for key in TREES for text in getattr(task, key).values())
    if size > MAX_TASK_BYTES:
        yield Fault("", f"its files have {size:,} bytes, more than the {MAX_TASK_BYTES:,} that a task may have")
    yield from _editable_faults(task)
    yield from _gold_faults(task)
    yield from _call_faults(task)
    yield from _test_faults(task)
    if not task.entry_points and not task.test_ids:
        yield Fault("", "nothing says when it is solved: give entry_points with calls or inputs, or tests")


def _editable_faults(task: Definition) -> Iterator[Fault]:
    for number, path in enumerate(task.editable):
        key = f"editable.{number}"
        if why := path_fault(path):
            yield Fault(key, why)
        elif path in task.tests or never_editable(path):
            yield Fault(key, f"{path} decides how the tests run, so the policy's version of it is never graded")
        elif path not in task.files and path not in task.gold:
            yield Fault(key, f"{path} is neither in files nor in gold{did_you_mean(path, task.files)}")
    for path in task.files.keys() & task.tests.keys():
        yield Fault(f"files.{path}", "this is a test too: leave it out of files")
    for path in task.declared:
        size = len(task.files.get(path, "").encode("utf-8", "replace"))
        if size > MAX_SOURCE_BYTES:
            yield Fault(f"files.{path}", f"{size:,} bytes: a file to edit has {MAX_SOURCE_BYTES:,} at most")


def _gold_faults(task: Definition) -> Iterator[Fault]:
    for path, text in task.gold.items():
        if path not in task.declared:
            yield Fault(f"gold.{path}", "the solution changes a file that is not editable: add it to editable")
        if path.endswith(".py"):
            try:
                ast.parse(text)
            except (SyntaxError, ValueError, RecursionError) as error:
                yield Fault(f"gold.{path}", f"the solution is no Python: {error}")
    if all(task.files.get(path) == text for path, text in task.gold.items()):
        yield Fault("gold", "the solution changes nothing: gold holds the files as they should be")


def _call_faults(task: Definition) -> Iterator[Fault]:
    modules = {path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in task.solution}
    for number, name in enumerate(task.entry_points):
        module = name.rpartition(".")[0]
        if module not in modules:
            yield Fault(
                f"entry_points.{number}", f"no editable file is the module {module}{did_you_mean(module, modules)}"
            )
        if not task.inputs and not task.calls.get(name):
            yield Fault(
                f"entry_points.{number}", f"nothing calls {name}: add its argument lists to calls, or give inputs"
            )
    for name in task.calls:
        if name not in task.entry_points:
            yield Fault(f"calls.{name}", f"this is no entry point{did_you_mean(name, task.entry_points)}")
    if sum(map(len, task.calls.values())) > MAX_CALLS:
        yield Fault("calls", f"there are more than {MAX_CALLS:,} calls")
    yield from _inputs_faults(task)


def _inputs_faults(task: Definition) -> Iterator[Fault]:
    if not task.inputs:
        return
    if not task.entry_points:
        yield Fault("inputs", "there are inputs but no entry_points")
    try:
        names = [node.name for node in ast.parse(task.inputs).body if isinstance(node, ast.FunctionDef)]
    except (SyntaxError, ValueError, RecursionError) as error:
        yield Fault("inputs", f"this is no Python: {error}")
        return
    if "random_call" not in names:
        yield Fault("inputs", f"there is no function random_call(rng){did_you_mean('random_call', names)}")


def _test_faults(task: Definition) -> Iterator[Fault]:
    for key in ("visible_tests", "hidden_tests"):
        for path, text in getattr(task, key).items():
            if path.endswith(".py"):
                try:
                    ast.parse(text)
                except (SyntaxError, ValueError, RecursionError) as error:
                    yield Fault(f"{key}.{path}", f"this is no Python: {error}")
    for number, name in enumerate(task.pytest_ids):
        path, _, function = name.partition("::")
        key = f"pytest_ids.{number}"
        if path not in task.tests:
            yield Fault(key, f"no test file is named {path}{did_you_mean(path, task.tests)}")
        elif function.partition("[")[0] not in (known := tests_in(task.tests[path])):
            yield Fault(key, f"{path} has no test {function or '(none is named)'}{did_you_mean(function, known)}")
    for name in set(task.pytest_ids):
        if task.pytest_ids.count(name) > 1:
            yield Fault("pytest_ids", f"{name} is listed twice")
