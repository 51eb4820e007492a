"""The causes of failures, and what is told of them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Cause(StrEnum):
    """Why an episode failed. An episode can have several; the order is that in which one of them is its main cause.

    What it overcame, as a malformed call that was mended, comes after everything that it did not.
    """

    CHEAT = "cheat attempt"
    BROKE_BOX = "broke its box"
    UNPARSED_CALL = "unparsed tool call"
    TOOL_MISUSE = "tool misuse"
    LOOP = "loop"
    GAVE_UP = "gave up"
    OVER_LONG = "over-long"
    STRUCTURE = "structure"
    PADDING = "padding"
    CONSTRAINT = "constraint"
    WRONG_FILE = "wrong file"
    NO_TESTS = "never ran tests"
    VALUE = "value"
    REASON = "reason"
    OTHER = "other"


class Finding(BaseModel):
    """One cause, as it was seen in one episode.

    Attributes:
        cause: the class.
        detail: what of it, in one or two words, such as `duplicate keys` or `words`; counted by themselves.
        evidence: one line of at most 200 characters that says what was seen, for people; quotes the policy.
        turn: in which turn it was seen, from 0; None where no turn shows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cause: Cause
    detail: str
    evidence: str
    turn: int | None = None


class CauseCount(BaseModel):
    """How often one cause was found among failed episodes.

    Attributes:
        cause: the class.
        episodes: failed episodes that have it.
        main: those of them whose main cause it is.
        share: `episodes` of all that failed.
        details: episodes by detail, the most frequent first.
        examples: ids of some episodes that have it, those whose main cause it is first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cause: Cause
    episodes: int
    main: int
    share: float
    details: dict[str, int]
    examples: tuple[str, ...]


class Autopsy(BaseModel):
    """Why the failed episodes of one policy in one environment failed.

    Attributes:
        episodes: that count, canaries left out.
        failed: those of them without full reward.
        causes: by main cause, the most frequent first; causes that were not found are left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    episodes: int
    failed: int
    causes: tuple[CauseCount, ...]
