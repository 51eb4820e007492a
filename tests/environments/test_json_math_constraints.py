"""Constraints: what they count, that they are judged as they are stated, and that filling up is seen."""

import re
import time
import unicodedata
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.constraints import Constraint, units
from agentgym.environments.json_math.constraints.kinds import DEFINITIONS
from agentgym.environments.json_math.prose.composing import satisfying, violating


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("one", 1),
        ("well-known don't don’t 3.14 1,000 10:30 km/h R$50 e.g. aluno(a)", 10),
        ("one—two – three -- four - five--six—", 6),
        ("dog,cat;bird:fish", 4),
        ("¿Qué? ¡No! «Sí»… 'ya'", 4),
        ("& — … ... *** ___ - .", 0),
        ("a\tb\r\nc\rd\n\n e", 5),
        ("50% €50 nº 5 1º", 5),
        ("cafe\u0301 más", 2),
    ],
)
def test_words_are_counted_as_defined(text: str, count: int) -> None:
    assert len(units.words(text)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("...", 0),
        ("No end", 1),
        ("One. Two! Three? Four… Five", 5),
        ("Really?! Yes... No!!!", 3),
        ("Pi is 3.14 and e.g. the U.S. has it.", 1),
        ("Dr. Silva met J. Smith and Mrs. Jones. They left.", 2),
        ('"Stop!" she said. "Why?" He left.', 3),
        ("—¿Vienes? —preguntó Ana. ¡Claro! (Se fue.) Fin.", 4),
        ("First line\nsecond line. Third", 2),
        (". . . One. . .", 1),
        ("She met the Dr.", 1),
        ("Follow plan b. It works at 8. Then rest.", 3),
    ],
)
def test_sentences_are_counted_as_defined(text: str, count: int) -> None:
    assert len(units.sentences(text)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a", 1), ("a\n", 1), ("a\r\nb\rc", 3), ("a\n\nb", 3), ("a\n\n", 2), ("# a\n//b", 2)],
)
def test_lines_are_counted_as_defined(text: str, count: int) -> None:
    assert len(units.lines(text)) == count


def test_names_are_those_outside_comments_and_quotes() -> None:
    program = "total = 0  # running_sum\nfor item in list: // too\n  total += item2 * 9x + 'a_string' + \"b\"\nção = 1"
    assert units.names(program, ["for", "in"]) == ["total", "item", "list", "item2", "ção"]


@pytest.mark.parametrize(
    ("phrase", "text", "count"),
    [
        ("Lisbon", "Lisbon's mayor left LISBON for Lisbon-by-sea; Lisbonne stayed.", 3),
        ("12", "12 of 112, 12.5, 1,012, 12:30, 3/12 and (12).", 2),
        ("340", "340,000 or 340, then 340.", 2),
        ("São Carlos", "sa\u0303o\n  carlos, são-carlos", 1),
        ("don't", "don’t or don't", 2),
        ("a.b", "axb a.b", 1),
    ],
)
def test_phrases_are_found_as_defined(phrase: str, text: str, count: int) -> None:
    assert units.occurrences(phrase, text) == count


def test_accents_count_once_in_either_normal_form() -> None:
    for text in ("coração", "corac\u0327a\u0303o"):
        assert constraints.fault({"kind": "characters", "at_most": 7}, text) == ""
        assert "7 characters; at most 6" in constraints.fault({"kind": "word_characters", "at_most": 6}, text)
        assert constraints.fault({"kind": "required", "phrases": ["coração"]}, text) == ""
        assert "'ç'" in constraints.fault({"kind": "forbidden_characters", "characters": "ç"}, text)


