"""Constraints: what they count, that they are judged as they are stated, and that filling up is seen."""

import pytest

from agentgym.environments.json_math.constraints import units


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("one", 1),
        ("well-known don't don’t 3.14 1,000 10:30 km/h R$50 e.g. aluno(a)", 10),
        ("one—two – three -- four - five—", 5),
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
    ],
)
def test_sentences_are_counted_as_defined(text: str, count: int) -> None:
    assert len(units.sentences(text)) == count
