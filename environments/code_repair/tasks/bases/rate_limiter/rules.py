"""Rules that say how many requests a client may make."""

import re
from dataclasses import dataclass

MILLIS = {"s": 1_000, "m": 60_000, "h": 3_600_000}


class RuleError(ValueError):
    """A text that is no rule."""


@dataclass(frozen=True)
class Rule:
    """A limit of one of two kinds.

    Attributes:
        kind: `bucket` or `window`.
        limit: how many tokens.
        period: in how many milliseconds.
        burst: how many tokens a bucket holds; for a window, the limit.
    """

    kind: str
    limit: int
    period: int
    burst: int


def read_rule(text: str) -> Rule:
    """Return the rule of a text such as `window 5/10s` or `bucket 2/m burst 4`.

    The period is a number, 1 if it is missing, and `s`, `m` or `h`. A bucket without a burst holds as many tokens as
    its limit; a window has no burst.

    Raises:
        RuleError: the text has another form, or a number is 0.
    """
    match = re.fullmatch(r"(bucket|window) (\d+)/(\d*)([smh])(?: burst (\d+))?", text, flags=re.ASCII)
    if match is None or (match[1] == "window" and match[5]):
        raise RuleError(f"not a rule: {text!r}")
    limit, period = int(match[2]), int(match[3] or 1) * MILLIS[match[4]]
    burst = int(match[5] or limit)
    if min(limit, period, burst) == 0:
        raise RuleError(f"a number is 0: {text!r}")
    return Rule(match[1], limit, period, burst)
