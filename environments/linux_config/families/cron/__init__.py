"""Cron's tables, judged by when each job would fire and by what it then does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, files_stay, goal, rule
from agentgym.environments.linux_config.families.cron import hard_tickets, tickets
from agentgym.environments.linux_config.families.cron.cheats import CHEATS
from agentgym.environments.linux_config.families.cron.schedule import Schedule
from agentgym.environments.linux_config.families.cron.tables import SPOOL, Job, TooMuch, broken, jobs_of, parse
from agentgym.reward import Component

MAX_JOBS = 24
WINDOW_DAYS = 14

Started = tuple[str, ...]


class Cron(Family):
    """/etc/crontab, /etc/cron.d and the users' own tables."""

    name = "cron"
    summary = "jobs, their times, and the tables that cron reads"
    judged_by = "all fire times over three fortnights, and running each job in cron's environment"
    cheats = CHEATS
    carries_links = True  # cron follows some, so that they are seen, and refused
    kinds = (
        Kind("user-job", 1, tickets.user_job, short=True),
        Kind("system-job", 1, tickets.system_job, short=True),
        Kind("second-job", 2, tickets.second_job),
        Kind("wrong-time", 2, tickets.wrong_time),
        Kind("remove-job", 2, tickets.remove_job),
        Kind("office-hours", 2, tickets.office_hours, held_out=True, short=True),
        Kind("table-not-read", 3, tickets.table_not_read, short=True),
        Kind("bare-environment", 3, tickets.bare_environment),
        Kind("percent-sign", 3, tickets.percent_sign),
        Kind("twice", 3, tickets.twice, held_out=True, short=True),
        Kind("three-tables", 4, hard_tickets.three_tables),
        Kind("allow-list", 4, hard_tickets.allow_list),
        Kind("take-turns", 5, hard_tickets.take_turns),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Add the jobs to run, those of root left out, and the users' tables for `crontab` to look at."""
        try:
            judged = _users_jobs(plan, claims)[:MAX_JOBS]
        except TooMuch:
            judged = []
        jobs = [{"user": job.user, "env": dict(job.env), "command": job.command, "stdin": job.stdin} for job in judged]
        own = {user: f"{SPOOL}/{user}" for user in plan["users"] if f"{SPOOL}/{user}" in claims.contents}
        return super().plan(plan, claims, token) | {"jobs": jobs, "tables": own}

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """Compare when each program is started, by whom and with what, over some fortnights."""
        try:
            jobs = _users_jobs(plan, claims)
        except TooMuch as error:
            return [rule("the size of the tables", False, str(error))]
        components = [
            _others_jobs(plan, claims, before),
            *_tables(plan, claims, before),
            rule("the number of jobs", len(jobs) <= MAX_JOBS, f"{len(jobs)} jobs of users, at most {MAX_JOBS} are run"),
            *(
                rule(f"crontab accepts the table of {user}", not said, said or "accepted")
                for user, said in seen["accepted"].items()
            ),
        ]
        started = _when_started(plan, jobs, seen["ran"], token)
        components += [_in_turn(plan, turn, started) for turn in plan["turns"]]
        for turn in plan["turns"]:
            started.pop((turn["user"], turn["program"]), None)
        for wanted in plan["wanted"]:
            key = (wanted["user"], wanted["program"], *wanted["arguments"])
            times = _times(plan, wanted["user"], Schedule.parse(wanted["when"]), wanted["when"])
            components.append(_fires(key, times, started.pop(key, Counter()), goal if wanted["goal"] else rule))
        others = ", ".join(" ".join(key) for key, times in started.items() if times)
        judge = goal if plan["removes"] else rule
        components.append(judge("nothing else is started", not others, others or "nothing else"))
        return [*components, *_who_may(plan, seen["may"]), *files_stay(plan["stays"], claims)]


def _users_jobs(plan: Mapping[str, Any], claims: Claims) -> list[Job]:
    """Return the jobs of the users whom the ticket has."""
    return [job for job in jobs_of(claims, plan["users"]) if job.user in plan["users"] and job.user != "root"]


def _others_jobs(plan: Mapping[str, Any], claims: Claims, before: Mapping[str, Any]) -> Component:
    """Jobs of root and of system accounts are never run: they must be the pristine box's, with their settings."""

    def counted(jobs: Iterable[Job]) -> Counter[tuple[str, ...]]:
        others = (job for job in jobs if job.user == "root" or job.user not in plan["users"])
        return Counter((job.table, job.line, *sorted(f"{key}={job.env[key]}" for key in job.env)) for job in others)

    pristine = counted(job for table, text in before["tables"].items() for job in parse(text, table))
    now = counted(jobs_of(claims, before["users"] | plan["users"]))
    changed = [": ".join(words) for words in (pristine - now) + (now - pristine)]
    evidence = "; ".join(changed)[:400] or "unchanged"
    return rule("jobs of root and of system accounts are as they were", not changed, evidence)


def _tables(plan: Mapping[str, Any], claims: Claims, before: Mapping[str, Any]) -> Iterator[Component]:
    """Tables are files that cron does not drop, in folders that have the owner and mode that they had."""
    wrong = [*broken(claims, before["users"] | plan["users"])]
    wrong += [f"{node['path']} is a link" for node in claims.nodes if node["kind"] == "link"]
    yield rule("cron can read its tables", not wrong, "; ".join(wrong)[:400] or "all of them")
    nodes = {node["path"]: [node[key] for key in ("mode", "uid", "gid")] for node in claims.nodes}
    changed = [path for path, had in before["folders"].items() if nodes.get(path) != had]
    yield rule("the folders keep owner and mode", not changed, ", ".join(changed) or "unchanged")


def _when_started(
    plan: Mapping[str, Any], jobs: list[Job], ran: list[list[str]], token: str
) -> dict[Started, Counter[datetime]]:
    """Return for each user, program and arguments how often it is started at which times."""
    started: dict[Started, Counter[datetime]] = defaultdict(Counter)
    for job, lines in zip(jobs, ran, strict=False):
        keys = [_started(job, line, token) for line in lines] or [(job.user, f"`{job.command}`")]
        for key in keys:
            started[key].update(_times(plan, job.user, job.schedule, job.line))
    return started


def _started(job: Job, line: str, token: str) -> Started:
    mark, _, rest = line.partition(" ")
    return (job.user, *rest.split("\x1f")) if mark == token else (job.user, f"`{job.command}`")


def _times(plan: Mapping[str, Any], user: str, schedule: Schedule | None, line: str) -> Counter[datetime]:
    if schedule is None:
        return Counter({datetime.min: 1})
    windows = [date.fromisoformat(start) for start in plan["windows"]]
    return Counter({time for start in windows for time in schedule.fires(start, WINDOW_DAYS)})


def _fires(
    key: Started, wanted: Counter[datetime], got: Counter[datetime], judge: Callable[..., Component]
) -> Component:
    missing, extra = wanted - got, got - wanted
    evidence = f"{wanted.total()} times wanted, {missing.total()} missing, {extra.total()} too many"
    examples = [f"{time:%a %Y-%m-%d %H:%M}" for time in [*sorted(missing)[:2], *sorted(extra)[:2]]]
    return judge(f"{' '.join(key)} runs when it should", not missing and not extra, evidence, examples=examples)


def _in_turn(
    plan: Mapping[str, Any], turn: Mapping[str, Any], started: Mapping[Started, Counter[datetime]]
) -> Component:
    """A program runs once a day, after the one before it has had its time, and has had its own in time."""
    before = turn["after"]
    first = _by_day(started.get((before["user"], before["program"]), Counter()))
    times = _by_day(started.get((turn["user"], turn["program"]), Counter()))
    wrong = []
    for day in _days(plan):
        free = max(first.get(day, [turn["end"]])) + before["minutes"]
        begins = times.get(day, [])
        if len(begins) != 1 or not free <= begins[0] <= turn["end"] - turn["minutes"]:
            clock = ", ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in begins)
            wrong.append(f"{day} at {clock or 'no time'}")
    evidence = f"{len(wrong)} of {len(_days(plan))} days are wrong{': ' * bool(wrong)}{'; '.join(wrong[:2])}"
    return goal(f"{turn['user']} {turn['program']} runs in its turn", not wrong, evidence)


def _by_day(times: Counter[datetime]) -> dict[date, list[int]]:
    """Return for each day the minutes after midnight at which something starts."""
    found: dict[date, list[int]] = defaultdict(list)
    for time in sorted(times.elements()):
        found[time.date()].append(time.hour * 60 + time.minute)
    return found


def _days(plan: Mapping[str, Any]) -> list[date]:
    starts = [date.fromisoformat(start) for start in plan["windows"]]
    return [start + timedelta(days=number) for start in starts for number in range(WINDOW_DAYS)]


def _who_may(plan: Mapping[str, Any], may: Mapping[str, bool]) -> Iterator[Component]:
    for user, expected in plan["may"].items():
        judge = goal if expected["goal"] else rule
        words = {True: "may", False: "may not", None: "cannot be asked whether it may"}
        name = f"{user} {words[expected['wanted']]} use crontab"
        yield judge(name, may[user] is expected["wanted"], f"{user} {words[may[user]]}")


FAMILY = Cron()
