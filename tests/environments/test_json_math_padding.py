"""Honest texts are told by language and never taken for padding; what only fills up a count is."""

import unicodedata
from pathlib import Path

import pytest

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.constraints import units

HONEST = {
    language: (Path(__file__).parent / "honest_texts" / f"{language}.txt").read_text().splitlines()
    for language in ("pt", "es", "en")
}


@pytest.mark.parametrize(
    ("language", "text"),
    [(language, text) for language, texts in HONEST.items() for text in texts],
    ids=lambda v: v[:30],
)
def test_honest_texts_are_told_by_language_and_are_no_padding(language: str, text: str) -> None:
    judged = {other: constraints.fault({"kind": "language", "language": other}, text) for other in HONEST}
    assert [other for other, fault in judged.items() if not fault] == [language], judged
    assert constraints.padding(text, language) == ""
    assert constraints.padding(unicodedata.normalize("NFD", text), language) == ""
    for sentence in units.sentences(text):
        assert constraints.padding(sentence, language) == ""


def test_there_are_enough_honest_texts() -> None:
    assert all(len(set(texts)) >= 25 for texts in HONEST.values())
    assert all(20 <= len(units.words(text)) <= 80 for texts in HONEST.values() for text in texts)


@pytest.mark.parametrize("language", ["pt", "es", "en"])
def test_half_in_another_language_is_in_neither(language: str) -> None:
    for other in HONEST:
        if other != language:
            for mine, theirs in zip(HONEST[language], HONEST[other], strict=True):
                assert constraints.fault({"kind": "language", "language": language}, f"{mine} {theirs}") != ""


PADDED = {
    "one word again and again": "A casa é boa e a casa é bonita, mas a casa é cara, e a casa fica longe da casa.",
    "a word twice in a row": "O barco saiu cedo cedo para a ilha com três homens.",
    "a word three times, with commas": "O homem disse sim, sim, sim e foi embora para a cidade.",
    "two words in turns": "Ele foi lá e foi lá e foi lá e foi lá e foi lá e foi lá e foi.",
    "a clause twice": "O vento soprou forte na serra e depois o vento soprou forte na serra outra vez.",
    "a sentence twice": "O vento parou. A noite caiu sobre o vale. O vento parou.",
    "another case, another accent": "Casa alta, CASA baixa, cása nova, Casá velha, casa azul, o homem viu tudo.",
    "numbered words": "palavra1 palavra2 palavra3 palavra4 palavra5 o homem viu tudo isso.",
    "single letters": "O homem viu b c d f g h e foi para casa.",
    "no vowels": "O homem viu bcdf ghjk lmnp qrst e foi para casa.",
    "one long letter": "O homem viu a caaaaasa e foi embora.",
    "keyboard": "O homem asdfghjkl viu tudo isso.",
    "marks": "O homem viu tudo ........ e foi embora.",
    "marks with spaces": "O homem viu tudo - * - * - * - e foi embora.",
    "numbers": "O homem viu 1 2 3 4 5 6 7 8 9 10 casas.",
    "glued words": "O-homem-viu-a-casa-e-foi para longe dali.",
    "glued with points": "O.homem.viu.a.casa.e foi para longe dali.",
    "one endless word": "O homem viu otorrinolaringologistaextraordinariamente ali.",
    "nouns only": "casa rio mesa livro porta janela cadeira prato copo garfo faca colher panela",
    "small words only": "de que para com em por se não mais como mas foi ao ele das tem à seu sua ou ser",
    "another alphabet": "O homem viu а casa e foi embora.",
    "full-width letters": "O homem viu ａ casa e foi embora.",
    "full-width digits": "O homem viu ３ casas e foi embora.",
    "empty lines": "O homem viu a casa.\n\nE foi embora.",
    "lines of marks": "O homem viu a casa.\n---\nE foi embora.",
    "nothing": "... !!! ---",
    "invisible": "O homem\u200b viu a casa e foi embora.",
}


@pytest.mark.parametrize("name", PADDED)
def test_filling_up_is_seen(name: str) -> None:
    assert constraints.padding(PADDED[name], "pt") != ""


def test_what_is_repeated_within_reason_is_no_padding() -> None:
    for text in (
        "A casa é grande e a casa é bonita; a casa fica no alto.",
        "Foi a Lisboa. Lisboa é linda, é antiga e é cara.",
        "O que é bom e é barato é raro, e isso já se sabe.",
        "No dia 3 vieram 12 barcos, no dia 4 vieram 30, e a BBC filmou tudo.",
        "Ele disse: «Vem!» — e ela veio… «Já?», perguntou o pai (com medo).",
    ):
        assert constraints.padding(text, "pt") == ""


def test_the_rule_on_padding_states_its_numbers() -> None:
    assert all(f" {n} " in constraints.PADDING_RULE for n in (60, 5, 12, 30, 4, 3, 25))
