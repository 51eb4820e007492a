"""The parts of a user's own problem as they are written down: one model for each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    model_validator,
)

from agentgym.environments.json_math import constraints, problem, pseudocode
from agentgym.environments.json_math.problem import FRACTION_PATTERN, MAX_STRING, MAX_TEXT, Part
from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault, model_faults

Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")]
Written = Annotated[str, Field(min_length=1, max_length=MAX_STRING)]
Prose = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
ConstraintValues = dict[str, JsonValue]


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

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong beyond the form of single values."""
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

    @model_validator(mode="after")
    def _offered(self) -> OwnChoice:
        if len(set(self.options)) < len(self.options):
            raise ValueError("an option stands there twice")
        if self.gold not in self.options:
            raise ValueError(f"gold is none of the options{did_you_mean(self.gold, self.options)}")
        return self

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

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the constraints."""
        for number, one in enumerate(self.constraints):
            if one.get("kind") == "language" and one.get("language") != self.language:
                why = f"the part's language is {self.language!r}: write the same here, or leave this constraint out"
                yield Fault(f"constraints.{number}.language", why)
        yield from _constraint_faults(self.constraints)


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

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the constraints, and inputs that no program can use."""
        yield from _constraint_faults(self.constraints)
        for number, case in enumerate(self.cases):
            for name in case.inputs:
                if not pseudocode.is_name(name):
                    why = "no program can use an input of this name: take ASCII letters, digits and _, and no word"
                    yield Fault(f"cases.{number}.inputs.{name}", f"{why} of the language such as if, in or mod")


def _constraint_faults(values: tuple[ConstraintValues, ...]) -> Iterator[Fault]:
    for number, constraint in enumerate(values):
        key, kind = f"constraints.{number}", constraint.get("kind")
        if kind not in constraints.KINDS:
            near = did_you_mean(str(kind), constraints.KINDS)
            yield Fault(
                f"{key}.kind", f"there is no constraint of this kind{near} Known: {', '.join(constraints.KINDS)}"
            )
            continue
        try:
            constraints.statement(constraint)
        except (KeyError, TypeError, ValueError) as error:
            yield Fault(key, f"{kind} cannot be stated with these values: {error}")


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
        faults.append(Fault("", f"an object with key, ask, kind and gold is needed, not {values!r:.60}"))
        return None
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        near = did_you_mean(str(kind), KINDS) if kind is not None else "."
        what = "there is no kind of this name" if "kind" in values else "this key is missing"
        faults.append(Fault("kind", f"{what}{near} Known: {', '.join(KINDS)}"))
        return None
    try:
        part = KINDS[kind].model_validate(values)
    except ValidationError as error:
        faults += model_faults(KINDS[kind], error)
        return None
    found = list(part.faults())
    faults += found
    return None if found else part
