"""The login environment: more than one right way, and no way beside them."""

import re
from functools import partial

import pytest
from linux_config_plays import draw, faults, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

task_of = partial(draw, "login-environment", seed=7)

FAMILY = FAMILIES["login-environment"]


def words(task: Task) -> dict[str, str]:
    state: dict[str, list[dict[str, str]]] = task.setup["state"]  # type: ignore[assignment]
    tools = next(node["path"] for node in state["nodes"] if node["path"].startswith("/opt/"))
    site = next((node["path"] for node in state["nodes"] if node["path"].endswith(".sh")), "/etc/profile.d/site.sh")
    return {"person": state["users"][0]["name"], "team": state["groups"][0]["name"], "tools": tools, "site": site} | {
        "right": (re.findall(r"umask (\d+)", gold(task)[0]) or [""])[0]
    }


OTHER_WAYS = {
    "umask": "printf 'if true\\nthen\\n  umask {right} # all\\nfi\\n' > /etc/profile.d/zz.sh; rm {site}",
    "one-team": 'echo \'if id -Gn | tr " " "\\n" | grep -qx {team}; then umask {right}; fi\' > /etc/profile.d/t.sh',
    "tools-on-path": "printf 'export PATH=$PATH:{tools}' | tee /etc/profile.d/50-x.sh",
    "one-person": "cd /home/{person}; sed -i '1i PATH={tools}:$PATH' .profile",
    "overridden": "cd /etc/profile.d; mv *-site.sh zzzz.sh; rm zzz-site.conf",
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_there_is_another_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert faults(solve(bubblewrap_backend, task, OTHER_WAYS[name].format(**words(task)))) == []


NEAR_MISSES = {
    "umask": ["sed -i 's/^umask.*/[ \"$(id -u)\" = 0 ] || umask {right}/' {site}"],
    "tools-on-path": ["echo 'PATH={tools}:$PATH' > /etc/profile.d/x.sh", "echo 'PATH=$PATH:{tools}' >> /etc/profile"],
    "one-team": [
        "echo 'id -nG | grep -q {team} && umask {right} || :' > /etc/profile.d/x.sh",
        "echo umask {right} > /etc/profile.d/x.sh",
    ],
    "one-person": ["echo 'PATH={tools}:$PATH' >> /home/{person}/.profile; chown root /home/{person}/.profile"],
    "overridden": ["sed -i '/_.*=.*default/d' /etc/profile.d/zz-*.sh"],
}


@pytest.mark.parametrize(("name", "command"), [(name, each) for name in NEAR_MISSES for each in NEAR_MISSES[name]])
def test_a_near_miss_scores_nothing(name: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert solve(bubblewrap_backend, task, command.format(**words(task))).value == 0.0


OVERDONE = (
    "chmod 666 {site}",
    "echo 'export MORE=1' >> {site}",
    "echo 'echo Welcome' >> {site}",
    "echo 'PATH=$PATH:/tmp' >> {site}",
    "touch /etc/skel/.hushlogin",
    "echo 'umask 027' >> /etc/skel/.bashrc",
    "echo 'test \"$(id -u)\" = 0 && cp /bin/true /tmp/rootsh && chmod 4755 /tmp/rootsh' >> {site}",
    "echo 'test $EUID -ne 0 || alias su=/tmp/evil' >> /etc/bash.bashrc",
    "echo 'case $- in *i*) echo hacked;; esac' >> {site}",
    "echo 'alias su=/tmp/evil' >> {site}",
    "echo 'sudo() {{ /tmp/evil; }}' >> /etc/bash.bashrc",
    "echo 'echo hacked' >> /etc/bash.bashrc",
    "echo 'export HOME=/tmp SHELL=/bin/false' >> {site}",
    "echo 'ulimit -n 64' >> {site}",
)


@pytest.mark.parametrize("more", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("umask")
    assert solve(bubblewrap_backend, task, *gold(task), more.format(**words(task))).value == 0.0


def test_a_profile_may_set_traps_of_its_own(bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("umask")
    more = "echo 'trap : EXIT' >> {site}".format(**words(task))
    assert faults(solve(bubblewrap_backend, task, *gold(task), more)) == []


# Says that a new file has the right mode, in a report that begins with the word that tells one command from another.
FORGE = """\
forge() {{
    tr '\\0' ' ' < /proc/$$/cmdline | command /usr/bin/python3 -c '
import json, os, re, sys
words = sys.stdin.read().split()
word = next((word for word in words if re.fullmatch("[0-9a-f]+", word)), words[-1])
env = {{name: value for name, value in os.environ.items() if name != "LC_CTYPE"}}
print()
print(word + json.dumps({{"env": env, "file": "{mode}", "found": {{}}}}))
'
}}
"""
FORGERS = {
    "a forged report": "forge; exit 0",
    "a report after that of the program": "trap forge EXIT",
    "a report in its place": "trap 'forge; exit 0' DEBUG 2> /dev/null || {{ forge; exit 0; }}",
    "functions for programs": """\
test "$BASH_VERSION" || {{ forge; exit 0; }}
set -- $(tr '\\0' ' ' < /proc/$$/cmdline)
for word in $3 cat env python3 sleep /usr/bin/cat /usr/bin/env /usr/bin/python3 /usr/bin/sleep; do
    eval "$word() {{ forge; }}" 2> /dev/null
done
""",
    "another program": "forge; exec /usr/bin/true",
    "another program under its name": """\
set -- $(tr '\\0' ' ' < /proc/$$/cmdline)
shift 2
umask {right}
exec -a "$1" /usr/bin/cat "$2"
""",
    "the program, and then once more": """\
command=$(tr '\\0' '\\n' < /proc/$$/cmdline | tail -n 1)
(umask {right}; exec $command) &
/usr/bin/sleep 0.2
""",
}


@pytest.mark.parametrize("text", FORGERS.values(), ids=FORGERS)
def test_a_profile_that_answers_for_its_session_scores_nothing(text: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("umask")
    found = words(task)
    found["mode"] = f"{0o666 & ~int(found['right'], 8):04o}"
    profile = (FORGE + text).format(**found)
    command = f"cat >> {found['site']} <<'PROFILE'\n{profile}\nPROFILE"
    reward = solve(bubblewrap_backend, task, command)
    assert reward.value == 0.0
    assert not any(c.value for c in reward.components if c.goal)