@pytest.mark.parametrize(
    ("one", "text", "fault"),
    [
        ({"kind": "words", "exactly": 3}, "one two", "2 words, not 3"),
        ({"kind": "words", "at_least": 3, "at_most": 4}, "one two", "2 words, but at least 3 are asked for"),
        ({"kind": "words", "at_most": 1}, "one two", "2 words, but at most 1 are allowed"),
        ({"kind": "lines", "exactly": 3}, "a\n\nb", "line 2 is empty or only a comment"),
        ({"kind": "lines", "at_least": 2}, "a\n  # b", "line 2 is empty or only a comment"),
        ({"kind": "lines", "at_most": 3}, "a\n\n// b", ""),
        ({"kind": "line_characters", "at_most": 3}, "abc\nabcd", "line 2 has 4 characters; at most 3"),
        ({"kind": "names", "at_most": 5}, "total = amount # comments", "the name 'amount' has 6 characters"),
        ({"kind": "names", "at_most": 5, "keywords": ["return"]}, "return total", ""),
        ({"kind": "punctuation", "marks": {",": 2}}, "a, b", "1 comma (,), not 2"),
        ({"kind": "ending", "mark": "."}, "a!", "it ends with '!', not with '.'"),
        ({"kind": "forbidden_characters", "characters": "k"}, "oK", "'K' at character 1 is forbidden"),
        ({"kind": "required", "phrases": ["a b"]}, "a c", "'a b' is missing"),
        ({"kind": "required", "phrases": ["a"], "once": True}, "a, A", "'a' is there 2 times, not once"),
        ({"kind": "forbidden", "phrases": ["very"]}, "Very good", "'very' is forbidden"),
        ({"kind": "language", "language": "pt"}, "The house is on the hill.", "0 of 6 words are small words"),
        ({"kind": "words", "exactly": 2}, "one\u200b two", "U+200B at character 3"),
        ({"kind": "words", "exactly": 2}, "one\u00a0two", "U+00A0 at character 3"),
    ],
)
def test_a_fault_says_what_was_found(one: Constraint, text: str, fault: str) -> None:
    found = constraints.fault(one, text)
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    "one",
    [
        {"kind": "words"},
        {"kind": "words", "exactly": 0},
        {"kind": "words", "exactly": True},
        {"kind": "words", "exactly": 3, "at_most": 4},
        {"kind": "words", "at_least": 5, "at_most": 4},
        {"kind": "words", "excatly": 5},
        {"kind": "characters", "exactly": 5},
        {"kind": "characters", "at_most": 5, "keywords": []},
        {"kind": "names", "at_most": 5, "keywords": "if"},
        {"kind": "punctuation", "marks": {}},
        {"kind": "punctuation", "marks": {"x": 1}},
        {"kind": "punctuation", "marks": {",": -1}},
        {"kind": "ending", "mark": "x"},
        {"kind": "forbidden_characters", "characters": ""},
        {"kind": "forbidden_characters", "characters": "aA"},
        {"kind": "language", "language": "fr"},
        {"kind": "required", "phrases": []},
        {"kind": "required", "phrases": ["a", "A"]},
        {"kind": "required", "phrases": ["a."]},
        {"kind": "forbidden", "phrases": ["a"], "once": True},
    ],
)
def test_a_constraint_that_makes_no_sense_is_refused(one: Constraint) -> None:
    parameters = {key: value for key, value in one.items() if key != "kind"}
    for use in (
        lambda: constraints.constraint(str(one["kind"]), **parameters),
        lambda: constraints.statement(one),
        lambda: constraints.fault(one, "a text"),
        lambda: constraints.together([one]),
    ):
        with pytest.raises(ValueError, match=str(one["kind"])):
            use()


