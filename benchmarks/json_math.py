"""JSON mathematics: who scores what, how fast answers are judged, and which verdicts are wrong, beside a first draft's.

    python benchmarks/json_math.py [--only NAME ...] [--pairs N] [--draft PYTHON] [--json FILE]

`scores`: the solution, doing nothing and every cheat on each eval task. `speed`: answers judged per second on one core,
right and wrong ones by turns. `verdicts`: right answers in other writings and near misses, made by json-math's
`variants`, judged by json-math and by `first_draft.py`; --draft names a Python that has `math-verify`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

from common import OUT, machine, say, summarise, text_table, write_json
from first_draft import MATHEMATICS, NO_WAY
from judges import Judge

from agentgym.checks.tasks import TaskReport, check_task
from agentgym.environments.gauntlet import proof
from agentgym.environments.gauntlet.env import GauntletEnv
from agentgym.environments.json_math.cheats import gold_text
from agentgym.environments.json_math.checks import CHECKS, Check, Finding
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.json_math.families import FAMILIES, LEVELS
from agentgym.environments.json_math.variants import Variant, right, wrong
from agentgym.environments.json_math.verify import verify
from agentgym.task import Split, Task, derive_seed

LIMIT_S = 10.0
GAUNTLETS = 200
SHOWN = 5
# Draws from each family for each pair that is wanted of a kind.
DRAWS = 8


class Pair(NamedTuple):
    """An answer to a task, and what a verdict on it should be."""

    task: Task
    answer: Variant
    is_right: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument("--pairs", type=int, default=1_000, help="right and wrong answers of each kind (default 1000)")
    parser.add_argument("--draft", default=sys.executable, metavar="PYTHON", help="a Python that has math-verify")
    parser.add_argument("--json", type=Path, default=OUT / "json_math.json", help="where the numbers go")
    options = parser.parse_args()
    say("drawing the eval tasks")
    tasks = [task for task in JsonMathEnv.tasks(Split.EVAL) if not task.canary]
    report: dict[str, Any] = {"machine": machine(), "tasks": len(tasks)}
    for part in options.only:
        report[part] = PARTS[part](tasks, options)
    write_json(options.json, report)
    return int(any(part["faults"] for part in (report.get("scores"), report.get("verdicts")) if part))


def scores(tasks: Sequence[Task], options: argparse.Namespace) -> dict[str, Any]:
    """Put the eval split through the gate and print what came of it, by family and by level."""
    reports: dict[str, list[TaskReport]] = defaultdict(list)
    env = JsonMathEnv(scratchpad=False)
    for task in tasks:
        report = check_task(env, task, lambda line: None)
        reports[task.family].append(report)
        reports[f"level {task.level}"].append(report)
    env.close()
    names = [*FAMILIES, *(f"level {level}" for level in range(1, LEVELS + 1))]
    found = {name: score_summary(reports[name]) for name in names}
    faults = [f"{r.task_id}: {fault}" for family in FAMILIES for r in reports[family] for fault in r.faults]
    print_table("family or level", found)
    print("\n".join(faults) or "no fault", end="\n\n", flush=True)
    return {"by": found, "faults": faults}


def score_summary(reports: Sequence[TaskReport]) -> dict[str, Any]:
    """Return the mean scores of some tasks, and how many episodes of cheats those are of."""
    gold = [score for report in reports for score in report.gold]
    cheats = [score for report in reports for score in report.cheats.values()]
    return {
        "tasks": len(reports),
        "oracle": mean(gold),
        "noop": mean([report.noop for report in reports]),
        "cheats": mean(cheats),
        "cheat episodes": len(cheats),
    }


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean; None where a score is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if values and len(known) == len(values) else None


def speed(tasks: Sequence[Task], options: argparse.Namespace) -> dict[str, Any]:
    """Time verdicts by family, on one core, and print them."""
    found = {}
    for family in FAMILIES:
        say(f"timing {family}")
        pairs = islice(pairs_of(tasks, family), options.pairs)
        found[family] = timed([(task, answer.text.encode("utf-8", "surrogatepass")) for task, answer, _ in pairs])
    say("timing the whole gauntlet without its C++ program")
    found["gauntlet, no C++"] = timed_gauntlet()
    print_table("family", found)
    return found


def timed_gauntlet() -> dict[str, Any]:
    """Return how long the whole of `gauntlet-v1` takes to judge, all of it right, but for the C++ program."""
    task = GauntletEnv.tasks(Split.EVAL)[-1]
    checks = {**CHECKS, "proof": proof.judge, "cpp": lambda value, check: iter([Finding("")])}
    return timed([(task, gold_text(task).encode())] * GAUNTLETS, checks)


def timed(answers: Sequence[tuple[Task, bytes]], checks: Mapping[str, Check] = CHECKS) -> dict[str, Any]:
    """Return how long verdicts take, once the tasks have been judged before."""
    for task in {task.id: task for task, _ in answers}.values():
        verify(task, gold_text(task).encode(), checks)
    seconds = []
    began = time.process_time()
    for task, answer in answers:
        started = time.perf_counter()
        verify(task, answer, checks)
        seconds.append(time.perf_counter() - started)
    took = time.process_time() - began
    times = summarise(seconds)
    return {"answers/s": round(len(answers) / took), "p50 ms": times["p50"], "p95 ms": times["p95"]}


def verdicts(tasks: Sequence[Task], options: argparse.Namespace) -> dict[str, Any]:
    """Have right and wrong answers judged by both, and print how many verdicts of each kind are wrong."""
    pairs = collected(tasks, options.pairs)
    found: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    examples: dict[str, list[str]] = defaultdict(list)
    with Judge(options.draft, limit_s=LIMIT_S) as judge:
        for kind, its in sorted(pairs.items()):
            say(f"judging {len(its)} answers: {kind}")
            ours = [verify(task, a.text.encode("utf-8", "surrogatepass")).success for task, a, _ in its]
            faults += [f"{p.task.id}: {p.answer}" for p, ok in zip(its, ours, strict=True) if ok is not p.is_right]
            able = kind not in NO_WAY and (judge.math or kind not in MATHEMATICS)
            theirs = [judge.accepts(request(pair)) if able else None for pair in its]
            found[kind] = kind_summary(its, ours, theirs, judged=able)
            examples[kind] = wrong_verdicts(its, theirs)
    found["all"] = {name: total(name, found) for name in next(iter(found.values()))}
    print_table("kind of part", found)
    print("" if judge.math else "math-verify is not installed: --draft names a Python that has it")
    print("\n".join(faults) or "no false verdict of ours", end="\n\n", flush=True)
    return {"by": found, "faults": faults, "draft's": examples, "math-verify": judge.math}


def total(name: str, found: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(kind[name] for kind in found.values() if kind[name] is not None)


def collected(tasks: Sequence[Task], count: int) -> dict[str, list[Pair]]:
    """Draw answers from all families until each kind of part has `count` right and `count` wrong ones, if it can."""
    pairs: dict[str, list[Pair]] = defaultdict(list)
    taken: Counter[tuple[str, bool]] = Counter()
    streams = [pairs_of(tasks, family) for family in FAMILIES]
    for stream in islice(cycle(streams), DRAWS * len(streams) * count):
        pair = next(stream)
        if taken[pair.answer.kind, pair.is_right] < count:
            taken[pair.answer.kind, pair.is_right] += 1
            pairs[pair.answer.kind].append(pair)
    return pairs


def pairs_of(tasks: Sequence[Task], family: str) -> Iterator[Pair]:
    """Yield right and wrong answers to a family's tasks by turns, without end."""
    rng = random.Random(derive_seed("benchmark", family))
    for task in cycle([task for task in tasks if task.family == family]):
        yield Pair(task, right(task, rng), True)
        yield Pair(task, wrong(task, rng), False)


