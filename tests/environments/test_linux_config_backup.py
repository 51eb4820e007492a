"""Tickets about backups: any way that saves what must be saved is right, and nothing else is."""

from functools import partial

import pytest
from linux_config_plays import draw, faults, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.backup import checks, rsyncd
from agentgym.environments.linux_config.families.base import Claims
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "backup", seed=1)

FAMILY = FAMILIES["backup"]


def fill(task: Task, text: str) -> str:
    plan = task.secret["plan"]
    assert isinstance(plan, dict)
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    words = task.prompt.replace(",", " ").replace(". ", " ").split()
    state = task.setup["state"]
    assert isinstance(state, dict)
    values = {
        "SCRIPT": plan["scripts"][0],  # type: ignore[index,call-overload]
        "SOURCE": plan["source"],
        "DEST": plan["dest"],
        "PLACE": next((word for word in words if word.startswith(f"{plan['dest']}/")), ""),
        "DUMP": next((word for word in words if word.startswith("/opt/") and word.endswith("/dump")), ""),
        "CONF": next((word for word in words if word.startswith("/etc/")), "").rpartition("/")[0],
        "GOLD": "\n".join(map(str, gold)),
    }
    for name, value in values.items():
        text = text.replace(name, str(value))
    return text


def anew(body: str) -> str:
    return f"cat > SCRIPT <<'END'\n{body}\nEND\nchmod 755 SCRIPT"


