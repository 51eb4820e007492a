"""Makes the frozen list of mutants: `python -m agentgym.environments.code_repair.gate`.

Every edit of every operator is tried in a box, many in one box, each in processes forked for it. Kept is what still
compiles, answers at least 5 % of random calls otherwise than the sound program, mostly not by crashing, and as no
other mutant of that line does. Then pairs of what was kept are tried. The sound programs themselves must be judged
right three times, each time in a fresh box. The same programs and operators give the same list.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from agentgym.environments.code_repair.checking import CPU_SECONDS_A_TEST, same
from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.bases import BASES
from agentgym.environments.code_repair.tasks.call import Answer
from agentgym.environments.code_repair.tasks.mutant import MUTANTS_FILE, Fault, Kind, Mutant, Symptom
from agentgym.environments.code_repair.tasks.operators import OPERATORS, find_operator
from agentgym.environments.code_repair.tasks.operators.source import Source
from agentgym.environments.code_repair.trial import CPU_SECONDS, UNANSWERED, Fuzz, Trial, alone, try_all
from agentgym.environments.code_repair.verify import in_words, judge
from agentgym.plugins import open_backend
from agentgym.sandbox import Sandbox
from agentgym.task import derive_seed

YIELD_FILE = MUTANTS_FILE.with_name("yield.json")
FUZZ_CALLS = 384
MIN_DIFFERS = 0.05
MAX_CRASHES = 0.5
MOST_PER_BASE_AND_OPERATOR = 2
PAIRS_TRIED = 48
MOST_PAIRS_KEPT = 5
MAX_MESSAGE_CHARS = 400
MAX_SYMPTOM_CHARS = 240
CRASHES = frozenset({"AttributeError", "NameError", "TypeError", "UnboundLocalError"})
VERDICTS = ("kept", "survived", "alike", "crashed", "hung", "duplicate")

FreshBox = Callable[[], Sandbox]


class Single(NamedTuple):
    """One mutant of one fault that was kept, with what it did."""

    mutant: Mutant
    trial: Trial


@dataclass
class Yield:
    """What became of everything that was tried of one program.

    Attributes:
        verdicts: of single faults, counted by operator and verdict.
        killed: how many of those a visible test notices.
        pairs: how many pairs were tried.
    """

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    killed: int = 0
    pairs: int = 0


class Gated(NamedTuple):
    """What the gate let through of one program, and the yield."""

    mutants: list[Mutant]
    tried: Yield


def main() -> int:
    """Write the list of mutants and the yield, and print the yield of each operator."""
    options = _options()
    bases = [base for base in BASES if not options.base or base.name in options.base]
    backend = open_backend(options.sandbox)
    started = time.monotonic()
    try:
        backend.preflight(CodeRepairEnv.sandbox_spec)
        fresh_box = partial(backend.acquire, CodeRepairEnv.sandbox_spec)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            results = list(threads.map(lambda base: gated(base, fresh_box), bases))
    finally:
        backend.close()
    seconds = time.monotonic() - started
    mutants = [mutant for result in results for mutant in result.mutants]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("".join(mutant.model_dump_json() + "\n" for mutant in mutants), encoding="utf-8")
    told = summary(dict(zip((base.name for base in bases), results, strict=True)), seconds)
    options.output.with_name("yield.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"kept {told['kept']} of {told['evaluated']} in {seconds:.0f} s: {told['per_second']} tasks a second")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", default="auto", help="the sandbox backend to try mutants in")
    parser.add_argument("--base", action="append", help="only this base program; may be given several times")
    parser.add_argument(
        "--output", type=Path, default=MUTANTS_FILE, help="where to write the list; yield.json goes beside it"
    )
    return parser.parse_args()


def gated(base: Base, fresh_box: FreshBox) -> Gated:
    """Return the mutants of one program that pass, single ones first."""
    check_sound(base, fresh_box)
    fuzz = Fuzz.of(base, FUZZ_CALLS)
    tried = Yield()
    singles = list(kept_singles(base, fuzz, fresh_box, tried))
    pairs = list(kept_pairs(base, fuzz, singles, fresh_box, tried))
    print(f"{base.name}: {len(singles)} with one fault, {len(pairs)} with two", file=sys.stderr, flush=True)
    return Gated([*(single.mutant for single in singles), *pairs], tried)


def check_sound(base: Base, fresh_box: FreshBox) -> None:
    """Make sure that the sound program is judged right, three times."""
    sound = {name: text.encode() for name, text in base.sources.items()}
    for _ in range(3):
        reward = judge(base, sound, fresh_box)
        if not reward.success:
            raise SystemExit(f"the sound {base.name} is judged wrong: {[c.evidence for c in reward.components]}")


# One fault --------------------------------------------------------------------------------------------------------


def candidates(base: Base) -> Iterator[Fault]:
    """Yield the edits to try: a fixed sample of at most two for each operator, without those made before."""
    seen = set(base.sources.values())
    for operator in OPERATORS:
        found = []
        for file, text in base.sources.items():
            source = Source(text)
            for edit in operator.edits(source):
                mutated = source.apply(edit)
                if mutated not in seen and compiles(mutated):
                    seen.add(mutated)
                    found.append(fault_between(text, mutated, operator.name, file))
        count = min(len(found), MOST_PER_BASE_AND_OPERATOR)
        chosen = random.Random(derive_seed("gate", base.name, operator.name)).sample(range(len(found)), count)
        yield from (found[position] for position in sorted(chosen))


def fault_between(sound: str, faulty: str, operator: str, file: str) -> Fault:
    """Return the lines in which two texts differ, as few as possible but at least one of each."""
    before, after = sound.splitlines(), faulty.splitlines()
    most = min(len(before), len(after)) - 1
    head = next((i for i in range(most) if before[i] != after[i]), most)
    tail = next((i for i in range(most - head) if before[-1 - i] != after[-1 - i]), most - head)
    lines = tuple(before[head : len(before) - tail]), tuple(after[head : len(after) - tail])
    return Fault(operator=operator, file=file, line=head + 1, before=lines[0], after=lines[1])


def compiles(text: str) -> bool:
    """Tell whether text is a Python module."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def kept_singles(base: Base, fuzz: Fuzz, fresh_box: FreshBox, tried: Yield) -> Iterator[Single]:
    """Yield the single faults that are fit to be served; counts the verdicts on all."""
    faults = list(candidates(base))
    trials = try_all(base, [(fault,) for fault in faults], fuzz, fresh_box)
    seen: set[tuple[str, int, str]] = set()
    fit = []
    for fault, trial in zip(faults, trials, strict=True):
        verdict = verdict_on(fault, trial, fuzz)
        place = (fault.file, fault.line, json.dumps(trial.answers, sort_keys=True))
        if verdict in ("kept", "survived") and place in seen:
            verdict = "duplicate"
        seen.add(place)
        tried.verdicts[fault.operator, verdict] += 1
        tried.killed += bool(trial.failing)
        if verdict in ("kept", "survived"):
            fit.append((fault, trial))
    told = [((fault,), fuzz.calls[telling(trial, fuzz)]) for fault, trial in fit]
    for (fault, trial), answer in zip(fit, alone(base, told, fresh_box), strict=True):
        # What a call answers after others, a report cannot say of the call alone.
        shows = same(answer, trial.answers[telling(trial, fuzz)])
        shown = trial if shows else trial._replace(stateful=True)
        yield Single(mutant_of(base, (fault,), Kind.SINGLE, shown, fuzz), shown)


