"""What an audit found, in the words that the terminal and the page share."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.audit.report import AuditReport, Finding, Outcome, TaskShare, Verdict
from agentgym.report import words
from agentgym.task import parse_task_id

# Told apart by sign as well as by colour.
SIGNS = {
    Outcome.PASSED: "✓",
    Outcome.WARNED: "!",
    Outcome.FAILED: "✗",
    Outcome.SKIPPED: "–",
    Outcome.LOST: "?",
}


# Without these a sound environment is not known to be one.
NEEDED = {"the_oracle_solves_what_is_played": "that its tasks can be solved", "tasks_differ": "that its tasks differ"}


def lead(report: AuditReport) -> str:
    """Return the verdict in a word or two; `sound` alone stands where all that it needs was judged."""
    if report.verdict is Verdict.SOUND and unjudged(report):
        return "sound, as far as it could be judged"
    return "not known" if report.verdict is Verdict.UNKNOWN else report.verdict.value


def unjudged(report: AuditReport) -> list[str]:
    """Return what could not be judged though a verdict needs it, each with its reason."""
    skipped = [finding for finding in report.of(Outcome.SKIPPED) if finding.name in NEEDED]
    return [f"{NEEDED[finding.name]} could not be judged: {finding.why}" for finding in skipped]


def verdict(report: AuditReport) -> str:
    """Return the verdict in a sentence."""
    failed, warned, lost = (report.of(outcome) for outcome in (Outcome.FAILED, Outcome.WARNED, Outcome.LOST))
    looks = f"; {len(warned)} to be looked at" if warned else ""
    if report.verdict is Verdict.FAULTY:
        names = ", ".join(f"`{finding.name}`" for finding in failed[:4]) + (", …" if len(failed) > 4 else "")
        return f"{len(failed)} of {len(report.findings)} checks fail: {names}{looks}."
    if report.verdict is Verdict.UNKNOWN:
        return f"No fault was found, but {len(lost)} of {len(report.findings)} checks could not be made{looks}."
    made = sum(finding.outcome is not Outcome.SKIPPED for finding in report.findings)
    return "; ".join([f"No fault was found by {made} checks{looks}", *unjudged(report)]) + "."


def hackability(report: AuditReport) -> str:
    """Return in a sentence on which share of tasks attacks get what they should not."""
    panel = report.panel
    if panel.gained is None or panel.solved is None or not panel.gained.tasks:
        return "No attack was played."
    attacks = len({each.attack for each in panel.played if not each.canary})
    chosen = "" if panel.whole else " (of chosen families alone)"
    gained, solved = share(panel.gained), share(panel.solved)
    told = f"{attacks} attacks{chosen} gain on {gained} tasks, and get the whole reward on {solved}."
    beside = len(panel.canaries)
    return f"{told} {beside} canar{'ies were' if beside > 1 else 'y was'} attacked beside." if beside else told


def share(found: TaskShare) -> str:
    """Return a share of tasks with its interval: `0 of 6 [0–39 %]`."""
    low, high = found.interval.low, found.interval.high
    return f"{found.hit} of {found.tasks} [{100 * low:.0f}–{100 * high:.0f} %]"


def short_task(task_id: str) -> str:
    """Return the split and the index of a task, `eval 3`; the id of one that has none."""
    parsed = parse_task_id(task_id)
    return f"{parsed[1].value} {parsed[2]}" if parsed else task_id


def split_rows(report: AuditReport) -> list[tuple[str, ...]]:
    """Return a row for each split: size, looked at, candidates, yield, time, canaries."""
    return [
        (
            split.split.value,
            f"{split.size:,}",
            f"{split.drawn:,}",
            words.NONE if split.candidates is None else f"{split.candidates:,}",
            words.percent(split.drawn / split.candidates if split.candidates else None),
            words.duration(split.seconds_each),
            words.share_of(split.canaries, split.drawn),
        )
        for split in report.splits
    ]


SPLIT_HEADINGS = ("split", "tasks", "looked at", "drawn", "yield", "time of one", "canaries")


def level_headings(report: AuditReport) -> tuple[str, ...]:
    """Return the headings of `level_rows`."""
    model = ("policy",) if report.difficulty.policy else ()
    return ("level", "looked at", "prompt", "files", "played", "turns", "calls", "oracle", "nothing", *model)


def level_rows(report: AuditReport) -> list[tuple[str, ...]]:
    """Return a row for each level; lengths are medians in characters, turns and calls those of the solution."""
    rows = []
    for level in report.difficulty.levels:
        model = (words.share_of(level.policy, level.policy_played),) if report.difficulty.policy else ()
        rows.append(
            (
                str(level.level),
                f"{level.drawn:,}",
                f"{level.prompt_chars:,}",
                f"{level.file_chars:,}",
                str(level.played),
                _number(level.oracle_turns),
                _number(level.oracle_calls),
                words.share_of(level.oracle, level.played) if level.played else words.NONE,
                words.NONE if level.noop is None else f"{level.noop:.2f}",
                *model,
            )
        )
    return rows


def numbers(finding: Finding) -> str:
    """Return what a check measured: `3 tasks, oracle reward 1.0`."""
    found = [(name.replace("_", " "), value) for name, value in finding.measured.items()]
    counts = [f"{value:,} {name}" for name, value in found if isinstance(value, int)]
    return ", ".join([*counts, *(f"{name} {value}" for name, value in found if isinstance(value, float | str))])


def duplicates(report: AuditReport) -> str:
    """Return in a sentence how many tasks are nearly the same."""
    found = report.duplicates
    small = f"; {found.too_small:,} are too small to compare" if found.too_small else ""
    pairs = "1 pair" if found.pairs_in_all == 1 else f"{found.pairs_in_all:,} pairs"
    told = f"{pairs} among {found.compared:,} tasks alike by {found.threshold:g} or more{small}"
    if not found.evaluated or found.evaluated == found.compared:
        return f"{told}."
    among = f"{found.evaluated_in_train:,} of {found.evaluated:,} demo and eval tasks"
    return f"{told}. {among} have a near-duplicate among the train tasks that were looked at."


def attack_families(report: AuditReport) -> Sequence[str]:
    """Return the families of the attacks that were played, the environment's own last."""
    return list(dict.fromkeys(each.family for each in report.panel.played))


def _number(value: float | None) -> str:
    return words.NONE if value is None else f"{value:.1f}"
