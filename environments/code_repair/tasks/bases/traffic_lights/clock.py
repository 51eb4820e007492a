"""Times of a day as seconds since midnight."""

import re

DAY = 24 * 60 * 60
NIGHT_BEGIN = 23 * 60 * 60
NIGHT_END = 5 * 60 * 60


class TimeError(ValueError):
    """A text is no time of a day."""


def read_time(text: str) -> int:
    """Return the seconds from midnight to a time such as `7:05` or `23:59:59`.

    Hours have one or two digits, minutes and seconds two; without seconds, it is the full minute.

    Raises:
        TimeError: the text has another form, or a number is too high.
    """
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text, flags=re.ASCII)
    if match is None:
        raise TimeError(f"not a time: {text!r}")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise TimeError(f"there is no {text}")
    return (hours * 60 + minutes) * 60 + seconds


def write_time(moment: int) -> str:
    """Return a time such as `07:05:00`; after the end of the day, the next one begins."""
    minutes, seconds = divmod(moment % DAY, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def is_night(moment: int) -> bool:
    """Tell whether the lights are off: from `NIGHT_BEGIN` on until just before `NIGHT_END`, across midnight."""
    moment %= DAY
    return moment >= NIGHT_BEGIN or moment < NIGHT_END
