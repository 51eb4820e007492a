from typing import Any

import pytest

from .payroll import UnknownWorker, pay_slips
from .shifts import ShiftError
from .taxes import tax
from .wages import gross

STAFF: dict[str, dict[str, Any]] = {"ann": {"hourly": 2000}, "bob": {"hourly": 1500, "tax_class": "second"}}
WEEK = ["mon", "tue", "wed", "thu", "fri"]


def test_a_short_shift_has_no_break() -> None:
    slip = pay_slips(STAFF, ["ann mon 08:00-14:00"])["ann"]
    assert slip == {"minutes": 360, "overtime": 0, "night": 0, "gross": 12000, "net": 12000}


def test_a_long_shift_has_a_break() -> None:
    assert pay_slips(STAFF, ["ann mon 08:00-14:01"])["ann"]["minutes"] == 331


def test_overtime_is_dearer() -> None:
    slip = pay_slips(STAFF, [f"ann {day} 08:00-17:30" for day in WEEK])["ann"]
    assert slip["minutes"] == 2700
    assert slip["overtime"] == 300
    assert slip["gross"] == 95000


def test_forty_hours_are_no_overtime() -> None:
    assert pay_slips(STAFF, [f"ann {day} 08:00-16:30" for day in WEEK])["ann"]["overtime"] == 0


def test_a_night_shift_ends_the_next_day() -> None:
    slip = pay_slips(STAFF, ["bob sun 20:00-04:00"])["bob"]
    assert slip["minutes"] == 450
    assert slip["night"] == 360
    assert slip["gross"] == 13500


def test_an_early_start_is_night() -> None:
    assert pay_slips(STAFF, ["ann wed 05:00-09:00"])["ann"]["night"] == 60


def test_everybody_has_a_slip_of_their_own() -> None:
    slips = pay_slips(STAFF, ["bob mon 08:00-10:00", "ann mon 08:00-09:00", "bob tue 08:00-09:00"])
    assert {name: slip["minutes"] for name, slip in slips.items()} == {"ann": 60, "bob": 180}


def test_tax_classes() -> None:
    slips = pay_slips(STAFF, ["bob mon 08:00-10:00"])
    assert slips["bob"]["net"] == 2700
    assert tax(35_000, "parent") == 0
    assert tax(35_000, "single") == 1500


def test_brackets() -> None:
    assert tax(30_000, "second") == 3000
    assert tax(50_000, "second") == 7000
    assert tax(100_000, "second") == 21_000


def test_wages_are_rounded() -> None:
    assert gross(1, 0, 1530) == 26
    assert gross(1, 1, 1530) == 32


def test_shifts_may_touch() -> None:
    assert pay_slips(STAFF, ["ann mon 12:00-14:00", "ann mon 10:00-12:00"])["ann"]["minutes"] == 240


def test_shifts_must_not_overlap() -> None:
    with pytest.raises(ShiftError, match="at once"):
        pay_slips(STAFF, ["ann tue 01:00-04:00", "ann mon 23:00-01:01"])


def test_texts_that_are_no_shifts() -> None:
    for text in ("ann mon 8:00-9:00", "ann day 08:00-09:00", "mon 08:00-09:00", "ann mon 08:00-24:00"):
        with pytest.raises(ShiftError, match="not a shift"):
            pay_slips(STAFF, [text])


def test_strangers_are_not_paid() -> None:
    with pytest.raises(UnknownWorker):
        pay_slips(STAFF, ["cid mon 08:00-09:00"])
