"""Programs changed by chance: written otherwise, which keeps them right, or broken in one place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from agentgym.environments.json_math.pseudocode.functions import ALIASES, FUNCTIONS
from agentgym.environments.json_math.pseudocode.judge import names, wrong_case
from agentgym.environments.json_math.pseudocode.simple import ASSIGNMENTS, assignment_sign
from agentgym.environments.json_math.pseudocode.tokens import (
    RESERVED,
    STATEMENT_NAMES,
    WORDS,
    Line,
    Token,
    read_lines,
    text_lines,
)

ATTEMPTS = 200
LETTERS = "bcdfghjkmnpqrtvwxyz"
TAKEN = frozenset((*RESERVED, *WORDS, *STATEMENT_NAMES, *FUNCTIONS, *ALIASES))
# Other writings of a sign or word, itself included.
WRITINGS: Mapping[str, Sequence[str]] = {
    "div": (" div ", "//", " // "),
    "mod": (" mod ", "%", " % "),
    "<=": ("<=", " <= ", "≤"),
    ">=": (">=", " >= ", "≥"),
    "!=": ("!=", " != ", "<>", "≠"),
    "and": (" and ", " && ", " AND "),
    "or": (" or ", " || "),
    "^": ("^", "**", " ^ "),
    "+": ("+", " + "),
    "*": ("*", " * ", "×"),
    "==": ("==", " == "),
}
# What a sign or word is mistaken for.
MISTAKES: Mapping[str, Sequence[str]] = {
    "+": ("-",),
    "-": ("+",),
    "*": ("+",),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "!=": ("==",),
    "==": ("!=",),
    "and": ("or",),
    "or": ("and",),
    "div": ("mod",),
    "mod": ("div",),
    "+=": ("-=",),
    "true": ("false",),
    "false": ("true",),
    "max": ("min",),
    "min": ("max",),
    "downto": ("to",),
    "break": ("continue",),
}


class Change(NamedTuple):
    """One token of a line that is to be written otherwise."""

    line: int
    token: Token
    text: str


def rewritten(text: str, rng: Random, *, keep: Collection[str] = ()) -> str:
    """Return a program that does the same, with other names, signs, spaces and indentation.

    Args:
        text: a program.
        rng: the only source of chance.
        keep: names that must stay, above all those of the inputs.

    Raises:
        PseudocodeError: the text is no program.
    """
    renamed = _new_names(text, rng, keep)
    lines = read_lines(text)
    changes = [change for line in lines for change in _writings(line, renamed, rng)]
    width = rng.choice((1, 2, 3))
    written = _changed(text, changes)
    for line in lines:
        written[line.number - 1] = " " * (line.indent * width) + written[line.number - 1].lstrip()
    return "\n".join(written)


def broken(text: str, rng: Random, cases: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a program with one wrong operator, bound or constant.

    Args:
        text: a program that is right.
        rng: the only source of chance.
        cases: as for `wrong_case`; if there are some, the result is wrong on one of them.

    Raises:
        PseudocodeError: the text is no program.
        ValueError: nothing in it can be changed so that it becomes wrong.
    """
    changes = [change for line in read_lines(text) for change in _mistakes(line)]
    for change in rng.sample(changes, min(len(changes), ATTEMPTS)):
        changed = "\n".join(_changed(text, [change]))
        if not cases or wrong_case(changed, cases):
            return changed
    raise ValueError("no change of one sign or number makes this program wrong")


def _new_names(text: str, rng: Random, keep: Collection[str]) -> Mapping[str, str]:
    """Return other names for those that a program makes up, none of which stands in it yet."""
    used = {token.text for line in read_lines(text) for token in line.tokens} | TAKEN | set(keep)
    renamed: dict[str, str] = {}
    for name in names(text):
        if name in keep or name.lower() in TAKEN:
            continue
        while (new := "".join(rng.choices(LETTERS, k=rng.randint(1, 4)))) in used:
            pass
        renamed[name] = new
        used.add(new)
    return renamed


def _writings(line: Line, renamed: Mapping[str, str], rng: Random) -> list[Change]:
    changes = []
    sign = assignment_sign(line.tokens) if line.tokens[0].kind == "name" else ""
    compared = _equalities(line)
    for token in line.tokens:
        if token.kind == "name" and token.text in renamed:
            changes.append(Change(line.number, token, renamed[token.text]))
        elif token.kind in ("sign", "word") and token.text in WRITINGS:
            changes.append(Change(line.number, token, rng.choice(WRITINGS[token.text])))
        elif sign in ASSIGNMENTS and token.text == sign and token.kind == "sign":
            changes.append(Change(line.number, token, rng.choice(("=", " = ", " <- ", ":=", " ← "))))
            sign = ""
        elif token in compared:
            changes.append(Change(line.number, token, rng.choice(("=", "==", " == "))))
    return changes


def _equalities(line: Line) -> list[Token]:
    """Return the signs = of a condition, which ends at the colon."""
    if line.tokens[0].text not in ("if", "elif", "while"):
        return []
    colon = next((i for i, token in enumerate(line.tokens) if token.text == ":"), len(line.tokens))
    return [token for token in line.tokens[:colon] if token.text == "=" and token.kind == "sign"]


def _mistakes(line: Line) -> list[Change]:
    changes = []
    compared = _equalities(line)
    for token in line.tokens:
        if token.kind == "number":
            changes += [Change(line.number, token, str(int(token.text) + step)) for step in (1, -1)]
        elif token.kind != "string":
            changes += [Change(line.number, token, f" {text} ") for text in MISTAKES.get(token.text, ())]
            if token in compared:
                changes.append(Change(line.number, token, "!="))
    return changes


def _changed(text: str, changes: Sequence[Change]) -> list[str]:
    """Return the lines of a text with some tokens written otherwise; changes of a line come in its order."""
    lines = text_lines(text)
    for change in reversed(changes):
        line, token = lines[change.line - 1], change.token
        lines[change.line - 1] = line[: token.at] + change.text + line[token.at + len(token.written) :]
    return lines
