"""Tickets about jobs: new ones, wrong ones, and ones that never run."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.cron.scene import Scene

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def user_job(rng: random.Random) -> Draft:
    """A first job in a user's crontab."""
    scene = Scene(rng)
    when, program = scene.daily(), scene.programs[0]
    scene.wants(scene.user, when, program, goal=True)
    prompt = f"User {scene.user} has no crontab yet and needs one with a single job: {program} on the schedule {when}."
    return scene.draft(prompt, f"echo '{when} {program}' | crontab -u {scene.user} -")


def system_job(rng: random.Random) -> Draft:
    """A file in /etc/cron.d with one job."""
    scene = Scene(rng)
    when, program = scene.daily(), scene.programs[0]
    scene.wants(scene.user, when, program, goal=True)
    prompt = (
        f"Make the file /etc/cron.d/{scene.service} with a single job that runs {program} as user {scene.user} on the "
        f"schedule {when}."
    )
    return scene.draft(prompt, f"echo '{when} {scene.user} {program}' > /etc/cron.d/{scene.service}")


def second_job(rng: random.Random) -> Draft:
    """One job more in a crontab that has some, its time in words."""
    scene = Scene(rng)
    first, program = scene.programs[:2]
    old = scene.daily()
    scene.table(scene.user, f"{old} {first}")
    scene.wants(scene.user, old, first)
    minute, hour = rng.randrange(60), rng.randrange(24)
    words, day, month_day = _some_days(rng)
    when = f"{minute} {hour} {month_day} * {day}"
    scene.wants(scene.user, when, program, goal=True)
    prompt = f"Add a job to the crontab of {scene.user}: {program} must run {words} at {hour:02}:{minute:02}."
    add = f"(crontab -u {scene.user} -l; echo '{when} {program}') | crontab -u {scene.user} -"
    return scene.draft(prompt, add)


def wrong_time(rng: random.Random) -> Draft:
    """A job that runs at the wrong times."""
    scene = Scene(rng)
    first, program = scene.programs[:2]
    old = scene.daily()
    step = rng.choice((5, 10, 15, 20))
    scene.table(scene.user, f"{old} {first}", f"{step} * * * * {program}")
    scene.wants(scene.user, old, first)
    scene.wants(scene.user, f"*/{step} * * * *", program, goal=True)
    prompt = (
        f"{program} is in the crontab of {scene.user} and should run every {step} minutes, all day, beginning at the "
        "full "
        f"hour. In fact it runs once an hour, at minute {step}."
    )
    mend = f"crontab -u {scene.user} -l | sed 's#^{step} \\(.*{program}\\)#*/{step} \\1#' | crontab -u {scene.user} -"
    return scene.draft(prompt, mend)


def remove_job(rng: random.Random) -> Draft:
    """One job of several must go."""
    scene = Scene(rng)
    lines = [f"{scene.daily()} {program}" for program in scene.programs[:3]]
    gone = rng.randrange(3)
    scene.table(scene.user, *lines)
    for number, program in enumerate(scene.programs[:3]):
        if number != gone:
            scene.wants(scene.user, " ".join(lines[number].split()[:5]), program)
    program = scene.programs[gone]
    prompt = f"{program} is retired: take its job out of the crontab of {scene.user}."
    return scene.draft(
        prompt, f"crontab -u {scene.user} -l | grep -v {program} | crontab -u {scene.user} -", removes=True
    )


def office_hours(rng: random.Random) -> Draft:
    """A schedule with steps, hours and days of the week."""
    scene = Scene(rng)
    program = scene.programs[0]
    step, begin, end = rng.choice((10, 15, 20, 30)), rng.randrange(6, 10), rng.randrange(15, 20)
    scene.wants(scene.user, f"*/{step} {begin}-{end} * * 1-5", program, goal=True)
    prompt = (
        f"{scene.user} has no crontab yet. {program} must run from Monday to Friday every {step} minutes, first at "
        f"{begin:02}:00 and last at {end:02}:{60 - step:02}."
    )
    gold = f"echo '*/{step} {begin}-{end} * * 1-5 {program}' | crontab -u {scene.user} -"
    return scene.draft(prompt, gold)


