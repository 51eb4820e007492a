"""Honest texts are told by language and never taken for padding; what only fills up a count is."""

import unicodedata
from pathlib import Path

import pytest

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.constraints import languages, units

HONEST = {
    language: (Path(__file__).parent / "honest_texts" / f"{language}.txt").read_text().splitlines()
    for language in ("pt", "es", "en")
}
SHORT = {
    language: (Path(__file__).parent / "honest_texts" / f"short_{language}.txt").read_text().splitlines()
    for language in HONEST
}


@pytest.mark.parametrize(
    ("language", "text"),
    [(language, text) for told in (HONEST, SHORT) for language, texts in told.items() for text in texts],
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
    assert all(len(set(texts)) >= 15 for texts in SHORT.values())
    assert all(4 <= len(units.words(text)) <= 12 for texts in SHORT.values() for text in texts)


@pytest.mark.parametrize(
    "text",
    [
        "Paula Quintana abre o observatório, York celebra. Vieram 640 visitantes. A torre data de 1949.",
        "O coro ocupa 512 lugares.",
        "A orquestra toca no teatro de Faro.",
        "Paula restaura o farol de 1921.",
    ],
)
def test_a_short_text_that_could_be_in_two_languages_is_in_the_one_that_is_asked_for(text: str) -> None:
    assert languages.fault(text, "pt") == ""


FOREIGN = {
    "La casa è grande e il giardino con una fontana si trova in una piazza della città.": ("es", "pt"),
    "La biblioteca té 340 llibres i el projecte va començar en 1934 a la ciutat de Girona.": ("es", "pt"),
    "El pont de la ciutat fa 524 metres i és de pedra.": ("es", "pt"),
    "La maison de la ville est dans une rue avec un jardin et des arbres.": ("es", "pt"),
    "La sala té 90 cadires amb llum.": ("es",),
    "O museo da cidade ten 679 reloxos e unha torre moi alta.": ("es", "pt"),
    "A ponte nova mide 524 metros e foi aberta en 1934.": ("pt",),
    "O proxecto comezou no ano 1934 coa axuda dos veciños do lugar.": ("pt",),
    "Das Museum in der Stadt hat 679 Uhren und so war es.": ("en",),
    "A bridge is over der Fluss und die Stadt in 1934.": ("en",),
    "Le pont mesure 524 mètres.": ("es", "pt", "en"),
    "Zorp blaf 679 nu la kik.": ("es", "pt", "en"),
}


@pytest.mark.parametrize("text", FOREIGN)
def test_a_text_in_a_further_language_is_not_taken_for_one_of_the_three(text: str) -> None:
    assert all(languages.fault(text, language) for language in FOREIGN[text])


def test_names_of_the_other_language_stand_beside_a_capital() -> None:
    assert languages.fault("A ponte de La Plata mede 524 metros.", "pt") == ""
    assert "the other way round: La" in languages.fault("La torre data de 1949.", "pt")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Dr. Ana de la Cruz wins the race in Las Vegas."),
        ("en", "The museum of Santa Maria la Real keeps 679 clocks."),
        ("en", "The Victorian era ended in 1901."),
        ("es", "Le di un libro a Ana."),
        ("es", "El robot mide 524 metros."),
        ("es", "Hay té y café en la cocina."),
        ("pt", "Eu dei um livro a Ana."),
        ("pt", "O show de rock lotou o clube."),
    ],
)
def test_particles_of_names_and_words_of_two_meanings_speak_for_no_other_language(language: str, text: str) -> None:
    assert languages.fault(text, language) == ""


def test_one_small_word_in_eight_is_asked_for_in_full_eights() -> None:
    eleven = "Bruno Gomes reopens Olinda's fish market, founded 1934, with 451 stalls"
    assert languages.fault(eleven, "en") == ""
    assert "1 of 16 words" in languages.fault(f"{eleven}, Monday, Tuesday, Friday, Saturday, Sunday", "en")
    assert "1 of" not in languages.fault(f"{eleven}, Monday, Tuesday, Friday, Saturday", "en")


@pytest.mark.parametrize(("count", "fault"), [(24, "at least"), (25, "0 words are Portuguese and not Spanish")])
def test_a_long_text_has_a_small_word_that_the_other_language_lacks(count: int, fault: str) -> None:
    found = languages.fault("Paula restaura a torre de Faro. " * 4 + "a " * (count - 24), "pt")
    assert (fault in found) == (count >= 25)


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
    "small words and a number": "679 da o e à de.",
    "short, small words only": "Os da o 679 de por.",
    "stacked accents": "O homem fu\u0301\u0302\u0303e viu a casa.",
    "dashes": "O homem — — — viu a casa.",
    "bullets": "O homem viu ••• a casa.",
    "a run of nouns": "A casa viu rio mesa livro porta janela cadeira prato copo garfo faca colher panela, e foi.",
    "three of sixteen without a vowel": "O homem viu bcd, a casa com fgh, o rio e o jkl, mas nada de novo.",
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


def test_an_enumeration_is_no_padding() -> None:
    words = "pão, queijo, maçãs, peras, uvas, figos, nozes, mel, leite, manteiga, azeite, sal, arroz, feijão e café"
    assert constraints.padding(f"Compre {words}.", "pt") == ""


def test_three_abbreviations_in_twenty_four_words_are_no_padding() -> None:
    text = (
        "O diretor da BBC viu o filme da CNN e o da RTP, mas não gostou de nenhum deles, porque os atores falam baixo."
    )
    assert len(units.words(text)) == 24
    assert constraints.padding(text, "pt") == ""


def test_the_rule_on_padding_states_its_numbers() -> None:
    assert all(f" {n} " in constraints.PADDING_RULE for n in (60, 5, 12, 30, 4, 3, 25))
