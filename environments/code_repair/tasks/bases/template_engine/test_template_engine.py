import pytest

from .filters import FilterError
from .parser import TemplateError
from .template_engine import UndefinedError, render


def test_text_stays_as_it_is() -> None:
    assert render("{ a } 5 % 3\n", {}) == "{ a } 5 % 3\n"


def test_values_are_shown() -> None:
    assert render("{{ name }} is {{age}}: {{ old }}", {"name": "Ann", "age": 7, "old": False}) == "Ann is 7: false"


def test_paths_lead_through_lists_and_dicts() -> None:
    assert render("{{ users.1.name }}", {"users": [{"name": "Ann"}, {"name": "Bo"}]}) == "Bo"


def test_a_missing_value_cannot_be_shown() -> None:
    with pytest.raises(UndefinedError):
        render("{{ user.name }}", {"user": {}})


def test_conditions() -> None:
    template = "{% if items %}some{% else %}none{% end %}"
    assert [render(template, {"items": items}) for items in ([1], [])] == ["some", "none"]


def test_a_negated_condition() -> None:
    assert render("{% if not x %}no{% end %}{% if not y %}!{% end %}", {"y": 1}) == "no"


def test_a_loop_knows_where_it_is() -> None:
    template = "{% for x in xs %}{{ loop.index }}{{ x }}{% if not loop.last %}, {% end %}{% end %}"
    assert render(template, {"xs": ["a", "b"]}) == "1a, 2b"


def test_nothing_to_go_through() -> None:
    assert render("{% for x in xs %}{{ x }}{% else %}nothing{% end %}", {"xs": []}) == "nothing"


def test_white_space_can_be_taken_away() -> None:
    assert render("a \n{%- if x -%}\n b {% end %}", {"x": True}) == "ab "


def test_filters_follow_one_another() -> None:
    assert render('{{ names | join:", " | upper }}', {"names": ["bo", "ann"]}) == "ANN, BO"


def test_a_default_for_what_is_missing() -> None:
    assert render('{{ x | upper | default:"-" }}{{ y | default:3 }}', {"y": ""}) == "-"


def test_long_text_is_cut() -> None:
    assert render("{{ a | truncate:5 }} {{ b | truncate:5 }}", {"a": "seventh", "b": "fifth"}) == "se... fifth"


def test_an_unknown_filter() -> None:
    with pytest.raises(FilterError):
        render("{{ a | shout }}", {"a": "x"})


def test_a_missing_end_is_found_where_the_block_began() -> None:
    with pytest.raises(TemplateError, match="line 2: no end of if a"):
        render("x\n{% if a %}\n\ny", {"a": 1})
