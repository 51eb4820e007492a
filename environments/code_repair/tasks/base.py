"""Base programs: sound code, its visible tests, its description, and a source of random calls."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType

from agentgym.environments.code_repair.tasks.call import Answer, Call
from agentgym.environments.code_repair.tasks.syntax import syntax_tree

BASES_FOLDER = Path(__file__).with_name("bases")
BASES_PACKAGE = "agentgym.environments.code_repair.tasks.bases"
NOT_SERVED = ("__init__", "inputs", "properties")

Ask = Callable[[Call], Answer]


@dataclass(frozen=True)
class Base:
    """One base program: the folder of its name holds its modules, tests, `spec.md`, `inputs.py` and `properties.py`.

    A program of one module is served as that module; one of several as a package of the base's name, its tests beside
    it.

    Attributes:
        name: of the folder; of the package or the only module.
        easy: one short function, fit for the demo split.
        held_out: its mutants are for evaluation only.
    """

    name: str
    easy: bool = False
    held_out: bool = False

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The names of the modules that can be faulty, in alphabetical order."""
        names = sorted(path.stem for path in (BASES_FOLDER / self.name).glob("*.py"))
        return tuple(name for name in names if name not in NOT_SERVED and not name.startswith("test_"))

    @property
    def is_package(self) -> bool:
        """Whether it has several modules."""
        return len(self.modules) > 1

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """The source files as they lie in a box, by path."""
        if not self.is_package:
            return {f"{self.name}.py": self._text(f"{self.name}.py")}
        return {f"{self.name}/{module}.py": self._text(f"{module}.py") for module in ("__init__", *self.modules)}

    @cached_property
    def tests(self) -> Mapping[str, str]:
        """The visible tests as they lie in a box, by file name."""
        served = rf"from {self.name}.\1 import " if self.is_package else r"from \1 import "
        paths = sorted((BASES_FOLDER / self.name).glob("test_*.py"))
        return {
            path.name: re.sub(r"^from \.(\w+) import ", served, path.read_text("utf-8"), flags=re.M) for path in paths
        }

    @cached_property
    def test_places(self) -> tuple[tuple[str, str], ...]:
        """The visible tests as pairs of module and name, in order; no two have the same name."""
        return tuple(
            (file.removesuffix(".py"), node.name)
            for file, text in self.tests.items()
            for node in syntax_tree(text).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        )

    @property
    def test_names(self) -> tuple[str, ...]:
        """The names of the visible tests, in order."""
        return tuple(name for _, name in self.test_places)

    @cached_property
    def spec(self) -> str:
        """What the program shall do, in Markdown."""
        return self._text("spec.md")

    def random_call(self, rng: random.Random) -> Call:
        """Return one call to compare the program with another one by."""
        call: Call = self._module("inputs").random_call(rng)
        return call

    def random_calls(self, seed: int, count: int) -> list[Call]:
        """Return so many calls, the same ones for the same seed."""
        rng = random.Random(seed)
        return [self.random_call(rng) for _ in range(count)]

    def properties(self) -> Iterator[Callable[[Call, Answer, Ask], None]]:
        """Yield what must hold of every answer: functions that raise `AssertionError` where it does not.

        They are given the call, its answer, and a way to ask for the answers to other calls.
        """
        for name, value in sorted(vars(self._module("properties")).items()):
            if name.startswith("property_"):
                yield value

    def answer(self, call: Call) -> Answer:
        """Return what the base program itself does with a call; runs in this process."""
        module, _, function = call.function.partition(".")
        arguments = json.loads(json.dumps(call.arguments))
        try:
            returned = getattr(self._module(module), function)(*arguments)
        except Exception as error:
            return {"raised": type(error).__name__}
        return {"returned": returned}

    def in_box(self, call: Call) -> Call:
        """Return a call as it is made where the sources lie in a box."""
        return Call(f"{self.name}.{call.function}", call.arguments) if self.is_package else call

    def _module(self, name: str) -> ModuleType:
        return import_module(f"{BASES_PACKAGE}.{self.name}.{name}")

    def _text(self, file: str) -> str:
        return (BASES_FOLDER / self.name / file).read_text("utf-8")
