"""Honest texts that keep given constraints, and texts that break exactly one of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from agentgym.environments.json_math import constraints as rules
from agentgym.environments.json_math.constraints import Constraint, units
from agentgym.environments.json_math.prose.vocabulary import VOCABULARIES, Vocabulary

TRIES = 400
INNER = (";", ":", "—", "–")
ENDS = (".", "!", "?", "…")
PER_SENTENCE = 9
DEFAULT_WORDS = (18, 40)


class NoText(LookupError):
    """The vocabulary gave no text that keeps the constraints."""


def satisfying(
    constraints: Sequence[Constraint], language: str, rng: random.Random, *, cores: Sequence[str] = ()
) -> str:
    """Return an honest text in a language that keeps constraints.

    Args:
        constraints: at most one of each kind.
        language: `en`, `es` or `pt`.
        rng: the only source of chance.
        cores: clauses that the text must have, each in a sentence of its own, in their order.

    Raises:
        NoText: none was found; the constraints ask for what the vocabulary cannot give.
    """
    made = {str(one["kind"]): one for one in rules.together(constraints)}
    vocabulary = _allowed(made, VOCABULARIES[language])
    for _ in range(TRIES):
        text = _Draft(made, vocabulary, rng, cores).text()
        if text and not any(rules.fault(one, text) for one in constraints) and not rules.padding(text, language):
            return text
    raise NoText(f"no text found in {language!r} for {[dict(one) for one in constraints]!r}")


def violating(
    broken: Constraint,
    constraints: Sequence[Constraint],
    language: str,
    rng: random.Random,
    *,
    cores: Sequence[str] = (),
) -> str:
    """Return an honest text that breaks one constraint and keeps the others.

    Raises:
        NoText: none was found.
    """
    others = [one for one in constraints if one["kind"] != broken["kind"]]
    for _ in range(TRIES):
        changed, other_language = _changed(broken, language, rng)
        try:
            # What is asked for instead may contradict the others; then another change is tried.
            text = satisfying(_merged(others, changed), other_language, rng, cores=cores)
        except (NoText, ValueError):
            continue
        if rules.fault(broken, text) and not any(rules.fault(one, text) for one in others):
            return text
    raise NoText(f"no text found in {language!r} that breaks only {dict(broken)!r}")


def _merged(others: Sequence[Constraint], changed: Sequence[Constraint]) -> list[Constraint]:
    """Return constraints with changed ones among them: phrases and marks are added, all else is replaced."""
    merged = {str(one["kind"]): cast("Mapping[str, Any]", one) for one in others}
    for one in cast("Sequence[Mapping[str, Any]]", changed):
        before = merged.get(one["kind"], {})
        merged[one["kind"]] = {**before, **one}
        for key in {"phrases", "marks"} & set(before):
            both = before[key] | one[key] if key == "marks" else [*before[key], *one[key]]
            merged[one["kind"]] = {**merged[one["kind"]], key: both}
    return list(merged.values())


def _changed(broken: Constraint, language: str, rng: random.Random) -> tuple[list[Constraint], str]:
    """Return what to ask for in place of a constraint so that it is probably broken, and in which language."""
    one = cast("Mapping[str, Any]", broken)
    kind = str(one["kind"])
    if kind in ("words", "sentences", "lines"):
        low, high = (one.get("exactly", one.get(bound)) for bound in ("at_least", "at_most"))
        bounds = [n for n in (low and low - 1, high and high + 1) if n]
        return [{"kind": kind, "exactly": rng.choice(bounds)}], language
    if kind == "punctuation":
        mark = rng.choice(list(one["marks"]))
        count = one["marks"][mark] + rng.choice([1, -1] if one["marks"][mark] else [1])
        return [{"kind": kind, "marks": one["marks"] | {mark: count}}], language
    if kind == "ending":
        return [{"kind": kind, "mark": rng.choice([mark for mark in ENDS if mark != one["mark"]])}], language
    if kind == "language":
        return [], rng.choice([other for other in VOCABULARIES if other != one["language"]])
    return _changed_wording(one, language, rng), language


def _changed_wording(one: Mapping[str, Any], language: str, rng: random.Random) -> list[Constraint]:
    kind = one["kind"]
    if kind == "required":
        left = rng.sample(one["phrases"], len(one["phrases"]) - 1)
        return [{**one, "phrases": left}] if left else []
    if kind == "forbidden":
        return [{"kind": "required", "phrases": [rng.choice(one["phrases"])]}]
    if kind == "forbidden_characters":
        marks = [character for character in one["characters"] if character in ENDS + INNER + (",",)]
        holding = [word for word in _words_of(language) if set(word) & set(one["characters"])]
        if holding and not marks:
            return [{"kind": "required", "phrases": [rng.choice(holding)]}]
        return [{"kind": "punctuation", "marks": {rng.choice(marks): 1}}] if marks else []
    if kind == "word_characters":
        long = [word for word in VOCABULARIES[language].long_words if len(word) > one["at_most"]]
        return [{"kind": "required", "phrases": [rng.choice(long)]}] if long else []
    if kind == "characters":
        return [{"kind": "words", "at_least": max(1, one["at_most"] // 6), "at_most": one["at_most"] // 4 + 2}]
    return []


def _words_of(language: str) -> list[str]:
    return units.words(" ".join([*VOCABULARIES[language].subjects, *VOCABULARIES[language].long_words]))


def _allowed(made: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary) -> Vocabulary:
    """Return the vocabulary without the pieces that a constraint forbids."""
    kinds = [made[kind] for kind in ("forbidden", "forbidden_characters", "word_characters") if kind in made]

    def kept(pieces: Sequence[str]) -> list[str]:
        return [piece for piece in pieces if not any(rules.fault(kind, piece) for kind in kinds)]

    return vocabulary._replace(
        subjects=kept(vocabulary.subjects),
        predicates=kept(vocabulary.predicates),
        modifiers=kept(vocabulary.modifiers),
        connectors=kept(vocabulary.connectors),
        mentions=kept(vocabulary.mentions),
    )


class _Draft:
    """One attempt at a text; every piece of the vocabulary is used once at most."""

    def __init__(
        self, made: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary, rng: random.Random, cores: Sequence[str]
    ) -> None:
        self.made, self.vocabulary, self.rng = made, vocabulary, rng
        self.marks: dict[str, int] = dict(made.get("punctuation", {}).get("marks", {}))
        self.subjects = self.shuffled(self.vocabulary.subjects)
        self.predicates = self.shuffled(self.vocabulary.predicates)
        self.modifiers = self.shuffled(self.vocabulary.modifiers)
        self.connectors = self.shuffled(self.vocabulary.connectors)
        self.cores = max(len(cores), 1)
        self.target = self.bound("words", rng.randint(*DEFAULT_WORDS))
        self.clauses = self.base(cores)
        self.left = self.target - sum(len(units.words(clause)) for clause in self.clauses)
        if self.left < 0 and "words" not in made:
            self.left = rng.randint(0, 8)

    def shuffled(self, pieces: Sequence[str]) -> list[str]:
        """Return the pieces in an order of chance."""
        return self.rng.sample(pieces, len(pieces))

    def bound(self, kind: str, usual: int) -> int:
        """Return a number within a constraint's bounds, the usual one if it is."""
        one = self.made.get(kind, {})
        low = one.get("exactly", one.get("at_least", 1))
        high = one.get("exactly", one.get("at_most", max(low + 10, usual)))
        if kind == "words" and "characters" in self.made:
            high = max(low, min(high, self.made["characters"]["at_most"] // 6))
        return usual if low <= usual <= high else int(self.rng.randint(low, high))

    def base(self, cores: Sequence[str]) -> list[str]:
        """Return one clause for each sentence: those asked for, those that quote what is required, and free ones."""
        there = " ".join(cores)
        phrases = [p for p in self.made.get("required", {}).get("phrases", []) if not units.occurrences(p, there)]
        ends = sum(self.marks.get(mark, 0) for mark in ENDS)
        least = max(len(cores) + bool(phrases), 1)
        usual = max(least, min(self.bound("lines", 1), 9), round(self.target / PER_SENTENCE))
        count = self.bound("sentences", ends if "." in self.marks else max(usual, ends))
        clauses, free = list(cores), count - len(cores)
        groups = min(max(free, 1), len(phrases)) if phrases else 0
        mentions = self.shuffled(self.vocabulary.mentions)
        for i in range(min(groups, len(mentions))):
            clauses.append(mentions[i].format(f" {self.vocabulary.joint} ".join(phrases[i::groups])))
        while len(clauses) < count and self.subjects and self.predicates:
            clauses.append(self.clause())
        return clauses

    def clause(self) -> str:
        """Return a free clause."""
        return f"{self.subjects.pop()} {self.predicates.pop()}"

    def text(self) -> str:
        """Return the text, or nothing if this attempt failed."""
        extras = self.extras()
        if extras is None:
            return ""
        ends = [mark for mark in ENDS[1:] for _ in range(self.marks.get(mark, 0))][: len(self.clauses)]
        ends = self.rng.sample(ends + ["."] * (len(self.clauses) - len(ends)), len(self.clauses))
        last = self.made.get("ending", {}).get("mark", ends[-1])
        if last in ends:
            ends.remove(last)
            ends.append(last)
        else:
            ends[-1] = last
        written = [self.sentence(*pair) for pair in zip(self.clauses, extras, ends, strict=True)]
        return self.broken(" ".join(written))

    def extras(self) -> list[list[str]] | None:
        """Return what follows each clause, so that the words and the marks inside sentences come out as asked."""
        extras: list[list[str]] = [[] for _ in self.clauses]
        for mark in INNER:
            for _ in range(self.marks.get(mark, 0)):
                if not (self.subjects and self.predicates):
                    return None
                self.add(extras, (" " if mark in "—–" else "") + f"{mark} ", self.clause())
        commas = self.marks.get(",", self.rng.randint(0, 2) if self.allows(",") else 0)
        commas -= sum(clause.count(",") for clause in self.clauses)
        while self.left > 0:
            piece = self.filling()
            if piece is None:
                return None
            joint = ", " if commas > 0 else " "
            commas -= joint == ", "
            self.add(extras, joint, piece)
        return extras if self.left == 0 and (commas == 0 or "," not in self.marks) else None

    def add(self, extras: list[list[str]], joint: str, piece: str) -> None:
        """Put a piece behind one of the sentences that take more; what is told of a fact after the first takes none."""
        self.rng.choice([*extras[:1], *extras[self.cores :]]).append(joint + piece)
        self.left -= len(units.words(piece))

    def filling(self) -> str | None:
        """Return a modifier, or a clause with its connector, that is not too long."""
        fitting = [piece for piece in self.modifiers if len(piece.split()) <= self.left]
        if fitting and (self.rng.random() < 0.7 or self.left < 6 or not (self.connectors and self.subjects)):
            piece = self.rng.choice(fitting)
            self.modifiers.remove(piece)
            return piece
        if not (self.connectors and self.subjects and self.predicates):
            return None
        piece = f"{self.rng.choice(self.connectors)} {self.clause()}"
        return piece if len(piece.split()) <= self.left else None

    def allows(self, mark: str) -> bool:
        """Tell whether a mark that nobody asks for may stand there."""
        return not any(kind in self.made and rules.fault(self.made[kind], mark) for kind in ("forbidden_characters",))

    def sentence(self, clause: str, extras: Sequence[str], end: str) -> str:
        """Return a sentence with its marks."""
        opening = self.vocabulary.openings.get(end, "")
        return f"{opening}{clause[0].upper()}{clause[1:]}{''.join(extras)}{end}"

    def broken(self, text: str) -> str:
        """Return a text with as many lines as asked for, of about the same length."""
        pieces = text.split(" ")
        least = (
            -(-len(text) // max(1, self.made["line_characters"]["at_most"] - 9))
            if "line_characters" in self.made
            else 1
        )
        count = min(self.bound("lines", max(1, least)), len(pieces))
        cuts = [round(i * len(pieces) / count) for i in range(count + 1)]
        return "\n".join(" ".join(pieces[start:end]) for start, end in pairwise(cuts))
