"""The parts of a user's own problem as they are written down: one model for each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    ValidationError,
    field_validator,
)

from agentgym.environments.json_math import constraints, problem, pseudocode
from agentgym.environments.json_math.problem import FRACTION_PATTERN, MAX_STRING, MAX_TEXT, Part
from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault, model_faults, shown

Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")]
Written = Annotated[str, Field(min_length=1, max_length=MAX_STRING)]
Prose = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
ConstraintValues = dict[str, JsonValue]
LANGUAGES = ["en", "es", "pt"]


class OwnPart(BaseModel):
    """What every part has.

    Attributes:
        key: its name in the answer.
        ask: what it must hold, for the prompt; may be empty where the statement says it all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    ask: str = Field(default="", max_length=2_000)

    def part(self) -> Part:
        """Return the part that is asked for and judged."""
        raise NotImplementedError

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong beyond the form of single values; nothing of values whose form is wrong.

        Args:
            values: the part as it is written, whatever its form.
        """
        yield from ()


class _WithReason(OwnPart):
    """A part that may give a reason for another one rather than a result."""

    is_reason: StrictBool = False


class OwnInteger(_WithReason):
    """One integer."""

    kind: Literal["integer"]
    gold: StrictInt

    def part(self) -> Part:
        """Return the part."""
        return problem.integer(self.key, self.ask, self.gold, is_reason=self.is_reason)


class OwnIntegers(_WithReason):
    """A list of integers in a stated order."""

    kind: Literal["integers"]
    gold: tuple[StrictInt, ...]

    def part(self) -> Part:
        """Return the part."""
        return problem.integers(self.key, self.ask, self.gold, is_reason=self.is_reason)


class OwnFraction(_WithReason):
    """An exact fraction, as text in lowest terms."""

    kind: Literal["fraction"]
    gold: str = Field(pattern=FRACTION_PATTERN, max_length=MAX_STRING)

    @field_validator("gold")
    @classmethod
    def _lowest(cls, gold: str) -> str:
        if gold != str(Fraction(gold)):
            raise ValueError(f'write it in lowest terms, as "{Fraction(gold)}"')
        return gold

    def part(self) -> Part:
        """Return the part."""
        return problem.fraction(self.key, self.ask, Fraction(self.gold), is_reason=self.is_reason)


class OwnChoice(_WithReason):
    """One of a few words."""

    kind: Literal["choice"]
    options: tuple[Written, ...] = Field(min_length=2)
    gold: str

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield options that are repeated, and a gold that is none of them."""
        gold, options = values.get("gold"), _listed(values, "options")
        if not options or not all(isinstance(option, str) for option in options):
            return
        yield from (Fault("options", f"{shown(one)} stands there twice") for one in _repeated(options))
        if isinstance(gold, str) and gold not in options:
            near = did_you_mean(gold, options).removesuffix(".")
            yield Fault("gold", f"{shown(gold)} is none of the options{near}")

    def part(self) -> Part:
        """Return the part."""
        return problem.choice(self.key, self.ask, self.options, self.gold, is_reason=self.is_reason)


class OwnDigits(_WithReason):
    """A string of decimal digits."""

    kind: Literal["digits"]
    gold: str = Field(pattern=r"^[0-9]*$", max_length=MAX_STRING)

    def part(self) -> Part:
        """Return the part."""
        return problem.digits(self.key, self.ask, self.gold, is_reason=self.is_reason)


class OwnClosedForm(OwnPart):
    """An expression in n, right for every n from `first_n` on; `sums` lets finite sums stand in it."""

    kind: Literal["closed_form"]
    gold: Written
    first_n: StrictInt = Field(default=0, ge=0, le=20)
    sums: StrictBool = False

    def part(self) -> Part:
        """Return the part."""
        return problem.closed_form(self.key, self.ask, self.gold, first_n=self.first_n, sums=self.sums)


class OwnConstant(_WithReason):
    """One exact number, as `pi^2/6 - ln(2)`."""

    kind: Literal["constant"]
    gold: Written

    def part(self) -> Part:
        """Return the part."""
        return problem.constant(self.key, self.ask, self.gold, is_reason=self.is_reason)


