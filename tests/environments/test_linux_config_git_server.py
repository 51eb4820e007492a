"""Bare repositories: more than one right way, and what looks right and is not."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from linux_config_plays import draw, solve

from agentgym.environments import linux_config
from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.base import Claims
from agentgym.environments.linux_config.families.git_server import settings
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

task_of = partial(draw, "git-server", seed=5)

KINDS = {kind.name: kind for kind in FAMILIES["git-server"].kinds}


def repository(task: Task) -> str:
    return str(task.setup["roots"][0]).removesuffix("/config")


FROM_UPDATE = (
    "cat > {git}/hooks/update <<'END'\n#!/usr/bin/python3\nimport subprocess, sys\nref, old, new = sys.argv[1:]\n"
    "if not old.strip('0') or not new.strip('0'): sys.exit(0)\n"
    "sys.exit(subprocess.run(['git', 'merge-base', '--is-ancestor', old, new]).returncode)\nEND\nchmod 755 "
    "{git}/hooks/update"
)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("non-fast-forward", FROM_UPDATE),
        ("dubious-owner", "printf '\\tdirectory = {git}/\\n# as asked\\n\\tdirectory={git}\\n' >> /etc/gitconfig"),
        ("keep-branches", "printf '[Receive]denyDeletes\\n[hooks]note=x\\n[core]hookspath=hooks' >> {git}/config"),
        ("default-branch", "echo 'ref: refs/heads/main' > {git}/HEAD"),
        ("shared", "sed -i 's/sharedRepository = .*/sharedRepository = 0660/' {git}/config"),
        (
            "included-setting",
            "sed -i '1i [include]\\npath = '$(sed -n 's/.*path = //p' {git}/config) {git}/config;"
            " sed -i '2,${{/path = .*conf/{{2!d}}}}' {git}/config",
        ),
    ],
)
def test_other_right_ways_are_accepted(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(kind)
    reward = solve(bubblewrap_backend, task, command.format(git=repository(task)))
    assert [c.evidence for c in reward.components if c.value < 1] == []
    assert reward.value == 1.0


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("non-fast-forward", "git --git-dir={git} config receive.denyDeletes true"),
        ("keep-branches", "chmod 666 {git}/config"),
        ("hook-asleep", "echo '# checked' >> {git}/hooks/pre-receive"),
        ("default-branch", "printf '#!/bin/sh\\nexit 1\\n' > {git}/hooks/update; chmod 755 {git}/hooks/update"),
        ("non-fast-forward", "git --git-dir={git} config core.sharedRepository 0666; chmod 644 {git}/config"),
        ("non-fast-forward", "git --git-dir={git} config core.fsmonitor /tmp/evil; chmod 644 {git}/config"),
        ("keep-branches", "echo 'ref: refs/heads/old' > {git}/HEAD"),
        ("dubious-owner", "git config --system credential.helper '!cp ~/.ssh/id_* /tmp'"),
        ("dubious-owner", "git config --system --add safe.directory '/home/*'"),
        ("message-rule", "sed -i 's/for commit in .*; do/for commit in $new; do/' {git}/hooks/pre-receive"),
    ],
)
def test_overdone_work_and_near_misses_score_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(kind)
    gold = [str(command) for command in task.secret["gold"]]
    assert solve(bubblewrap_backend, task, *gold, more.format(git=repository(task))).value == 0.0


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("core.sharedrepository", "0660", True),
        ("core.sharedrepository", "0664", False),
        ("core.sharedrepository", "world", False),
        ("core.hookspath", "/tmp/hooks", False),
        ("core.hookspath", "/srv/git/a.git/hooks/", True),
        ("include.path", "b.conf", True),
        ("include.path", "/tmp/b.conf", False),
        ("core.bare", "false", False),
        ("remote.b.url", "/srv/git/b.git", False),
        ("receive.fsckobjects", "true", True),
    ],
)
def test_a_repositorys_settings_are_about_pushes(name: str, value: str, fits: bool) -> None:
    path = "/srv/git/a.git"
    plan = {"repositories": [path], "included": [f"{path}/b.conf"], "safe": [], "free": []}
    claims = Claims((), {f"{path}/HEAD": b"ref: refs/heads/main\n"})
    assert bool(settings.faults(plan, {f"{path}/config": [[name, value]]}, claims)) != fits


def test_what_does_not_end_in_time_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(linux_config.__path__[0]) / "inbox"))
    probe: Any = import_module("agentgym.environments.linux_config.families.git_server.probe")
    plan = {"reader": "ann", "token": "t"}
    push = {"repository": "/srv/git/a", "user": "ann", "umask": "022", "make": [], "push": ["a:b"], "force": True}
    for status, refused in ((None, None), (1, True), (0, False)):
        monkeypatch.setattr(probe, "_as", lambda *_, status=status: (status, "ready"))
        assert probe._push(plan, push)["refused"] is refused
        assert probe._clone(plan, push)["refused"] is refused
