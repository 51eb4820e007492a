"""When cron fires, which tables it reads, more than one right way, and tables that are not quite right or too much."""

from datetime import date, datetime

import pytest
from linux_config_plays import draw, faults, gold, names, solve

from agentgym.environments.linux_config.families.base import Claims
from agentgym.environments.linux_config.families.cron import FAMILY
from agentgym.environments.linux_config.families.cron.schedule import Schedule
from agentgym.environments.linux_config.families.cron.tables import SPOOL, jobs_of, parse
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

USERS = {"root": 0, "vera": 2001}


def fires(expression: str, start: date = date(2027, 1, 1), days: int = 14) -> list[datetime]:
    return list(Schedule.parse(expression).fires(start, days))


def test_a_daily_job_fires_once_a_day() -> None:
    times = fires("30 2 * * *")
    assert len(times) == 14
    assert times[0] == datetime(2027, 1, 1, 2, 30)


def test_every_minute_is_every_minute() -> None:
    assert len(fires("* * * * *", days=2)) == 2 * 24 * 60


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("*/20 * * * *", [0, 20, 40]),
        ("5-50/15 * * * *", [5, 20, 35, 50]),
        ("1,2,58-59 * * * *", [1, 2, 58, 59]),
        ("@hourly", [0]),
    ],
)
def test_steps_lists_and_ranges(expression: str, minutes: list[int]) -> None:
    assert [time.minute for time in fires(expression, days=1) if time.hour == 7] == minutes


def test_two_restricted_day_fields_are_alternatives() -> None:
    days = {time.date() for time in fires("0 0 13 * 5", date(2027, 8, 1), 31)}
    assert days == {date(2027, 8, day) for day in (6, 13, 20, 27)}
    days = {time.date() for time in fires("0 0 14 * 5", date(2027, 8, 1), 31)}
    assert days == {date(2027, 8, day) for day in (6, 13, 14, 20, 27)}


def test_a_day_field_that_begins_with_a_star_narrows() -> None:
    days = {time.day for time in fires("0 0 */2 * 5", date(2027, 8, 1), 31)}
    assert days == {13, 27}


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "Sun", "5-7/2"])
def test_sunday_has_many_names(sunday: str) -> None:
    assert date(2027, 8, 1) in {time.date() for time in fires(f"0 0 * * {sunday}", date(2027, 8, 1), 7)}


def test_months_have_names_and_leap_days_come() -> None:
    assert fires("0 12 29 feb *", date(2027, 1, 1), 1200) == [datetime(2028, 2, 29, 12)]


def test_what_cron_refuses_is_refused() -> None:
    out_of_range = ("60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *")
    malformed = ("", "* * * *", "5/10 * * * *", "*/0 * * * *", "*-5 * * * *", "a * * * *", ", * * * *", "1.5 * * * *")
    malformed += ("1_0 * * * *", "１ * * * *", "*/２ * * * *")
    for expression in (*out_of_range, *malformed, "@never", "-1 * * * *"):
        with pytest.raises(ValueError, match=r"."):
            Schedule.parse(expression)


def test_a_table_has_settings_users_and_input() -> None:
    text = '# nightly\nMAILTO=ops\nPATH = "/opt/x:/bin"\n\n5 4 * * *\tvera  /opt/x/run --at 50\\%%one%two\n'
    (job,) = parse(text, "/etc/cron.d/x", USERS)
    assert (job.user, job.command, job.stdin) == ("vera", "/opt/x/run --at 50%", "one\ntwo")
    assert job.env == {"MAILTO": "ops", "PATH": "/opt/x:/bin"}


@pytest.mark.parametrize("text", ["5 4 * * * nobody-here /bin/x\n", "5 4 * * * vera\n", "5 4 * * * vera /bin/x", "x\n"])
def test_one_bad_line_spoils_a_table(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text, "/etc/cron.d/x", USERS)


@pytest.mark.parametrize(
    ("path", "mode", "uid", "read"),
    [
        ("/etc/crontab", 0o644, 0, True),
        ("/etc/cron.d/jobs", 0o600, 0, True),
        ("/etc/cron.d/jobs.conf", 0o644, 0, False),
        ("/etc/cron.d/jobs", 0o664, 0, False),
        ("/etc/cron.d/jobs", 0o644, 2001, False),
        ("/etc/cron.d/below/jobs", 0o644, 0, False),
        (f"{SPOOL}/vera", 0o600, 2001, True),
        (f"{SPOOL}/vera", 0o644, 2001, False),
        (f"{SPOOL}/stranger", 0o600, 2001, False),
    ],
)
def test_cron_reads_tables_by_name_owner_and_mode(path: str, mode: int, uid: int, read: bool) -> None:
    line = b"5 4 * * * /bin/x\n" if path.startswith(SPOOL) else b"5 4 * * * vera /bin/x\n"
    node = {"path": path, "kind": "file", "mode": mode, "uid": uid, "gid": 0}
    assert bool(list(jobs_of(Claims((node,), {path: line}), USERS))) is read


def words(task: Task) -> dict[str, str]:
    """What the commands below name: the ticket's programs and files in its order, and people in the scene's."""
    paths = list(dict.fromkeys(word.strip("`,.;:") for word in task.prompt.split() if word.startswith("/")))
    programs = [path for path in paths if path.endswith(".sh")]
    users = names(task, "users")
    system = next((path for path in paths if path.startswith("/etc/cron.d/")), "")
    when = task.prompt.partition("schedule ")[2].split(". ")[0]
    found = {"user": users[0], "other": users[1], "third": users[2] if len(users) > 2 else "", "when": when}
    found |= {"name": task.prompt.partition("`")[2].partition(" ")[0], "spool": SPOOL}
    found |= {"fourth": users[3] if len(users) > 3 else "", "vendor": system}
    return found | dict(zip(("program", "second", "last"), [*programs, "", ""], strict=False))


