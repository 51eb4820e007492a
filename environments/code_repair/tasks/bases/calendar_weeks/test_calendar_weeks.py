import pytest

from .calendar_weeks import days_of, month_sheet, week_of, weeks_in


def test_a_day_in_the_middle_of_the_year() -> None:
    assert week_of("2024-07-10") == "2024-W28"


def test_december_may_belong_to_the_next_year() -> None:
    assert week_of("2024-12-30") == "2025-W01"


def test_january_may_belong_to_the_year_before() -> None:
    assert week_of("2021-01-03") == "2020-W53"
    assert week_of("2021-01-04") == "2021-W01"


def test_what_is_no_date_has_no_week() -> None:
    with pytest.raises(ValueError, match="day"):
        week_of("2023-02-29")


def test_years_of_52_and_53_weeks() -> None:
    assert [weeks_in(year) for year in (2015, 2019, 2020, 2021)] == [53, 52, 53, 52]


def test_days_of_a_first_week() -> None:
    days = days_of("2025-W01")
    assert days[0] == "2024-12-30"
    assert days[-1] == "2025-01-05"
    assert len(days) == 7


def test_only_long_years_have_a_week_53() -> None:
    assert days_of("2020-W53")[0] == "2020-12-28"
    with pytest.raises(ValueError, match="2021 has no week 53"):
        days_of("2021-W53")


def test_weeks_have_one_form() -> None:
    for week in ("2024-W1", "2024W01", "2024-W01-1", "2024-W00"):
        with pytest.raises(ValueError, match="week"):
            days_of(week)


def test_a_sheet_from_monday() -> None:
    sheet = month_sheet(2024, 2)
    assert sheet[0] == [0, 0, 0, 1, 2, 3, 4]
    assert sheet[-1] == [26, 27, 28, 29, 0, 0, 0]


def test_a_sheet_from_sunday() -> None:
    assert month_sheet(2024, 12, 6)[0] == [1, 2, 3, 4, 5, 6, 7]


def test_a_sheet_without_gaps() -> None:
    assert month_sheet(2021, 2) == [list(range(start, start + 7)) for start in (1, 8, 15, 22)]


def test_months_and_weekdays_must_be_there() -> None:
    for month, weekday in ((0, 0), (13, 0), (1, 7), (1, -1)):
        with pytest.raises(ValueError, match="no such month or weekday"):
            month_sheet(2024, month, weekday)
