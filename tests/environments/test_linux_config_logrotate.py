"""Logrotate: more than one right way, and configurations that are not quite right or too much."""

import pytest
from linux_config_plays import draw, faults, gold, solve

from agentgym.environments.linux_config.families.logrotate import FAMILY
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

SITE = "/etc/logrotate.site.d"
IGNORE = "sed -i 's/{{/{{\\nignoreduplicates/'"
INCLUDE = "echo include {site} >> /etc/logrotate.conf"


def words(task: Task) -> dict[str, str]:
    """What the commands below name: logs and files of the ticket in its order."""
    paths = list(dict.fromkeys(word.strip("`,.;:") for word in task.prompt.split() if word.startswith("/")))
    logs = [path for path in paths if path.startswith("/var/log/")]
    files = [path for path in paths if path.startswith("/etc/logrotate.d/")]
    found = {"log": logs[0], "file": (files or [""])[0], "vendor": (files or [""])[-1]}
    services = [path.split("/")[3] for path in logs]
    return found | dict(zip(("first", "second", "third"), [*services, "", "", ""], strict=False))


# The whole file anew, as Debian writes it: with the brace on a line of its own, tabs and comments.
ANEW = (
    "sed -i -e 's/ {{$/\\n{{/' -e 's/^    /\\t/' {file}; "
    "sed -i '1i # the mail of prerotate and postrotate, which nobody reads' {file}"
)
RIGHT = {
    "a brace on a line of its own": ("keep-more", "{gold}\n" + ANEW),
    "a new stanza with another style": ("new-log", "{gold}\nsed -i '/missingok/d' {file}; " + ANEW),
    "empty ones are left alone": ("new-log", "{gold}\nsed -i 's/missingok/notifempty/' {file}"),
    "without a date, in a file of its own": ("by-size", "{gold}\nmv {file} /etc/logrotate.d/zz; touch {file}"),
    "before the folder": (
        "vendor-first",
        "(sed 's/{{/{{\\nignoreduplicates/' {file}; cat /etc/logrotate.conf) > /tmp/new; rm {file}; "
        "cat /tmp/new > /etc/logrotate.conf",
    ),
    "read before it": ("leaking-setting", "mv {file} /etc/logrotate.d/00-own"),
    "one file for all": (
        "site-folder",
        "cd {site}; {mend}; chmod 644 *; cat * > /etc/logrotate.d/site; rm /etc/logrotate.d/{third} *",
    ),
}
IN_STANZA = "{{gold}}\nsed -i 's,{{{{$,&\\n {0}\\n,' {{file}}"
WRONG = {
    "age": ("keep-more", IN_STANZA.format("maxage 1")),
    "great age": ("how-often", "{gold}\necho maxage 9999 > /etc/logrotate.d/00"),
    "shreds": ("keep-more", IN_STANZA.format("shred")),
    "never empty": ("compress", IN_STANZA.format("notifempty")),
    "complains": ("compress", "{gold}\nsed -i s/missingok/nomissingok/ {file}"),
    "only small ones": ("how-often", IN_STANZA.format("maxsize 100M")),
    "the system's files are gone": ("keep-more", "{gold}\nrm /etc/logrotate.d/apt /etc/logrotate.d/dpkg"),
    "the system's logs more often": ("new-mode", "{gold}\nsed -i s/monthly/daily/ /etc/logrotate.d/apt"),
    "by a script, work undone": (
        "keep-more",
        "sed -i 's/{{$/{{ prerotate\nsed -i s,rotate,rotate, \\/etc\\/logrotate.d\\/*; true\nendscript/' {file}",
    ),
    "the package's file": ("vendor-first", IGNORE + " {vendor}"),
    "the package's file is renamed": ("vendor-first", "mv {vendor} /etc/logrotate.d/zz; " + IGNORE + " {file}"),
    "an error is left": ("vendor-first", "mv {file} /etc/logrotate.d/00-own"),
    "the package's file is not read": ("vendor-first", "sed -i '1i taboopat *-*' /etc/logrotate.conf"),
    "the package's setting": ("leaking-setting", "sed -i '2d' {vendor}"),
    "against all settings": ("leaking-setting", "sed -i 's/^include.*/include {vendor}/' /etc/logrotate.conf"),
    "nothing is read": ("site-folder", "cd {site}; {mend}; chmod 644 *"),
    "the same for all": ("site-folder", INCLUDE + "; rm /etc/logrotate.d/{third}; chmod 644 {site}/*"),
}  # fmt: skip


def filled(task: Task, command: str) -> str:
    mend = "; ".join(gold(task)[2:])
    return command.format(**words(task), site=SITE, mend=mend, gold="\n".join(gold(task)))


@pytest.mark.parametrize(("kind", "command"), RIGHT.values(), ids=RIGHT)
def test_there_is_more_than_one_right_way(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("logrotate", kind)
    assert faults(solve(bubblewrap_backend, task, filled(task, command))) == []


@pytest.mark.parametrize(("kind", "command"), WRONG.values(), ids=WRONG)
def test_what_is_not_quite_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("logrotate", kind)
    assert solve(bubblewrap_backend, task, filled(task, command)).value == 0.0


# What a single check sees, and no other.
ALONE = {
    "no stanza starts a program": "sed -i 's,{{$,{{ prerotate\\ntrue\\nendscript\\n,' {file}",
    "nothing else is rotated": "printf '/etc/motd {{\n weekly\n missingok\n}}\n' > /etc/logrotate.d/zzz",
    "other files stay": "printf '{readme} {{\n weekly\n}}\n' > /etc/logrotate.d/zzz",
    "the files of the system's logs stay": "echo >> /etc/logrotate.d/wtmp",
    "the system's logs rotate as before": "echo maxage 1 > /etc/logrotate.d/00; sed -i 's,{{$,&\\nmaxage 0,' {own}",
}


@pytest.mark.parametrize("check", ALONE)
def test_each_check_sees_something(check: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("logrotate", "keep-more")
    found = words(task)
    own = "$(grep -l ^/var/log/.*/ /etc/logrotate.d/* | grep -v /apt)"
    command = ALONE[check].format(**found, own=own, readme=found["log"].rpartition("/")[0] + "/README")
    reward = solve(bubblewrap_backend, task, *gold(task), command)
    assert [component.name for component in reward.components if component.value < 1] == [check]


@pytest.mark.parametrize("left_out", range(4))
def test_a_site_needs_all_of_it(left_out: int, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("logrotate", "site-folder")
    some = [command for number, command in enumerate(gold(task)) if number != left_out]
    assert solve(bubblewrap_backend, task, *some).value == 0.0


@pytest.mark.parametrize("cheat", FAMILY.cheats)
def test_cheats_score_nothing(cheat: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("logrotate", "vendor-first")
    assert solve(bubblewrap_backend, task, *FAMILY.cheats[cheat](task)).value == 0.0