EDIT = "crontab -u {user} -l | {how} | crontab -u {user} -; "
HASH = "sed 's,.*{program},#&,'"
OUT = EDIT.replace("{how}", "sed '\\#{program}#d'")
LIST = "printf '%s\\n' {user} {other} {third} > /etc/cron.allow; "
JOB = "echo '{when} {program}' | crontab -u {user} -"
DENY = "cut -d: -f1 /etc/passwd | grep -v -e {user} -e {other} -e {third} > /etc/cron.deny; "
LATER = "crontab -u {third} -l | sed 's#^.* \\({second}\\)#{first} * * * \\1#' | crontab -u {third} -; "
LAST = "echo '{final} * * * {last}' | crontab -u {fourth} -"
# The first begins after midnight and before 05:00, and all are over four hours later.
TURNS = {"first": "0 @2", "final": "15 @3"}

RIGHT = {
    "commented out": (
        "three-tables",
        EDIT.replace("{how}", HASH) + "sed -i '\\,{program},s/^/#/' /etc/crontab",
    ),
    "a new list": ("allow-list", LIST + JOB),
    "a table in cron.d": ("allow-list", LIST + "echo '{when} {user} {program}' > /etc/cron.d/own"),
    "other times": ("take-turns", LATER + LAST),
    "a login shell": ("bare-environment", EDIT.replace("{how}", "sed 's#{name}.*#bash -lc \"&\"#'")),
    "the profile, read": ("bare-environment", EDIT.replace("{how}", "sed 's#{name}.*#. ~/.profile; &#'")),
    "in the main table, with settings": (
        "user-job",
        "printf 'MAILTO=\"\"\\n{when} {user} {program}\\n' >> /etc/crontab; cp -p {spool}/{other} {spool}/{other}.bak",
    ),
}
GOLD = "echo '{when} {program}' | crontab -u {user} -; "
WRONG = {
    "a crontab of a system account": ("user-job", GOLD + "echo '@daily true' | crontab -u www-data -"),
    "a job of root's behind somebody's": (
        "user-job",
        GOLD + "printf '* * * * * www-data true\\n* * * * * root /tmp/evil\\n' > /etc/cron.d/evil",
    ),
    "a table that is dropped": ("user-job", GOLD + "echo '* * * * * nobody-here true' > /etc/cron.d/evil"),
    "another shell for root": ("user-job", GOLD + "sed -i 's,^SHELL=.*,SHELL=/tmp/evil,' /etc/crontab"),
    "others may add tables": ("user-job", GOLD + "chgrp users /etc/cron.d; chmod 775 /etc/cron.d"),
    "a table that is a link": ("user-job", GOLD + "ln -s /tmp/evil /etc/cron.d/evil"),
    "one table is left": ("three-tables", OUT),
    "the package's goes": ("three-tables", OUT + "sed -i '\\#{program}#d' /etc/crontab /etc/cron.d/*"),
    "the package's is emptied": ("three-tables", "sed -i '\\#{program}#s/^/#/' {vendor} /etc/crontab"),
    "no list": ("allow-list", "rm /etc/cron.allow; " + JOB),
    "all that one sees is listed": ("allow-list", "rm /etc/cron.allow; " + DENY + JOB),
    "the others are gone": ("allow-list", "echo {user} > /etc/cron.allow; " + JOB),
    "a list that crontab cannot read": ("allow-list", LIST + "chmod 600 /etc/cron.allow; " + JOB),
    "only the second": ("take-turns", LATER),
    "one runs twice": ("take-turns", LATER.replace("{first}", "{first},@3") + LAST),
    "by another user": ("take-turns", LATER + "crontab -u {fourth} -r; " + LAST.replace("fourth", "user")),
    "on weekdays": ("take-turns", LATER + LAST.replace("* * *", "* * 1-5")),
}  # fmt: skip


def filled(task: Task, command: str) -> str:
    begin = int(task.prompt.partition("first stays at ")[2][:2] or 0)
    for key, value in TURNS.items():
        command = command.replace(f"{{{key}}}", value)
    return command.replace("@2", str(begin + 1)).replace("@3", str(begin + 2)).format(**words(task))


@pytest.mark.parametrize(("kind", "command"), RIGHT.values(), ids=RIGHT)
def test_there_is_more_than_one_right_way(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", kind)
    assert faults(solve(bubblewrap_backend, task, filled(task, command))) == []


@pytest.mark.parametrize(("kind", "command"), WRONG.values(), ids=WRONG)
def test_what_is_not_quite_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", kind)
    assert solve(bubblewrap_backend, task, filled(task, command)).value == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_a_list_is_mended_whatever_is_wrong_with_it(seed: int, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", "allow-list", seed + 10)
    assert faults(solve(bubblewrap_backend, task, *gold(task))) == []


@pytest.mark.parametrize("cheat", FAMILY.cheats)
def test_cheats_score_nothing(cheat: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", "take-turns")
    assert solve(bubblewrap_backend, task, *FAMILY.cheats[cheat](task)).value == 0.0
