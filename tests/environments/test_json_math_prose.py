"""The family of constrained prose: gold keeps what is asked, near misses do not, and parts judge one another."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.families import LEVELS, prose
from agentgym.environments.json_math.problem import Problem
from agentgym.environments.json_math.prose import events, topics
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.verify import verify
from agentgym.reward import Reward
from agentgym.task import Split, Task

SEEDS = 12


def drawn(level: int, *, count: int = SEEDS) -> Iterator[Problem]:
    for seed in range(count):
        yield prose.draw(Random(seed), level, held_out=seed % 4 == 0)


def gold(problem: Problem) -> dict[str, Any]:
    return {part.key: part.gold for part in problem.parts}


def judge(problem: Problem, answer: dict[str, Any]) -> Reward:
    task = Task(
        id="json-math/train/000000",
        split=Split.TRAIN,
        index=0,
        family="prose",
        level=1,
        prompt=prompt(problem),
        secret=secret(problem),
    )
    return verify(task, json.dumps(answer, ensure_ascii=False).encode())


def broken(problem: Problem, **changes: Any) -> list[str]:
    return [part.name for part in judge(problem, gold(problem) | changes).components if not part.value]


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_gold_keeps_every_constraint(level: int) -> None:
    for problem in drawn(level):
        reward = judge(problem, gold(problem))
        assert reward.value == 1.0, [c for c in reward.components if not c.value]


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_the_prompt_states_every_constraint_and_each_definition_once(level: int) -> None:
    for problem in drawn(level, count=4):
        text = prompt(problem)
        asked = [one for part in problem.parts for one in part.check.get("constraints", [])]  # type: ignore[union-attr]
        assert all(f"  - {constraints.statement(one)}\n" in text for one in asked)  # type: ignore[arg-type]
        assert all(text.count(told) == 1 for told in [*constraints.definitions(asked), constraints.PADDING_RULE])  # type: ignore[arg-type]


def test_a_change_of_one_word_is_seen_where_it_was_made() -> None:
    for problem in drawn(5):
        text = str(gold(problem)["summary"])
        assert "constraint:summary:words" in broken(problem, summary=text.replace(" ", " bem ", 1))
        assert broken(problem, summary=text + " ") == ["constraint:summary:ending"]
        # The sentence that changes places is the first, whose words are counted in another part.
        assert broken(problem, retelling=problem.parts[0].gold) != []


def test_a_text_in_the_wrong_language_is_seen() -> None:
    for problem in drawn(4):
        assert "constraint:retelling:language" in broken(problem, retelling=gold(problem)["summary"])


def test_counts_are_those_of_the_text_that_was_sent() -> None:
    for problem in drawn(5):
        right = gold(problem)
        assert broken(problem, first_sentence_words=right["first_sentence_words"] + 1) == [
            "value:first_sentence_words",
            "value:total",
        ]
        assert broken(problem, total=right["total"] - 1) == ["value:total"]
        shorter = right["title"][0].lower() + right["title"][1:]
        assert broken(problem, title=shorter) == []
        longer = {"title": f"{right['title']} {'z' * 20}"}
        assert {"constraint:title:characters", "value:title_characters"} <= set(broken(problem, **longer))


def test_another_text_of_another_count_is_as_right() -> None:
    problem = prose.draw(Random(3), 3, held_out=False)
    right = gold(problem)
    first, *others = constraints.units.sentences(right["summary"])
    turned = " ".join([others[0], first, *others[1:]])
    count = len(constraints.units.words(others[0]))
    assert count != right["first_sentence_words"]
    assert broken(problem, summary=turned) == ["value:first_sentence_words"]
    assert broken(problem, summary=turned, first_sentence_words=count) == []


def test_two_topics_are_held_out() -> None:
    for seed in range(60):
        assert events.draw(Random(seed), held_out=True).topic in topics.HELD_OUT_TOPICS
        assert events.draw(Random(seed), held_out=False).topic not in topics.HELD_OUT_TOPICS


def test_every_topic_is_told_in_every_language_within_the_rules() -> None:
    for topic in topics.TOPICS:
        for place in events.PLACES.split("|"):
            event = events.Event(topic, "Clara Peixoto", place, 340, 1950)
            for language in ("pt", "es", "en"):
                title, text = event.title(language), ". ".join(event.clauses(language))
                asked = constraints.constraint("language", language=language)
                assert constraints.padding(title, language) == ""
                assert constraints.fault(asked, text) == "", text
                facts: list[Any] = [event.person, place, "340", "1950"]
                assert constraints.fault(constraints.constraint("required", phrases=facts, once=True), text) == ""


def test_problems_differ() -> None:
    for level in (1, 5):
        prompts = {prompt(problem) for problem in drawn(level, count=60)}
        assert len(prompts) == 60