def request(pair: Pair) -> dict[str, Any]:
    """Return what the first draft is told of an answer."""
    return {"text": pair.answer.text, **{key: pair.task.secret[key] for key in ("schema", "gold", "checks")}}


def kind_summary(
    pairs: Sequence[Pair], ours: Sequence[bool], theirs: Sequence[bool | None], *, judged: bool
) -> dict[str, Any]:
    """Count false accepts and false rejects; a verdict that did not come in time is neither."""

    def count(verdicts: Sequence[bool | None], *, is_right: bool) -> int:
        its = [ok for pair, ok in zip(pairs, verdicts, strict=True) if pair.is_right is is_right]
        return its.count(not is_right)

    rights = sum(pair.is_right for pair in pairs)
    return {
        "right": rights,
        "wrong": len(pairs) - rights,
        "FA ours": count(ours, is_right=False),
        "FR ours": count(ours, is_right=True),
        "FA draft": count(theirs, is_right=False) if judged else None,
        "FR draft": count(theirs, is_right=True) if judged else None,
        "no verdict": theirs.count(None) if judged else None,
    }


def wrong_verdicts(pairs: Sequence[Pair], verdicts: Sequence[bool | None]) -> list[str]:
    """Return what was done to gold where the verdict was wrong, most frequent first, with how often."""
    missed = [
        f"{'rejects' if pair.is_right else 'accepts'}: {pair.answer.how}"
        for pair, ok in zip(pairs, verdicts, strict=True)
        if ok is not None and ok is not pair.is_right
    ]
    return [f"{how} ({count})" for how, count in Counter(missed).most_common(SHOWN)]


def print_table(name: str, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print one row for each name."""
    columns = list(next(iter(found.values())))
    rows = [[name, *columns], *([key, *(cell(row[column]) for column in columns)] for key, row in found.items())]
    print(text_table(rows), end="\n\n", flush=True)


def cell(value: Any) -> str:
    """Return a cell; a dash where nothing was measured."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


PARTS: Mapping[str, Callable[[Sequence[Task], argparse.Namespace], dict[str, Any]]] = {
    "scores": scores,
    "speed": speed,
    "verdicts": verdicts,
}

if __name__ == "__main__":
    raise SystemExit(main())