class OwnText(OwnPart):
    """Prose under constraints; that it is in its language is one of them, stated or not."""

    kind: Literal["text"]
    gold: Prose
    language: Literal["en", "es", "pt"]
    constraints: tuple[ConstraintValues, ...] = Field(min_length=1)

    def part(self) -> Part:
        """Return the part."""
        asked = list(self.constraints)
        if not any(one.get("kind") == "language" for one in asked):
            # Only constraints are told in the prompt, and small words are judged by the language.
            asked.insert(0, {"kind": "language", "language": self.language})
        return problem.text(self.key, self.ask, self.gold, language=self.language, constraints=asked)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong with the constraints."""
        language, given = values.get("language"), _listed(values, "constraints")
        yield from _constraint_faults(given)
        if language not in LANGUAGES:
            return
        for number, one in enumerate(given):
            # What is no language at all is told already.
            if _is_kind(one, "language") and one.get("language") in LANGUAGES and one["language"] != language:
                why = f"the part's language is {language!r}: write the same here, or leave this constraint out"
                yield Fault(f"constraints.{number}.language", why)


class OwnCase(BaseModel):
    """Inputs of a program by name, and what a right one returns for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: dict[str, JsonValue]
    output: JsonValue


class OwnProgram(OwnPart):
    """Pseudocode, interpreted on hidden inputs."""

    kind: Literal["program"]
    gold: Prose
    cases: tuple[OwnCase, ...] = Field(min_length=1)
    constraints: tuple[ConstraintValues, ...] = ()

    def part(self) -> Part:
        """Return the part."""
        cases = [case.model_dump() for case in self.cases]
        return problem.program(self.key, self.ask, self.gold, cases=cases, constraints=self.constraints)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong with the constraints, and inputs that no program can use."""
        yield from _constraint_faults(_listed(values, "constraints"))
        for number, case in enumerate(_listed(values, "cases")):
            inputs = case.get("inputs") if isinstance(case, dict) else None
            for name in inputs if isinstance(inputs, dict) else ():
                if not pseudocode.is_name(name):
                    why = "no program can use an input of this name: take ASCII letters, digits and _, and no word"
                    yield Fault(f"cases.{number}.inputs.{name}", f"{why} of the language such as if, in or mod")


def _constraint_faults(given: Sequence[Any]) -> Iterator[Fault]:
    for number, constraint in enumerate(given):
        if not isinstance(constraint, dict):
            continue
        key, kind = f"constraints.{number}", constraint.get("kind")
        if not isinstance(kind, str) or kind not in constraints.KINDS:
            yield Fault(f"{key}.kind", _no_kind(constraint, "constraint of this kind", constraints.KINDS))
            continue
        try:
            constraints.statement(constraint)
        except (KeyError, TypeError, ValueError) as error:
            yield Fault(key, f"{kind} cannot be stated with these values: {error}")


def _no_kind(values: Mapping[str, Any], what: str, known: Iterable[str]) -> str:
    """Return the sentence for a kind that is missing or none."""
    names, kind = list(known), values.get("kind")
    if "kind" not in values:
        return f"this key is missing. Known: {', '.join(names)}"
    near = did_you_mean(kind, names) if isinstance(kind, str) else "."
    return f"there is no {what}{near} Known: {', '.join(names)}"


def _listed(values: Mapping[str, Any], key: str) -> Sequence[Any]:
    given = values.get(key)
    return given if isinstance(given, list) else []


def _is_kind(constraint: Any, kind: str) -> bool:
    return isinstance(constraint, dict) and constraint.get("kind") == kind


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


KINDS: Mapping[str, type[OwnPart]] = {
    "integer": OwnInteger,
    "integers": OwnIntegers,
    "fraction": OwnFraction,
    "choice": OwnChoice,
    "digits": OwnDigits,
    "closed_form": OwnClosedForm,
    "constant": OwnConstant,
    "text": OwnText,
    "program": OwnProgram,
}


def read_part(values: Any, faults: list[Fault]) -> OwnPart | None:
    """Return a part, or None and its faults, with keys relative to the part."""
    if not isinstance(values, dict):
        faults.append(Fault("", f"an object with key, ask, kind and gold is needed, not {shown(values)}"))
        return None
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        faults.append(Fault("kind", _no_kind(values, "kind of this name", KINDS)))
        return None
    found = list(KINDS[kind].faults(values))
    try:
        part = KINDS[kind].model_validate(values)
    except ValidationError as error:
        found = [*model_faults(KINDS[kind], error), *found]
    faults += found
    return None if found else part
