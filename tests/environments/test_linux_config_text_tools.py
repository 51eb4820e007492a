"""Tickets about text: any program that prints the right bytes is right, and nothing else is."""

import random
from functools import partial

import pytest
from linux_config_plays import draw, faults, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.text_tools import REPORTS
from agentgym.environments.linux_config.families.text_tools.cases import Case
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "text-tools", seed=1)

FAMILY = FAMILIES["text-tools"]


def fill(task: Task, text: str) -> str:
    plan, gold = task.secret["plan"], task.secret["gold"]
    assert isinstance(plan, dict)
    assert isinstance(gold, list)
    params = plan["params"]
    assert isinstance(params, dict)
    keys = params.get("keys")
    values = {
        "PROGRAM": plan["program"],
        "GOLD": "\n".join(map(str, gold)),
        "VENDOR": params.get("vendor", ""),
        "HEALTH": params.get("path", ""),
        "FIRST": keys[0] if isinstance(keys, list) else params.get("first", ""),
        "SECOND": keys[1] if isinstance(keys, list) else "",
        "LEVEL": params.get("level", ""),
        "BASE": params.get("log", ""),
    }
    for name, value in values.items():
        text = text.replace(name, str(value))
    return text


def anew(body: str) -> str:
    return f"cat > PROGRAM <<'END'\n{body}\nEND\nchmod 755 PROGRAM"


RIGHT = {
    "status-class": anew("#!/bin/sh\ncat -- \"$@\" | awk '{n += ($9 >= FIRST && $9 < FIRST + 100)} END {print n + 0}'"),
    "errors-per-hour": anew(
        "#!/bin/bash\ncat -- \"$@\" | grep -E '^[^ ]+ LEVEL ' | cut -c1-13 | tr T ' ' | sort | uniq -c |"
        " sed -E 's/^ *([0-9]+) (.*)/\\2 \\1/'"
    ),
    "once": anew("#!/usr/bin/python3\nimport fileinput, sys\nsys.stdout.writelines(dict.fromkeys(fileinput.input()))"),
    "rotated": anew(
        '#!/bin/bash\ncd -- "$1" || exit 1\nfor n in $(seq 99 -1 1); do for f in BASE.$n BASE.$n.gz; do '
        '[ -f "$f" ] && zcat -f "$f"; done; done | cat - BASE | tr -d "\\r" | grep -F -e "$2"\nexit 0'
    ),
    "wrapped": anew(
        '#!/bin/bash\nopt=()\nif [ "$1" = -n ]; then opt=(-n "$2"); shift 2; fi\nfor f; do case $f in '
        '*.gz) gunzip -c "$f";; *) cat "$f";; esac; done | grep -v \'^\\([^ ]* \\)\\{6\\}HEALTH \' | VENDOR "${opt[@]}"'
    ),
}
NEAR = {
    "top-clients": ["sed -i 's/-k1,1r/-k1,1n/' PROGRAM", "GOLD\nchmod 644 PROGRAM", "GOLD\nchown daemon PROGRAM"],
    "status-class": ["sed -i 's/== FIRST/>= FIRST/' PROGRAM"],
    "once": [anew('#!/bin/sh\ncat -- "$@" | uniq')],
    "masked": [anew("#!/bin/sh\nexec sed -E 's/((FIRST|SECOND)=)[^ &;]*/\\1***/g'")],
    "rotated": [anew('#!/bin/sh\ncd "$1"; zcat -f $(ls -r BASE*) | grep "$2"')],
    "wrapped": ["GOLD\nsed -i 's/awk/exec awk/' VENDOR", "mkdir -p /opt\ncp VENDOR PROGRAM"],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_there_is_more_than_one_right_way(kind: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert faults(solve(bubblewrap_backend, task, fill(task, RIGHT[kind]))) == []


@pytest.mark.parametrize(("kind", "near"), [(kind, near) for kind in NEAR for near in NEAR[kind]])
def test_a_near_miss_scores_nothing(kind: str, near: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert solve(bubblewrap_backend, task, fill(task, near)).value == 0.0


@pytest.mark.parametrize(
    ("more", "failed"),
    [
        (
            "{ cat PROGRAM; echo; echo 'for f; do echo >> \"$f\"; done; exit 0'; }",
            "the inputs stay, and nothing is added",
        ),
        ("{ head -1 PROGRAM; echo 'date > /tmp/leak.$$'; sed 1d PROGRAM; }", "nothing is left elsewhere"),
    ],
)
def test_files_stay_and_none_is_left(more: str, failed: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("any-case")
    commands = (fill(task, "GOLD"), fill(task, f"{more} > /root/more; cat /root/more > PROGRAM"))
    reward = solve(bubblewrap_backend, task, *commands)
    assert [component.name for component in reward.components if component.value < 1] == [failed]


def test_hidden_inputs_follow_from_the_token() -> None:
    def cases(kind: str, token: str) -> list[Case]:
        plan = ticket(kind).secret["plan"]
        assert isinstance(plan, dict)
        return REPORTS[str(plan["report"])](dict(plan["params"]), random.Random(token))  # type: ignore[arg-type]

    for kind in FAMILY.kinds:
        assert cases(kind.name, "one") == cases(kind.name, "one")
        assert cases(kind.name, "one") != cases(kind.name, "two")
        assert any(case.wanted and not case.edge for case in cases(kind.name, "one"))


def test_secrets_end_where_the_ticket_says() -> None:
    params = {"keys": ["pin", "token"]}
    for case in REPORTS["masked"](params, random.Random(5)):
        assert case.wanted is not None
        assert case.wanted.count(b"\n") == case.stdin.count(b"\n")
        assert (
            len([line for line in case.wanted.splitlines() if line.startswith(b"pin=") and b"pin=***" not in line]) == 0
        )
