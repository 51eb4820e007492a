"""The words of a bug report. What it tells depends on the level, how it says so on chance."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from functools import lru_cache

from agentgym.environments.code_repair.tasks.mutant import Mutant, Symptom
from agentgym.environments.code_repair.tasks.syntax import syntax_tree

QUOTED_LINES = 16

OPENINGS = (
    "Something is wrong with the `{base}` program.",
    "The `{base}` program used to work, and since its last change it does not.",
    "A user of `{base}` sends this report.",
    "We cannot release `{base}` like this.",
    "Please repair `{base}`.",
    "`{base}` gives wrong results.",
    "`{base}` does not do what it should.",
    "`{base}` is not right, and I do not see why.",
)
REPORTS = (
    "Running its tests says:",
    "This is what the test run prints:",
    "The tests complain:",
    "pytest reports:",
    "The first complaint of its tests is:",
)
SYMPTOMS = (
    "`{call}` {got}, but it should {expected}.",
    "I called `{call}`, and it {got}. It should {expected}.",
    "I tried `{call}`. It should {expected}; it {got}.",
    "A customer found that `{call}` {got}. It should {expected}.",
    "Since the last release `{call}` {got}; before, it would {expected}.",
    "For example `{call}`: it {got}, and it should {expected}.",
)
CONTEXTS = (
    "All tests pass, so nobody saw it before.",
    "Our tests are green, which does not help.",
    "The tests that we have do not show it.",
    "No test fails.",
)
SUSPICIONS = (
    "A colleague suspects `{function}`, but has not looked closely.",
    "I would begin with `{function}`, though I may be wrong.",
    "Somebody said it might be `{function}`.",
    "`{function}` looks odd to me, but I do not know this code.",
)
MORE = (
    "I have not tried what else is affected.",
    "I did not look further.",
    "That is all I know.",
)
CLOSINGS = (
    "Find what is wrong in {files} and repair it, then submit.",
    "Make {files} do what README.md says again, and submit.",
    "Change as little of {files} as you can, and submit when it works.",
    "Submit once {files} works again.",
    "Please mend {files} and submit.",
    "Set {files} right, then submit.",
)


def bug_report(mutant: Mutant, level: int, rng: random.Random) -> str:
    """Return the prompt of a task.

    Args:
        mutant: the faults.
        level: 1 names the function, quotes its statements if they are few, and shows the failing test; 2, 3, 4 and 6
            only give its complaint, and how much is known of the faults; 5 describes in prose what a call does.
        rng: chooses among the ways to say it.
    """
    if level == 5:
        return "\n\n".join(prose_report(mutant, rng))
    opening = rng.choice(OPENINGS).format(base=mutant.base)
    report, closing = rng.choice(REPORTS), rng.choice(CLOSINGS).format(files=_files(mutant))
    rules = f"{_extent(level)} Only {_files(mutant)}{_now(mutant)} will be looked at; the tests are right."
    shown = [failing_test(mutant)] if level == 1 else []
    where = [place(mutant)] if level == 1 else []
    return "\n\n".join([opening, *shown, report, fenced(mutant.message), rules, *where, closing])


def prose_report(mutant: Mutant, rng: random.Random) -> list[str]:
    """Return the paragraphs of a report by somebody who saw a wrong result and has no test for it."""
    more = [rng.choice(MORE)] if rng.random() < 0.5 else []
    suspect = rng.choice(function_names(mutant))
    suspicion = [rng.choice(SUSPICIONS).format(function=suspect)] if rng.random() < 0.5 else []
    return [
        rng.choice(OPENINGS).format(base=mutant.base),
        " ".join([symptom_text(mutant.symptom, rng), *more]),
        " ".join([rng.choice(CONTEXTS), *suspicion]),
        f"Only {_files(mutant)}{_now(mutant)} will be looked at. {rng.choice(CLOSINGS).format(files=_files(mutant))}",
    ]


def symptom_text(symptom: Symptom, rng: random.Random) -> str:
    """Return what a call does and should do."""
    return rng.choice(SYMPTOMS).format(call=symptom.call, got=symptom.got, expected=symptom.expected)


def function_names(mutant: Mutant) -> list[str]:
    """Return the names of all functions of the faulty program."""
    return sorted({name for text in mutant.sources().values() for name in _functions(text)})


@lru_cache(maxsize=512)
def _functions(text: str) -> Sequence[str]:
    return [node.name for node in ast.walk(syntax_tree(text)) if isinstance(node, ast.FunctionDef)]


def _files(mutant: Mutant) -> str:
    sources = list(mutant.program.sources)
    return f"the modules of the package {mutant.base}/" if len(sources) > 1 else sources[0]


def _now(mutant: Mutant) -> str:
    return ", as many as there are now," if mutant.program.is_package else ""


def _extent(level: int) -> str:
    """Return what is said of how much is wrong, and where."""
    return {
        3: "Two places are wrong, and both have to be mended.",
        4: "One place is wrong; it need not be in the module that the test calls.",
        6: "This is what shows first; there may be more behind it.",
    }.get(level, "Exactly one line is wrong.")


def place(mutant: Mutant) -> str:
    """Return where the fault is: the file, the function if it is in one, and its statements if they are few."""
    function = mutant.function()
    if function is None:
        return f"The fault is in {mutant.faults[0].file}, outside of its functions."
    text = mutant.statements_text()
    if text.count("\n") >= QUOTED_LINES:
        return f"The fault is in {mutant.faults[0].file}, in `{function.name}`."
    quote = fenced(text, "python")
    where = f"The fault is in {mutant.faults[0].file}, in `{function.name}`"
    return f"{where}, which without its docstring reads:\n\n{quote}"


def failing_test(mutant: Mutant) -> str:
    """Return the text of the first test that fails."""
    for tests in mutant.program.tests.values():
        for node in syntax_tree(tests).body:
            if isinstance(node, ast.FunctionDef) and node.name == mutant.failing[0]:
                text = "\n".join(tests.splitlines()[node.lineno - 1 : node.end_lineno])
                return f"This test fails:\n\n{fenced(text, 'python')}"
    raise LookupError(f"{mutant.base} has no {mutant.failing[0]}: run the gate again")


def fenced(text: str, language: str = "text") -> str:
    """Return text as a Markdown code block."""
    return f"```{language}\n{text}\n```"