def verdict_on(fault: Fault, trial: Trial, fuzz: Fuzz) -> str:
    """Return one word on a single fault; only what is `kept` or `survived` may be served."""
    wrong = trial.wrong(fuzz)
    if len(wrong) < MIN_DIFFERS * len(fuzz.calls):
        return "alike"
    if trial.hung and not find_operator(fault.operator).hangs:
        return "hung"
    if sum(crashed(trial.answers[i]) for i in wrong) > MAX_CRASHES * len(wrong):
        return "crashed"
    return "kept" if trial.failing else "survived"


def crashed(answer: Answer) -> bool:
    """Tell whether an answer shows at once where the fault is: a wrong type or name, or no plain data at all."""
    return answer.get("raised") in CRASHES or "unusable" in answer


# Two faults -------------------------------------------------------------------------------------------------------


def kept_pairs(
    base: Base, fuzz: Fuzz, singles: Sequence[Single], fresh_box: FreshBox, tried: Yield
) -> Iterator[Mutant]:
    """Yield pairs of faults that interact or mask one another, at most five of each."""
    chosen = pairs_to_try(base, singles)
    tried.pairs += len(chosen)
    both = [(first.mutant.faults[0], second.mutant.faults[0]) for first, second in chosen]
    trials = try_all(base, both, fuzz, fresh_box)
    kept: Counter[Kind] = Counter()
    for pair, trial in zip(chosen, trials, strict=True):
        if trial.hung or len(trial.wrong(fuzz)) < MIN_DIFFERS * len(fuzz.calls) or not trial.failing:
            continue
        kind, shown = relation(pair, trial, fuzz)
        if kind is not None and kept[kind] < MOST_PAIRS_KEPT:
            kept[kind] += 1
            faults = tuple(single.mutant.faults[0] for single in shown)
            yield mutant_of(base, faults, kind, trial, fuzz)