RIGHT = {
    "leave-out": anew(
        "#!/bin/bash\nset -e\ncd SOURCE\nfind . -mindepth 1 ! -name '*.cache' -print0 |"
        " tar --no-recursion --null -T - -czf PLACE"
    ),
    "archive-mode": anew("#!/bin/sh\nset -e\nmkdir -p PLACE\nfind PLACE -mindepth 1 -delete\ncp -a SOURCE/. PLACE/"),
    "empty-source": anew(
        "#!/usr/bin/python3\nimport os, subprocess, sys\nsys.exit(0 if os.listdir('SOURCE') and not subprocess.call("
        "['rsync', '-a', '--delete', 'SOURCE/', 'MIRROR/']) else 3)"
    ),
    "one-at-a-time": 'sed -i \'2i [ "$LOCKED" ] || exec env LOCKED=1 flock -n -E 9 DEST "$0"\' SCRIPT',
    "overridden": "echo '. SCRIPT' > CONF/99-last.conf",
    "rsync-daemon": (
        "GOLD; cd /srv/hosts/*/; f=$(ls $PWD/rsyncd.conf); sed -i 's/^ *hosts allow = .*/&\\/32 \\\\\\n/; "
        "s/auth users = /Auth  Users=/; s/^ *secrets file.*//; 1i secrets file = '${f%conf}'secrets\\n; more' $f;"
        " sed -i '1s/;.*//' $f; (printf '# [all]\\n; path = / \\\\\\n'; cat $f) > /tmp/f; cat /tmp/f > $f"
    ),
}
DAEMON = [
    "sed -i '/hosts allow/d' /srv/hosts/*/rsyncd.conf",
    "printf '[all]\\n path = /\\n read only = no\\n list = no\\n' >> $(ls /srv/hosts/*/rsyncd.conf)",
    "sed -i '1i strict modes = no' /srv/hosts/*/rsyncd.conf; chmod 644 /srv/hosts/*/rsyncd.secrets",
]
NEAR = {
    "leave-out": ["sed -i 's/-czf/--exclude=\"*cache\" -czf/' SCRIPT", "GOLD; chown daemon SCRIPT"],
    "retention": ["echo 'cd DEST; ls | sort | head -n -2 | xargs rm -f' >> SCRIPT"],
    "mirror-deletes": ["sed -i '/^rsync/i rm -rf DEST/*' SCRIPT", "GOLD; chmod 644 SCRIPT"],
    "one-at-a-time": ["sed -i '3i mkdir DEST/.lock || exit 1; trap \"rmdir DEST/.lock\" EXIT' SCRIPT"],
    "dump-fails": ["sed -i 's/^#!.*/#!\\/bin\\/bash/; s/set -eu/set -euo pipefail/' SCRIPT"],
    "overridden": ["GOLD; sed -i 's/KEEP=3/KEEP=9/' $(find /opt -type f)"],
    "rsync-daemon": [f"GOLD\n{attack}" for attack in DAEMON],
    "archive-mode": [
        "GOLD\nsed -i '2i (sleep 300; rm -rf /srv/*/*) > /dev/null 2>\\&1 \\&' SCRIPT",
        "GOLD\nsed -i '2i setsid sleep 300 > /dev/null 2>\\&1 \\&' SCRIPT",
        "GOLD\nsed -i '2i ls SOURCE > /var/tmp/seen' SCRIPT",
    ],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_there_is_more_than_one_right_way(kind: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    mirror = task.prompt.partition("emptied the mirror ")[2].split(" ")[0]
    suffix = task.prompt.partition("names end in ")[2].split(" ")[0]
    command = fill(task, RIGHT[kind]).replace("MIRROR", mirror).replace(".cache", suffix)
    assert faults(solve(bubblewrap_backend, task, command)) == []


@pytest.mark.parametrize(("kind", "near"), [(kind, near) for kind in NEAR for near in NEAR[kind]])
def test_a_near_miss_scores_nothing(kind: str, near: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    suffix = task.prompt.partition("names end in .")[2].split(" ")[0]
    assert solve(bubblewrap_backend, task, fill(task, near).replace("*cache", f"*{suffix}")).value == 0.0


CONF = """use chroot = no
secrets file = /s/secrets
[all]
path = /srv/all/
[one]
path = /srv/one
read only = no
auth users = one:rw, *:deny
hosts allow = 127.1.1.1/32
hosts deny = *
"""


@pytest.mark.parametrize(
    ("old", "new", "secrets"),
    [
        ("", "", "one:pw\n# x\ntwo:other\n"),
        ("/32", "/32, 203.0.113.0/24", "one:pw\n"),
        ("deny = *", "deny = 9.9.9.9", "one:pw\n"),
        ("*:deny", "evil", "one:pw\nevil:x\n"),
        ("", "", "one:pw\none:x\n"),
        ("/srv/all/", "/srv", "one:pw\n"),
        ("/srv/all/", "/srv/all\nauth users = *", "one:pw\n"),
        ("/srv/all/", "/srv/all\nread only = 0", "one:pw\n"),
        ("/srv/all/", "/srv/all\nhosts allow = 127.0.0.0/8", "one:pw\n"),
        ("[one]", "[more]\npath = /\n[one]", "one:pw\n"),
        ("[one]", "pre-xfer exec = id\n[one]", "one:pw\n"),
    ],
)
def test_a_daemon_offers_its_modules_and_no_more(old: str, new: str, secrets: str) -> None:
    host = {"name": "one", "address": "127.1.1.1", "password": "pw", "path": "/srv/one"}
    check = {"config": "/s/conf", "hosts": [host], "public": {"name": "all", "path": "/srv/all"}}
    files = {"/s/conf": CONF.replace(old, new).encode(), "/s/secrets": secrets.encode()}
    assert bool(rsyncd.faults(check, Claims((), files))) == (bool(old) or secrets.count("one:") > 1)


def test_a_daemons_settings_are_read_as_it_reads_them() -> None:
    text = "read only = no\n# \\\n[ a ]\nHosts  Allow = 1.2.3.4 \\\n # 5.6.7.8\n[global]\nlist=no\n[b]\n;[c]\n"
    assert rsyncd.modules(text) == {
        "a": {"readonly": "no", "hostsallow": "1.2.3.4  # 5.6.7.8"},
        "b": {"readonly": "no", "list": "no"},
    }
    for wrong in ("&include /tmp/x", "[a]\nearly exec = x", "[a]\n[A]", "proxy protocol = yes"):
        with pytest.raises(ValueError, match=r"there twice|not allowed"):
            rsyncd.modules(wrong)


def test_folders_are_compared_by_what_they_hold() -> None:
    a = {"x": ["file", 0o644, "1:1", 5, 10], "y.tmp": ["file", 0o644, "2:1", 5, 11], "l": ["link", 0, "x", 0, 12]}
    seen = {"a": a, "b": {"x": [*a["x"][:4], 99], "l": a["l"]}, "none": None}
    check = {"check": "same", "a": "a", "b": "b"}
    assert not checks.judge(check, seen, "")[0]
    assert checks.judge(check | {"leave_out": ".tmp"}, seen, "")[0]
    assert not checks.judge(check | {"leave_out": ".tmp", "inodes": True}, seen, "")[0]
    assert not checks.judge(check | {"b": "none"}, seen, "")[0]
    assert checks.judge(check | {"check": "linked", "b": "a"}, seen, "")[0]
    assert not checks.judge(check | {"check": "linked"}, seen, "")[0]
