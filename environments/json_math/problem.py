"""What a family makes: a problem whose answer is one JSON object of checked parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from pydantic import JsonValue

from agentgym.environments.json_math.constraints import count, counted, together

FRACTION_PATTERN = r"^-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?$"
MAX_STRING = 500
MAX_TEXT = 4_000

_FRACTION: dict[str, JsonValue] = {"type": "string", "pattern": FRACTION_PATTERN, "maxLength": MAX_STRING}


@dataclass(frozen=True)
class Part:
    """One key of the answer.

    Attributes:
        key: its name.
        ask: what it must hold, for the prompt; empty where the statement says it all.
        schema: JSON Schema of its value.
        gold: a right value.
        check: how a value is compared with what is right, as `checks.CHECKS` takes it.
        is_reason: it gives a reason for another part rather than a result.
    """

    key: str
    ask: str
    schema: Mapping[str, JsonValue]
    gold: JsonValue
    check: Mapping[str, JsonValue] = field(default_factory=lambda: {"kind": "equal"})
    is_reason: bool = False


@dataclass(frozen=True)
class Problem:
    """A statement and the parts of its answer.

    Attributes:
        relations: equations between integer parts, `total = sum of products`: the keys of each product, by total.
        canary: it has no answer that anyone could find; see `Task.canary`.
    """

    statement: str
    parts: Sequence[Part]
    relations: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    canary: bool = False

    def schema(self) -> dict[str, JsonValue]:
        """Return the JSON Schema of the answer: every part required, nothing else allowed."""
        return {
            "type": "object",
            "properties": {part.key: dict(part.schema) for part in self.parts},
            "required": [part.key for part in self.parts],
            "additionalProperties": False,
        }

    def first(self, count: int) -> Problem:
        """Return the same problem with only its first parts, and the relations that hold between them."""
        kept = self.parts[:count]
        keys = {part.key for part in kept}
        relations = {
            total: products for total, products in self.relations.items() if keys.issuperset({total}.union(*products))
        }
        return replace(self, parts=kept, relations=relations)


def integer(key: str, ask: str, gold: int, *, is_reason: bool = False) -> Part:
    """Return a part that is one integer."""
    return Part(key, ask, {"type": "integer"}, gold, is_reason=is_reason)


def integers(key: str, ask: str, gold: Sequence[int], *, is_reason: bool = False) -> Part:
    """Return a part that is a list of integers in a stated order."""
    schema: dict[str, JsonValue] = {"type": "array", "items": {"type": "integer"}}
    return Part(key, ask, schema, list(gold), is_reason=is_reason)


def fraction(key: str, ask: str, gold: Fraction, *, is_reason: bool = False, max_length: int = MAX_STRING) -> Part:
    """Return a part that is one exact fraction in lowest terms, as text of at most `max_length` characters."""
    return Part(key, ask, _FRACTION | {"maxLength": max_length}, str(gold), {"kind": "fraction"}, is_reason)


def fractions(key: str, ask: str, gold: Sequence[Fraction], *, is_reason: bool = False) -> Part:
    """Return a part that is a list of exact fractions in a stated order, each in lowest terms, as text."""
    return Part(key, ask, _list_of(_FRACTION), [str(value) for value in gold], {"kind": "fraction"}, is_reason)


def fraction_rows(key: str, ask: str, gold: Sequence[Sequence[Fraction]], *, is_reason: bool = False) -> Part:
    """Return a part that is a matrix of exact fractions, a list of its rows."""
    rows: list[JsonValue] = [[str(value) for value in row] for row in gold]
    return Part(key, ask, _list_of(_list_of(_FRACTION)), rows, {"kind": "fraction"}, is_reason)


def integer_rows(key: str, ask: str, gold: Sequence[Sequence[int]], *, is_reason: bool = False) -> Part:
    """Return a part that is a list of lists of integers: a matrix by rows, or a list of pairs."""
    return Part(key, ask, _list_of(_list_of({"type": "integer"})), [list(row) for row in gold], is_reason=is_reason)


def solution(
    key: str,
    ask: str,
    gold: Sequence[int],
    *,
    rows: Sequence[Sequence[int]],
    right: Sequence[int],
    modulus: int = 0,
    is_reason: bool = False,
) -> Part:
    """Return a part that is any list x of integers with `rows` x = `right`; not all 0, where `right` is.

    Args:
        key: its name.
        ask: what it must hold; it says that any right list counts, and that 0 alone does not.
        gold: one such list.
        rows: the coefficients, an equation each.
        right: the right-hand side of each equation.
        modulus: what the equations hold modulo, and x is reduced by; 0 for equations between integers.
        is_reason: it gives a reason for another part rather than a result.
    """
    equations: dict[str, JsonValue] = {"rows": [list(row) for row in rows], "right": list(right), "modulus": modulus}
    return Part(key, ask, _list_of({"type": "integer"}), list(gold), {"kind": "solution"} | equations, is_reason)


def choice(key: str, ask: str, options: Sequence[str], gold: str, *, is_reason: bool = False) -> Part:
    """Return a part that is one of a few words."""
    return Part(key, ask, {"type": "string", "enum": list(options)}, gold, is_reason=is_reason)


def digits(key: str, ask: str, gold: str, *, is_reason: bool = False) -> Part:
    """Return a part that is a string of decimal digits."""
    schema: dict[str, JsonValue] = {"type": "string", "pattern": "^[0-9]*$", "maxLength": MAX_STRING}
    return Part(key, ask, schema, gold, is_reason=is_reason)


def closed_form(key: str, ask: str, gold: str, *, first_n: int = 0, sums: bool = False) -> Part:
    """Return a part that is an expression in n, right if it has gold's values at every n tried.

    Args:
        key: its name.
        ask: what it must hold.
        gold: a right expression.
        first_n: the least n that it must be right for.
        sums: whether finite sums over an index may stand in it.
    """
    check: dict[str, JsonValue] = {"kind": "closed_form", "gold": gold, "first_n": first_n, "sums": sums}
    return Part(key, ask, _writing(), gold, check)


def constant(key: str, ask: str, gold: str, *, is_reason: bool = False) -> Part:
    """Return a part that is one exact number, written with fractions, pi, ln, zeta and the like: `pi^2/6 - ln(2)`."""
    return Part(key, ask, _writing(), gold, {"kind": "constant"}, is_reason)


def text(key: str, ask: str, gold: str, *, language: str, constraints: Sequence[Mapping[str, JsonValue]]) -> Part:
    """Return a part that is prose under constraints, each of which is judged by itself.

    Args:
        key: its name.
        ask: what it must hold; the prompt adds the constraints.
        gold: a text that keeps them all.
        language: `en`, `es` or `pt`.
        constraints: as `constraints.fault` takes them.
    """
    schema: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    check: dict[str, JsonValue] = {"kind": "text", "language": language, "constraints": [*together(constraints)]}
    return Part(key, ask, schema, gold, check)


def count_of(key: str, what: str, of: Part) -> Part:
    """Return a part that is an integer which must be true of the text that was given for another part.

    Args:
        key: its name.
        what: what is counted, a key of `constraints.COUNTS`.
        of: the text; gold's count is that of its gold.
    """
    gold = count(what, str(of.gold))
    return Part(key, counted(what, of.key), {"type": "integer"}, gold, {"kind": "count_of", "what": what, "of": of.key})


def sum_of(key: str, of: Sequence[Part]) -> Part:
    """Return a part that is the sum of integers that were given for other parts."""
    keys: list[JsonValue] = [part.key for part in of]
    gold = sum(int(str(part.gold)) for part in of)
    ask = f"{' + '.join(map(str, keys))}, as you gave them"
    return Part(key, ask, {"type": "integer"}, gold, {"kind": "sum_of", "of": keys})


def program(
    key: str,
    ask: str,
    gold: str,
    *,
    cases: Sequence[Mapping[str, JsonValue]],
    constraints: Sequence[Mapping[str, JsonValue]] = (),
) -> Part:
    """Return a part that is pseudocode, interpreted on hidden inputs.

    Args:
        key: its name.
        ask: what it must compute; the prompt adds the constraints and the language.
        gold: a right program that keeps them all.
        cases: `inputs`, values by name, and the `output` that a right program has for them.
        constraints: as `constraints.fault` takes them.
    """
    schema: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    check: dict[str, JsonValue] = {
        "kind": "program",
        "cases": [dict(case) for case in cases],
        "constraints": [*together(constraints)],
    }
    return Part(key, ask, schema, gold, check)


def _writing() -> dict[str, JsonValue]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_STRING}


def _list_of(items: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"type": "array", "items": dict(items)}