def table_not_read(rng: random.Random) -> Draft:
    """A system table that cron ignores, for its name or its mode."""
    scene = Scene(rng)
    when, program = scene.daily(), scene.programs[0]
    line = f"{when} {scene.user} {program}"
    if rng.random() < 0.5:
        path = scene.system_table(f"{scene.service}.{rng.choice(('cron', 'job', 'conf'))}", line)
        gold = f"mv {path} /etc/cron.d/{scene.service}"
    else:
        path = scene.system_table(scene.service, line, mode=rng.choice((0o664, 0o666, 0o646)))
        gold = f"chmod 644 {path}"
    scene.wants(scene.user, when, program, goal=True)
    prompt = (
        f"{path} should run {program} as {scene.user} on the schedule {when}, but the job has never run. The line "
        "itself "
        "is right. Find out why cron ignores it, and see to it that the job runs."
    )
    return scene.draft(prompt, gold)


def bare_environment(rng: random.Random) -> Draft:
    """A job that works at the prompt and is not found by cron."""
    scene = Scene(rng)
    first, program = scene.programs[:2]
    old, when = scene.daily(), scene.daily()
    name = program.rpartition("/")[2]
    word = rng.choice(("full", "fast", "quiet", "weekly", "nightly"))
    scene.table(scene.user, f"{old} {first}", f"{when} {name} --{word}")
    profile = f"/home/{scene.user}/.profile"
    scene.state.file(profile, f'PATH="/opt/{scene.service}:$PATH"\n', owner=scene.user, group=scene.user)
    scene.wants(scene.user, old, first)
    scene.wants(scene.user, when, program, f"--{word}", goal=True)
    prompt = (
        f"In the crontab of {scene.user} the job `{name} --{word}` fails with `{name}: not found`. At {scene.user}'s "
        "own "
        f"prompt it works, since the profile puts /opt/{scene.service} into PATH. Make the job work at the same times."
    )
    gold = f"crontab -u {scene.user} -l | sed 's# {name}# {program}#' | crontab -u {scene.user} -"
    return scene.draft(prompt, gold)


def percent_sign(rng: random.Random) -> Draft:
    """An argument that cron cuts off."""
    scene = Scene(rng)
    program = scene.programs[0]
    when, share = scene.daily(), rng.randrange(10, 100)
    scene.table(scene.user, f"{when} {program} --limit {share}% --keep")
    scene.wants(scene.user, when, program, "--limit", f"{share}%", "--keep", goal=True)
    prompt = (
        f"The crontab of {scene.user} starts `{program} --limit {share}% --keep`, but the program is only given "
        f"`--limit {share}`. It must get all of its arguments, at the same times."
    )
    gold = f"crontab -u {scene.user} -l | sed 's/{share}%/{share}\\\\%/' | crontab -u {scene.user} -"
    return scene.draft(prompt, gold)


def twice(rng: random.Random) -> Draft:
    """The same job in two tables."""
    scene = Scene(rng)
    program, second = scene.programs[:2]
    when, early = scene.daily(), scene.daily()
    scene.table(scene.user, f"{when} {program}")
    scene.system_table(scene.service, f"{early} {scene.user} {program}", f"{early} {scene.user} {second}")
    scene.wants(scene.user, when, program, goal=True)
    scene.wants(scene.user, early, second)
    prompt = (
        f"{program} runs twice a day as {scene.user}, since two tables start it. The one in {scene.user}'s own "
        "crontab is "
        "right; take the other one out."
    )
    return scene.draft(prompt, f"sed -i '\\#{program}#d' /etc/cron.d/{scene.service}")


def _some_days(rng: random.Random) -> tuple[str, str, str]:
    """Return some days in words, as a weekday field and as a day-of-month field."""
    if rng.random() < 0.5:
        number = rng.randrange(7)
        return f"every {WEEKDAYS[number]}", str(number), "*"
    day = rng.randrange(2, 29)
    return f"on day {day} of every month", "*", str(day)
