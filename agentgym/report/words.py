"""Numbers of a report as people read them, in a terminal and on a page."""

from __future__ import annotations

from math import isfinite

from agentgym.report.summary import Interval

NONE = "–"


def percent(share: float | None) -> str:
    """Return a share in per cent, without decimals."""
    return NONE if share is None else f"{share:.0%}"


def share_of(count: int, total: int) -> str:
    """Return a count with the share that it is: `3 of 12 (25%)`."""
    return f"{count:,} of {total:,} ({count / total:.0%})" if total else f"{count:,}"


def with_interval(share: float | None, interval: Interval | None) -> str:
    """Return a share with its interval: `37% [30–45]`."""
    if share is None or interval is None:
        return percent(share)
    return f"{share:.0%} [{interval.low * 100:.0f}–{interval.high * 100:.0f}]"


def mean_with_interval(mean: float | None, interval: Interval | None) -> str:
    """Return a mean with its interval: `0.41 [0.35–0.47]`."""
    if mean is None:
        return NONE
    return f"{mean:.2f}" if interval is None else f"{mean:.2f} [{interval.low:.2f}–{interval.high:.2f}]"


def dollars(amount: float | None) -> str:
    """Return an amount with three digits that tell: `$0.00123`, `$12.30`, `$1,230`."""
    if amount is None:
        return NONE
    if not isfinite(amount):
        return "∞"
    if amount >= 1000:
        return f"${amount:,.0f}"
    decimals = 2
    while amount and amount < 10 ** (1 - decimals) and decimals < 8:
        decimals += 1
    return f"${amount:.{decimals}f}"


def dollars_with_interval(amount: float | None, interval: Interval | None) -> str:
    """Return an amount with its interval: `$0.012 [0.010–∞]`."""
    if amount is None or interval is None:
        return dollars(amount)
    low, high = (dollars(end).removeprefix("$") for end in (interval.low, interval.high))
    return f"{dollars(amount)} [{low}–{high}]"


def duration(seconds: float) -> str:
    """Return seconds as `4 ms`, `0.42 s`, `4.2 s`, `42 s` or `7 min 5 s`."""
    if seconds >= 119.5:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes:,} min {rest} s"
    if seconds >= 10:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def plain(name: str) -> str:
    """Return a name of the code's, as `max_turns`, in words."""
    return name.replace("_", " ")
