"""A week's pay slips."""

from typing import Any

from .shifts import Shift, check_apart, read_shift
from .taxes import tax
from .wages import gross, overtime

USUAL_TAX_CLASS = "single"


class UnknownWorker(LookupError):
    """A shift of somebody who does not work here."""


def pay_slips(staff: dict[str, dict[str, Any]], shifts: list[str]) -> dict[str, dict[str, int]]:
    """Return a pay slip for everybody who worked.

    Args:
        staff: by name, `hourly` (cents an hour) and perhaps `tax_class`.
        shifts: texts such as `ann mon 22:00-06:00`, in any order.

    Returns:
        By name `minutes`, `overtime`, `night`, `gross` and `net` (the latter two in cents).

    Raises:
        ShiftError: a text is no shift, or somebody's shifts overlap.
        UnknownWorker: the staff has nobody of the name in a shift.
        KeyError: a tax class is unknown.
    """
    worked: dict[str, list[Shift]] = {}
    for text in shifts:
        shift = read_shift(text)
        if shift.name not in staff:
            raise UnknownWorker(shift.name)
        worked.setdefault(shift.name, []).append(shift)
    return {name: _pay_slip(staff[name], worked[name]) for name in worked}


def _pay_slip(person: dict[str, Any], shifts: list[Shift]) -> dict[str, int]:
    check_apart(shifts)
    minutes = sum(shift.paid for shift in shifts)
    night = sum(shift.night for shift in shifts)
    earned = gross(minutes, night, person["hourly"])
    net = earned - tax(earned, person.get("tax_class", USUAL_TAX_CLASS))
    return {"minutes": minutes, "overtime": overtime(minutes), "night": night, "gross": earned, "net": net}