def pairs_to_try(base: Base, singles: Sequence[Single]) -> list[tuple[Single, Single]]:
    """Return a fixed sample of pairs of faults that tests notice, apart from one another and of one split."""
    fit = [single for single in singles if single.trial.failing and not single.mutant.hangs]
    pairs = [pair for pair in combinations(fit, 2) if apart(*(single.mutant.faults[0] for single in pair))]
    pairs = [(one, other) for one, other in pairs if one.mutant.split == other.mutant.split]
    return random.Random(derive_seed("gate", base.name, "pairs")).sample(pairs, min(len(pairs), PAIRS_TRIED))


def apart(one: Fault, other: Fault) -> bool:
    """Tell whether two faults leave a sound line between them."""
    first, second = sorted((one, other), key=lambda fault: fault.line)
    return first.file != second.file or first.line + len(first.before) < second.line


def relation(pair: tuple[Single, Single], trial: Trial, fuzz: Fuzz) -> tuple[Kind | None, tuple[Single, ...]]:
    """Return how the faults of a pair stand to each other, and the pair in the order in which they show."""
    for first, second in (pair, pair[::-1]):
        said, alone, behind = trial.said, first.trial.said, second.trial.said
        only_first = all(alone.get(name) == message for name, message in said.items())
        if only_first and any(name in behind and behind[name] != message for name, message in said.items()):
            return Kind.MASKING, (first, second)
    new = [i for i in trial.wrong(fuzz) if not any(same(trial.answers[i], single.trial.answers[i]) for single in pair)]
    return (Kind.INTERACTING, pair) if len(new) >= MIN_DIFFERS * len(fuzz.calls) else (None, pair)


# What is kept -----------------------------------------------------------------------------------------------------


def mutant_of(base: Base, faults: tuple[Fault, ...], kind: Kind, trial: Trial, fuzz: Fuzz) -> Mutant:
    """Return the record of what was kept."""
    return Mutant(
        base=base.name,
        kind=kind,
        faults=faults,
        failing=trial.failing,
        message=shortened(trial.said[trial.failing[0]]) if trial.failing else "",
        symptom=symptom_of(trial, fuzz),
        differs=round(len(trial.wrong(fuzz)) / len(fuzz.calls), 3),
        hangs=trial.hung,
        stateful=trial.stateful,
    )


def symptom_of(trial: Trial, fuzz: Fuzz) -> Symptom:
    """Return the most telling of the calls that are answered wrongly, in words."""
    return _symptom(telling(trial, fuzz), trial, fuzz)


def telling(trial: Trial, fuzz: Fuzz) -> int:
    """Return the number of the call that shows the fault in the fewest words."""
    answered = (i for i in trial.wrong(fuzz) if trial.answers[i] != UNANSWERED)
    return min(answered, key=lambda i: (sum(map(len, vars(_symptom(i, trial, fuzz)).values())), str(fuzz.calls[i])))


def _symptom(number: int, trial: Trial, fuzz: Fuzz) -> Symptom:
    expected = in_words(fuzz.expected[number]).replace("gave ", "give ", 1).replace("raised ", "raise ", 1)
    return Symptom(call=str(fuzz.calls[number]), got=in_words(trial.answers[number]), expected=expected)


def shortened(message: str) -> str:
    """Return a test's message without pytest's advice, cut to what fits into a bug report."""
    told = message.replace(f"within {CPU_SECONDS:g} s", f"within {CPU_SECONDS_A_TEST:g} s")
    lines = [line for line in told.splitlines() if line.strip() and not line.strip().startswith("Use -v")]
    return "\n".join(lines)[:MAX_MESSAGE_CHARS]


def summary(results: dict[str, Gated], seconds: float) -> dict[str, Any]:
    """Return the yield by operator, level and program."""
    verdicts: Counter[tuple[str, str]] = Counter()
    for result in results.values():
        verdicts += result.tried.verdicts
    singles, pairs = verdicts.total(), sum(result.tried.pairs for result in results.values())
    served = Counter(level for result in results.values() for mutant in result.mutants for level in mutant.levels)
    kept = sum(len(result.mutants) for result in results.values())
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "seconds": round(seconds, 1),
        "evaluated": singles + pairs,
        "kept": kept,
        "per_second": round(served.total() / seconds, 1),
        "operators": {
            operator.name: {verdict: verdicts[operator.name, verdict] for verdict in VERDICTS} for operator in OPERATORS
        },
        "levels": {
            str(level): {"tried": pairs if level in (3, 6) else singles, "kept": served[level]} for level in range(1, 7)
        },
        "programs": {
            name: {
                "tried": result.tried.verdicts.total(),
                "kept": sum(mutant.kind is Kind.SINGLE for mutant in result.mutants),
                "killed": result.tried.killed,
            }
            for name, result in results.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