def test_an_unknown_kind_is_never_a_pass() -> None:
    for use in (
        constraints.statement,
        lambda one: constraints.fault(one, "text"),
        lambda one: constraints.together([one]),
    ):
        with pytest.raises(KeyError):
            use({"kind": "rhymes"})
    with pytest.raises(KeyError):
        constraints.padding("a text", "fr")
    with pytest.raises(KeyError):
        constraints.count("rhymes", "a text")


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ([{"kind": "words", "exactly": 3}, {"kind": "words", "exactly": 4}], "two constraints of the kind 'words'"),
        (
            [{"kind": "required", "phrases": ["red car"]}, {"kind": "forbidden", "phrases": ["car"]}],
            "'car' is forbidden",
        ),
        ([{"kind": "required", "phrases": ["zoo"]}, {"kind": "forbidden_characters", "characters": "z"}], "'z'"),
        ([{"kind": "punctuation", "marks": {",": 1}}, {"kind": "forbidden_characters", "characters": ","}], "','"),
        ([{"kind": "punctuation", "marks": {".": 0}}, {"kind": "ending", "mark": "."}], "to hold none"),
        ([{"kind": "required", "phrases": ["elephant"]}, {"kind": "word_characters", "at_most": 5}], "'elephant'"),
    ],
)
def test_constraints_that_contradict_one_another_are_refused(pair: list[Constraint], fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        constraints.together(pair)


def drawn(kind: str, language: str, rng: Random) -> Constraint:
    """Return a constraint of a kind with parameters by chance."""
    made: dict[str, Callable[[], dict[str, JsonValue]]] = {
        "words": lambda: rng.choice([{"exactly": rng.randint(6, 70)}, {"at_least": rng.randint(6, 20), "at_most": 25}]),
        "sentences": lambda: rng.choice([{"exactly": rng.randint(1, 7)}, {"at_most": rng.randint(1, 4)}]),
        "lines": lambda: rng.choice([{"exactly": rng.randint(1, 8)}, {"at_most": rng.randint(1, 4)}]),
        "characters": lambda: {"at_most": rng.randint(40, 250)},
        "line_characters": lambda: {"at_most": rng.randint(35, 60)},
        "word_characters": lambda: {"at_most": rng.randint(8, 13)},
        "punctuation": lambda: {
            "marks": {
                ",": rng.randint(0, 4),
                rng.choice(";:—"): rng.randint(0, 2),
                rng.choice("!?…"): rng.randint(0, 1),
            }
        },
        "ending": lambda: {"mark": rng.choice(".!?…")},
        "forbidden_characters": lambda: {"characters": rng.choice([",", ";:", "b", "!?f", ",v"])},
        "language": lambda: {"language": language},
        "required": lambda: {
            "phrases": rng.sample(["Coimbra", "340", "Marta Ribeiro", "1987", "São Carlos"], rng.randint(1, 3)),
            "once": rng.random() < 0.5,
        },
        "forbidden": lambda: {"phrases": rng.sample(["Marta", "Joan", "Luis", "Rui", "tren", "train", "trem"], 3)},
    }
    return constraints.constraint(kind, **made[kind]())


@pytest.mark.parametrize("language", ["pt", "es", "en"])
@pytest.mark.parametrize("kind", [kind for kind in constraints.KINDS if kind != "names"])
def test_every_kind_is_kept_and_broken_by_generated_texts(kind: str, language: str) -> None:
    rng = Random(f"{kind} {language}")
    there = {"kind": "language", "language": language}
    for _ in range(70):
        one = drawn(kind, language, rng)
        all_ = [one] if kind == "language" else [one, there]
        kept = satisfying(all_, language, rng)
        broken = violating(one, all_, language, rng)
        assert constraints.fault(one, kept) == "", kept
        assert constraints.fault(one, broken) != "", broken
        if kind != "language":
            assert [constraints.fault(there, text) for text in (kept, broken)] == ["", ""]
            assert [constraints.padding(text, language) for text in (kept, broken)] == ["", ""]


@pytest.mark.parametrize(
    ("language", "mark", "opening"),
    [("es", "!", "¡"), ("es", "?", "¿"), ("es", ".", ""), ("pt", "!", ""), ("en", "?", "")],
)
def test_a_sentence_begins_with_the_mark_that_its_language_wants(language: str, mark: str, opening: str) -> None:
    asked: list[Constraint] = [{"kind": "sentences", "exactly": 1}, {"kind": "ending", "mark": mark}]
    for seed in range(5):
        text = satisfying(asked, language, Random(seed))
        assert text.startswith(opening)
        assert text[len(opening)].isupper()


def test_names_are_kept_and_broken_by_generated_programs() -> None:
    rng = Random(5)
    names = ["soma", "índice", "média", "suma", "año", "valor", "total", "item", "count", "x_1"]
    for _ in range(200):
        most = rng.randint(6, 12)
        chosen = rng.sample(names, 4)
        program = "\n".join(f"{name} = {rng.randint(1, 9)} # {'c' * 20}" for name in chosen)
        one = constraints.constraint("names", at_most=most, keywords=["procedimento"])
        assert constraints.fault(one, f"procedimento {program}") == ""
        long = "".join(rng.choices("abcç_", k=most + 1))
        assert repr(long) in constraints.fault(one, f"{program}\n{long} = 1")


@pytest.mark.parametrize("language", ["pt", "es", "en"])
def test_many_constraints_are_kept_at_once_and_broken_one_by_one(language: str) -> None:
    rng = Random(language)
    for _ in range(6):
        marks: dict[str, JsonValue] = {",": rng.randint(1, 4), ";": rng.randint(0, 1), "!": 0}
        all_ = [
            constraints.constraint("language", language=language),
            constraints.constraint("words", exactly=47),
            constraints.constraint("sentences", exactly=rng.randint(3, 5)),
            constraints.constraint("punctuation", marks=marks),
            constraints.constraint("ending", mark="."),
            constraints.constraint("required", phrases=["Coimbra", "340"], once=True),
            constraints.constraint("forbidden", phrases=["Marta", "museu", "museo", "museum"]),
            constraints.constraint("forbidden_characters", characters="?"),
        ]
        kept = satisfying(all_, language, rng)
        assert [constraints.fault(one, kept) for one in all_] == [""] * len(all_)
        for broken in all_[1:]:
            text = violating(broken, all_, language, rng)
            assert [one for one in all_ if constraints.fault(one, text)] == [broken], text


@pytest.mark.parametrize(
    "text",
    [
        ". " * 2_000,
        "." * 4_000,
        "Mr. " * 1_000,
        "a" * 4_000,
        "a-" * 2_000,
        "'" * 4_000,
        '"#' * 2_000,
        "o a " * 1_000,
        "\n" * 4_000,
        "1,2:" * 1_000,
        "\u0301" * 4_000,
        "- " * 2_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    for kind in constraints.KINDS:
        constraints.fault(drawn(kind, "pt", Random(1)) if kind != "names" else {"kind": kind, "at_most": 3}, text)
    constraints.padding(text, "pt")
    assert time.process_time() - started < 1.0


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(list(". a B 1 , ; — -- ? ' \" ¿ \n # // ção é\u0301 _ Dr. ª ² İ ß")), max_size=40).map(
        "".join
    )
)
def test_any_text_is_judged(text: str) -> None:
    for kind in constraints.KINDS:
        one = drawn(kind, "pt", Random(len(text))) if kind != "names" else constraints.constraint(kind, at_most=3)
        constraints.fault(one, text)
    constraints.padding(text, "pt")
    assert len(units.words(text)) == len(units.words(unicodedata.normalize("NFD", text)))
    for what in constraints.COUNTS:
        assert constraints.count(what, text) >= 0


def test_each_definition_is_told_once_and_only_where_it_is_needed() -> None:
    words, names = constraints.constraint("words", exactly=3), constraints.constraint("names", at_most=3)
    assert constraints.definitions([words, {"kind": "words", "at_most": 9}]) == [units.WORD]
    assert constraints.definitions([names, words]) == [units.WORD, units.NAME]
    assert constraints.definitions([], ["first_sentence_words"]) == [units.WORD, units.SENTENCE]
    assert all(set(kind.terms) <= set(DEFINITIONS) for kind in constraints.KINDS.values())
