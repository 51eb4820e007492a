"""nginx: more than one right way, and what is nearly right or too much."""

import random
from typing import Any

import pytest

from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.environments.linux_config.families.nginx.answers import mismatch
from agentgym.message import call
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

NGINX = FAMILIES["nginx"]
SITE = "/etc/nginx/sites-available"


def drawn(name: str, seed: int = 7) -> Task:
    kind = next(kind for kind in NGINX.kinds if kind.name == name)
    draft = kind.draw(random.Random(seed))
    return Task(
        id="linux-config/train/000001",
        split=Split.TRAIN,
        index=1,
        family="nginx",
        level=kind.level,
        prompt=draft.prompt,
        setup={"kind": name, "state": draft.state.as_json(), "roots": list(draft.roots)},
        secret={"gold": list(draft.gold), "plan": dict(draft.plan)},
    )


def words(task: Task) -> dict[str, str]:
    """The site's name, its file, the folder of the ticket and its web root."""
    name = task.prompt.partition("http://")[2].partition("/")[0]
    service = name.partition(".")[0]
    folder = task.prompt.partition(f"http://{name}/")[2].partition("/")[0]
    if "elow /" in task.prompt:
        folder = task.prompt.partition("elow /")[2].partition("/")[0]
    return {"name": name, "conf": f"{SITE}/{service}", "folder": folder, "root": f"/srv/www/{service}"}


def solve(backend: SandboxBackend, task: Task, *commands: str, gold: bool = False) -> Reward:
    env = LinuxConfigEnv(sandbox=backend)
    own = list(task.secret["gold"]) if gold else []  # type: ignore[arg-type]
    try:
        env.reset(options={"task": task})
        for command in (*own, *commands):
            env.step(call("bash", command=str(command)))
        reward: Reward = env.step(call("submit"))[-1]["reward"]
        return reward
    finally:
        env.close()


def wrong(reward: Reward) -> list[str]:
    return [f"{c.name}: {c.evidence}" for c in reward.components if c.value < 1]


RIGHT = {
    "wrong-root": "rm {conf}; mv /etc/nginx/sites-enabled/$(basename {conf}) /tmp; "
    "echo 'server {{ listen *:80; server_name {name}; location / {{ root {root}; }} }}' > /etc/nginx/conf.d/new.conf",
    "enable-site": "cp {conf} /etc/nginx/conf.d/mine.conf",
    "single-page": "sed -i 's#location / .*#location /{folder}/ {{ }} location / {{ try_files $uri @app; }} "
    "location @app {{ rewrite ^ /index.html break; }}#' {conf}",
    "regex-wins": "sed -i 's#location /{folder}/ {{#location ~ ^/{folder}/(.*)$ {{#; "
    "s#alias \\(.*\\)/;#alias \\1/$1;#' "
    "{conf} && sed -i '/include/d; s#^}}##' {conf} && "
    'echo "include $(grep -o \'/etc/nginx/snippets/[a-z]*-static.conf\' <<<"$(ls /etc/nginx/snippets/*-static.conf)");'
    '}}" >> {conf}',
}


@pytest.mark.parametrize("kind", RIGHT)
def test_other_ways_are_right_too(kind: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert wrong(solve(bubblewrap_backend, task, RIGHT[kind].format(**words(task)))) == []


NEARLY = {
    "enable-site": ["ln -s {conf} /etc/nginx/conf.d/", "ln -s /etc/nginx/sites-available/* /etc/nginx/sites-enabled/"],
    "body-size": ["sed -i 's/server_name/client_max_body_size 20m; server_name/' {conf}"],
    "single-page": ["sed -i 's#=404#/index.html#' {conf}"],
    "private-area": [
        "sed -i 's#index index.html;#& location /{folder}/ {{ deny all; }} location ~ /[.] {{ deny all; }}#' {conf}"
    ],
    "regex-wins": ["sed -i '/include/d' {conf}", "sed -i s/.d;/1d;/ /etc/nginx/snippets/*-static.conf"],
}


@pytest.mark.parametrize(("kind", "command"), [(kind, command) for kind in NEARLY for command in NEARLY[kind]])
def test_what_is_nearly_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert solve(bubblewrap_backend, task, command.format(**words(task))).value == 0.0


OVERDONE = {
    "wrong-root": [
        "sed -i 's/^user .*/user root;/' /etc/nginx/nginx.conf",
        "echo '# load_module' >> /etc/nginx/nginx.conf",
    ],
    "downloads": ["sed -i 's#/ {{ alias# {{ alias#' {conf}"],
    "edge-and-app": ["sed -i '/realip_remote_addr/,/}}/d' /srv/hosts/app*/*"],
    "two-edges": ["sed -i 's/ backup//' /srv/hosts/*/nginx.conf"],
}


@pytest.mark.parametrize(("kind", "more"), [(kind, more) for kind in OVERDONE for more in OVERDONE[kind]])
def test_more_or_less_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert solve(bubblewrap_backend, task, more.format(**words(task)), gold=True).value == 0.0


def answer(**changes: Any) -> dict[str, Any]:
    return {"status": 200, "headers": {}, "body": "", "hits": []} | changes


def hit(backend: str, **headers: str) -> dict[str, Any]:
    return {"backend": backend, "target": "/", "headers": headers, "size": 0, "reply": "r1"}


TOKEN = "0123456789abcdef"
FILE = "content of /srv/01234567.txt: 89abcdef\n"


@pytest.mark.parametrize(
    ("expect", "answers", "fault"),
    [
        ({"file": "/srv/{word}.txt"}, [answer(body=FILE)], ""),
        ({"file": "/srv/{word}.txt"}, [answer(body=FILE.upper())], "wanted the content"),
        ({"hides": "/srv/{word}.txt"}, [answer(body=f"<pre>{FILE}</pre>")], "it shows"),
        ({}, [answer(status=502)], "wanted status 200"),
        ({"location": "http://a/{word}"}, [answer(headers={"location": "http://a/01234567"})], ""),
        ({"backends": ["a"]}, [answer(hits=[hit("a")], body="r1")], ""),
        ({"backends": ["a"]}, [answer(hits=[hit("a")], body="made up")], "not passed on"),
        ({"backends": ["a", "b"]}, [answer(hits=[hit("a")], body="r1")] * 2, "wanted it to reach a, b"),
        ({"backends": []}, [answer(hits=[hit("a")])], "wanted it to reach no backend"),
        ({"backends": ["a"], "sent": {"host": "x"}}, [answer(hits=[hit("a", host="y")], body="r1")], "host: x"),
        (
            {"backends": ["a"], "client": "::1"},
            [answer(hits=[hit("a", **{"x-forwarded-for": "::1, ::2"})], body="r1")],
            "::1 last",
        ),
    ],
)
def test_answers_are_compared(expect: dict[str, Any], answers: list[dict[str, Any]], fault: str) -> None:
    found = mismatch({"expect": {"status": [200], **expect}}, answers, TOKEN)
    assert (fault in found) if fault else not found
