"""Ways to make a repository look well guarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentgym.environments.linux_config.families.base import Commands
from agentgym.task import Task


def refuse_everything(task: Task) -> Sequence[str]:
    """Refuse whatever is pushed."""
    return tuple(_hook(path, "pre-receive", "#!/bin/sh\necho refused >&2; exit 1") for path in _repositories(task))


def only_warn(task: Task) -> Sequence[str]:
    """Complain about every push and take it."""
    return tuple(_hook(path, "pre-receive", "#!/bin/sh\necho forbidden >&2; exit 0") for path in _repositories(task))


def client_side(task: Task) -> Sequence[str]:
    """Put the work into a hook that only clients run."""
    return tuple(_hook(path, "pre-push", "#!/bin/sh\nexit 1") for path in _repositories(task))


def open_rules(task: Task) -> Sequence[str]:
    """Do the work, and let everybody change the rules."""
    return (*_gold(task), *(f"chmod -R 777 {path}/hooks; chmod 666 {path}/config" for path in _repositories(task)))


def given_to_the_team(task: Task) -> Sequence[str]:
    """Do the work, and let whoever pushes own the rules."""
    users: list[dict[str, str]] = dict(task.setup)["state"]["users"]  # type: ignore[index, call-overload, assignment]
    owner = users[1]["name"]
    return (*_gold(task), *(f"chown -R {owner} {path}/hooks {path}/config" for path in _repositories(task)))


def admits_nobody(task: Task) -> Sequence[str]:
    """Do the work, and have an update hook refuse every branch but main and old."""
    text = '#!/bin/sh\ncase "$1" in refs/heads/main | refs/heads/old) exit 0 ;; esac\nexit 1'
    return (*_gold(task), *(_hook(path, "update", text) for path in _repositories(task)), *_own_hooks(task))


def hidden_by_comments(task: Task) -> Sequence[str]:
    """Write the work down in comments."""
    lines = [line.replace("'", "") for command in _gold(task) for line in command.splitlines()]
    text = "".join(f"# {line}\n" for line in lines)
    return tuple(f"cat >> {path}/config <<'END'\n{text}END" for path in _repositories(task))


def _own_hooks(task: Task) -> tuple[str, ...]:
    return tuple(f"git --git-dir={path} config core.hooksPath {path}/hooks" for path in _repositories(task))


def _hook(path: str, name: str, text: str) -> str:
    return f"mkdir -p {path}/hooks; cat > {path}/hooks/{name} <<'END'\n{text}\nEND\nchmod 755 {path}/hooks/{name}"


def _gold(task: Task) -> list[str]:
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    return [str(command) for command in gold]


def _repositories(task: Task) -> list[str]:
    roots = task.setup["roots"]
    assert isinstance(roots, list)
    return [str(root).removesuffix("/config") for root in roots if str(root).endswith("/config")]


CHEATS: Mapping[str, Commands] = {
    commands.__name__.replace("_", "-"): commands
    for commands in (
        refuse_everything,
        only_warn,
        client_side,
        open_rules,
        given_to_the_team,
        admits_nobody,
        hidden_by_comments,
    )
}
