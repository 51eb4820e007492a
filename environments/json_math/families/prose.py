"""Short texts on given facts in Portuguese, Spanish and English, under constraints that need one another."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydantic import JsonValue

from agentgym.environments.json_math.constraints import constraint
from agentgym.environments.json_math.constraints.languages import NAMES
from agentgym.environments.json_math.constraints.units import words
from agentgym.environments.json_math.problem import Part, Problem, count_of, sum_of, text
from agentgym.environments.json_math.prose import events
from agentgym.environments.json_math.prose.composing import NoText, satisfying
from agentgym.environments.json_math.prose.events import Event

# Words beyond those that the facts take, by level.
ROOM = {1: (1, 5), 2: (2, 9), 3: (4, 12), 4: (6, 16), 5: (16, 30)}
FORBIDDEN: Mapping[str, Sequence[str]] = {
    "pt": ("que", "muito", "também", "mais", "agora", "hoje", "sempre"),
    "es": ("que", "muy", "también", "más", "ahora", "hoy", "siempre"),
    "en": ("which", "very", "also", "more", "now", "today", "always"),
}
PLACED: Mapping[str, str] = {"pt": "em", "es": "en", "en": "in"}
Constraints = list[Mapping[str, JsonValue]]


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; two of the topics are held out."""
    while True:
        # Now and then no text of the vocabulary fits what was drawn; another draw does.
        with suppress(NoText):
            return _drawn(rng, level, held_out=held_out)


def _drawn(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    event = events.draw(rng, held_out=held_out)
    language = rng.choice(list(NAMES))
    statement = f"Write about this event. Details of your own may be added, if they fit the facts.\n{event.facts()}"
    if level == 1:
        return Problem(statement, [_sentence(rng, event, language)])
    summary = _summary(rng, event, language, level)
    parts = [summary, _title(rng, event, language)]
    if level >= 3:
        what = "longest_word" if level == 4 else "first_sentence_words"
        parts.append(count_of(what, what, summary))
    if level >= 4:
        other = rng.choice([name for name in NAMES if name != language])
        parts.append(_translation(rng, event, other, level))
    if level == 5:
        counts = [parts[2], count_of("title_characters", "characters", parts[1])]
        parts += [counts[1], sum_of("total", counts)]
    return Problem(statement, parts)


def _sentence(rng: random.Random, event: Event, language: str) -> Part:
    """Return the one part of level 1: a sentence of a given number of words."""
    clause, facts = event.clauses(language)[1], [str(event.number)]
    if rng.random() < 0.5:
        clause, facts = f"{clause} {PLACED[language]} {event.place}", [*facts, event.place]
    cores = [clause]
    asked = [
        constraint("language", language=language),
        constraint("words", exactly=_count(cores, rng, 1)),
        constraint("required", phrases=list[JsonValue](facts)),
        constraint("sentences", exactly=1),
    ]
    asked.append(constraint("ending", mark=rng.choice(".!")))
    gold = satisfying(asked, language, rng, cores=cores)
    return text("sentence", "one sentence on the event", gold, language=language, constraints=asked)


def _summary(rng: random.Random, event: Event, language: str, level: int) -> Part:
    cores = event.clauses(language)[: level if level < 3 else 3]
    facts = [event.person, event.place, str(event.number), str(event.year)][: len(cores) + 1]
    asked: Constraints = [
        constraint("language", language=language),
        constraint("words", exactly=_count(cores, rng, level)),
        constraint("required", phrases=list[JsonValue](facts), once=level > 3),
        constraint("sentences", exactly=len(cores) + (rng.randint(0, 2) if level == 5 else 0)),
    ]
    # With its last mark asked for, nothing can be added to a text that is right.
    asked.append(constraint("ending", mark="."))
    if level > 2:
        marks: dict[str, JsonValue] = {",": rng.randint(1, 3 if level == 5 else 2)}
        if level > 3:
            marks[";"] = 1 if level == 5 else 0
        asked.append(constraint("punctuation", marks=marks))
    if level > 3:
        asked.append(constraint("forbidden", phrases=list[JsonValue](rng.sample(FORBIDDEN[language], level - 2))))
    gold = satisfying(asked, language, rng, cores=cores)
    return text("summary", "a summary of the event", gold, language=language, constraints=asked)


def _title(rng: random.Random, event: Event, language: str) -> Part:
    gold = event.title(language)
    # A title may do without small words, so that its language is told by one of its own words.
    word = max(words(gold.replace(event.place, "")), key=len)
    asked = [
        constraint("characters", at_most=len(gold) + rng.randint(0, 9)),
        constraint("required", phrases=[event.place, word]),
        constraint("forbidden_characters", characters=".,:!"),
    ]
    return text("title", "a title for it", gold, language=language, constraints=asked)


def _translation(rng: random.Random, event: Event, language: str, level: int) -> Part:
    """Return the same facts in another language, within a range of words and with other marks."""
    cores = event.clauses(language)
    least = _count(cores, rng, 3)
    bounds = {"exactly": least} if level == 5 else {"at_least": least, "at_most": least + 5}
    asked = [
        constraint("language", language=language),
        constraint("words", **bounds),
        constraint("required", phrases=[event.person, event.place, str(event.number), str(event.year)]),
        constraint("sentences", exactly=3),
        constraint("line_characters", at_most=60),
        constraint("lines", exactly=3 if level == 4 else 4),
        constraint("ending", mark="."),
    ]
    gold = satisfying(asked, language, rng, cores=cores)
    ask = "the event told in another language, broken into lines"
    return text("retelling", ask, gold, language=language, constraints=asked)


def _count(cores: Sequence[str], rng: random.Random, level: int) -> int:
    """Return a number of words that the facts leave room for."""
    return sum(len(words(clause)) for clause in cores) + rng.randint(*ROOM[level])
