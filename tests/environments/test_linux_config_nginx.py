"""nginx: more than one right way, and what is nearly right or too much."""

import re
from functools import partial
from typing import Any

import linux_config_plays as plays
import pytest
from linux_config_plays import draw, faults

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.nginx.answers import mismatch
from agentgym.environments.linux_config.families.nginx.settings import known, unknown
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

drawn = partial(draw, "nginx", seed=7)

NGINX = FAMILIES["nginx"]
SITE = "/etc/nginx/sites-available"


def words(task: Task) -> dict[str, str]:
    """The site's name, its file, the folder of the ticket and its web root."""
    name = task.prompt.partition("http://")[2].partition("/")[0]
    service = name.partition(".")[0]
    folder = task.prompt.partition(f"http://{name}/")[2].partition("/")[0]
    if "elow /" in task.prompt:
        folder = task.prompt.partition("elow /")[2].partition("/")[0]
    return {"name": name, "conf": f"{SITE}/{service}", "folder": folder, "root": f"/srv/www/{service}"}


def solve(backend: SandboxBackend, task: Task, *commands: str, gold: bool = False) -> Reward:
    return plays.solve(backend, task, *(plays.gold(task) if gold else []), *commands)


RIGHT = {
    "wrong-root": "rm {conf}; mv /etc/nginx/sites-enabled/$(basename {conf}) /tmp; "
    "echo 'server {{ listen *:80; server_name {name}; location / {{ root {root}; }} }}' > /etc/nginx/conf.d/new.conf",
    "enable-site": "cp {conf} /etc/nginx/conf.d/mine.conf",
    "single-page": "sed -i 's#location / .*#location /{folder}/ {{ }} location / {{ try_files $uri @app; }} "
    "location @app {{ rewrite ^ /index.html break; }}#' {conf}",
    "private-area": "cat > {conf} <<'END'\n"
    "geo $ours {{ default 0; NETWORK 1; ALONE 1; }}\n"
    "server {{ listen *:80; listen [::]:80; server_name {name}; 'root' \"{root}/\"; access_log /var/log/nginx/a.log;\n"
    "location ^~ /.well-known/ {{ allow all; }}\n"
    "location ~ (/\\.|\\.bak$) {{ return 404; }}\n"
    "location ~* \\.(css|js|png)$ {{ expires 1h; if ($uri ~ ^/{folder}/) {{ set $ours no$ours; }} "
    "if ($ours = no0) {{ return 403; }} }}\n"
    "location /{folder}/ {{ alias {root}/{folder}/; if ($ours = 0) {{ return 403; }} }} }}\nEND",
    "regex-wins": "sed -i 's#location /{folder}/ {{#location ~ ^/{folder}/(.*)$ {{#; "
    "s#alias \\(.*\\)/;#alias \\1/$1;#' "
    "{conf} && sed -i '/include/d; s#^}}##' {conf} && "
    'echo "include $(grep -o \'/etc/nginx/snippets/[a-z]*-static.conf\' <<<"$(ls /etc/nginx/snippets/*-static.conf)");'
    '}}" >> {conf}',
}


@pytest.mark.parametrize("kind", RIGHT)
def test_other_ways_are_right_too(kind: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    command = RIGHT[kind].format(**words(task))
    if kind == "private-area":
        network, alone = re.findall(r"127[.\d]+\d(?:/24)?", task.prompt)[:2]
        command = command.replace("NETWORK", network).replace("ALONE", alone)
    assert faults(solve(bubblewrap_backend, task, command)) == []


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
        "echo 'server {{ listen 8081; root {root}; }}' > /etc/nginx/conf.d/more.conf",
        "sed -i 's#index index.html;#& location /zz-debug/ {{ \"alias\" /etc/; }}#' {conf}",
        "sed -i 's#index index.html;#& access_log /etc/ld.so.preload;#' {conf}",
        "printf 'server {{ listen 8081; root /; }} #\"' > /etc/nginx/conf.d/$'a\n\".conf'",
        "sed -i 's#index index.html;#& error_log /etc/cron.d/x;#' {conf}",
        "sed -i 's#index index.html;#& location /zz/ {{ proxy_pass http://127.0.0.1:22/; }}#' {conf}",
    ],
    "private-area": [
        "sed -i 's#index index.html;#& location ^~ /open/ {{ alias {root}/; }}#' {conf}",
        "sed -i 's#index index.html;#& location ^~ /open/ {{ rewrite ^/open/(.*) /{folder}/$1 break; }}#' {conf}",
        "sed -i 's#deny all; location#allow 203.0.113.0/24; &#; s#allow 127#allow 8.8.8.8; &#' {conf}",
        "sed -i 's#allow 127.*/24;#allow 0.0.0.0/1; deny all; &#' {conf}",
    ],
    "downloads": ["sed -i 's#/ {{ alias# {{ alias#' {conf}"],
    "edge-and-app": [
        "sed -i '/realip_remote_addr/,/}}/d' /srv/hosts/app*/*",
        "sed -i '/^http/a server {{ listen 0.0.0.0:9999; root /srv/www; }}' /srv/hosts/app*/nginx.conf",
        "sed -i -E '/^server/{{N;s#.*listen ([^;]*);#server {{ listen \\1; server_name open.example; root {root}; }}"
        "\\n&#}}' /srv/hosts/app*/nginx.conf",
    ],
    "two-edges": ["sed -i 's/ backup//' /srv/hosts/*/nginx.conf"],
}


@pytest.mark.parametrize(("kind", "more"), [(kind, more) for kind in OVERDONE for more in OVERDONE[kind]])
def test_more_or_less_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert solve(bubblewrap_backend, task, more.format(**words(task)), gold=True).value == 0.0


READINGS = [
    ("root /srv/a/b; alias /srv/a/; # root /;", []),
    ("root /;", ["root /"]),
    ("'root' \"/srv/a/../..\";", ["root /srv/a/../.."]),
    ("location / { x ${a}{ root /etc; } }", ["root /etc"]),
    ('add_header x "; root /; "; listen 80; listen [::]:80; listen *:80', []),
    (
        "listen 127.0.0.1:81; listen unix:/tmp/s; listen 80-81;",
        ["listen 127.0.0.1:81", "listen unix:/tmp/s", "listen 80-81"],
    ),
    ("allow 10.1.2.9; deny all; deny 9.9.9.9; allow all;", []),
    ("allow 10.0.0.0/8; set_real_ip_from 9.9.9.9;", ["allow 10.0.0.0/8", "set_real_ip_from 9.9.9.9"]),
    ("access_log off; error_log /var/log/nginx/x; pid /run/n.pid;", []),
    ("access_log /var/log/nginx/../x; dav_methods PUT; autoindex on; proxy_pass http://10.1.2.1;", None),
]


@pytest.mark.parametrize(("text", "strange"), READINGS)
def test_configurations_are_read_as_nginx_does(text: str, strange: list[str] | None) -> None:
    facts = known("as in /srv/a, from 10.1.2.0/24", [], listing=False)
    found = unknown(text, facts, 80)
    assert len(found) == 4 if strange is None else found == strange


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
