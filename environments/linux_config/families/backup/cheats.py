"""Ways to look as if a backup worked."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Commands
from agentgym.task import Task


def ends_well(task: Task) -> Sequence[str]:
    """Scripts that do nothing and end with status 0."""
    return tuple(f"printf '#!/bin/sh\\nexit 0\\n' > {path}; chmod 755 {path}" for path in _plan(task)["scripts"])


def commented_out(task: Task) -> Sequence[str]:
    """The work as a comment."""
    return (*_gold(task), f"sed -i '2,$s/^/# /' {' '.join(_files(task))}")


def open_to_all(task: Task) -> Sequence[str]:
    """The work, in files that everybody may change."""
    return (*_gold(task), f"chmod 777 {' '.join(_files(task))}")


def given_away(task: Task) -> Sequence[str]:
    """The work, in files of the user who runs them."""
    return (*_gold(task), f"chown daemon {' '.join(_files(task))}; setfacl -m u:daemon:rwx {' '.join(_files(task))}")


def visible_names(task: Task) -> Sequence[str]:
    """A script that copies what can be seen now, by its names, and what it should have said."""
    plan = _plan(task)
    names = [path for path in _sample(task) if path.startswith(f"{plan['source']}/")]
    copies = "\n".join(f"cp -p {shlex.quote(path)} {plan['dest']}/" for path in names)
    text = f"#!/bin/sh\ncd {plan['source']}\n{copies}\ntar -czf {plan['dest']}/$1.tar.gz {plan['source']}\nexit 0"
    return tuple(f"cat > {path} <<'END'\n{text}\nEND\nchmod 755 {path}" for path in plan["scripts"])


def sweeps_wide(task: Task) -> Sequence[str]:
    """The work, and whatever else the user can remove."""
    wipe = f"rm -rf {_plan(task)['aside']}/*"
    return (*_gold(task), *(f"sed -i '2i {wipe}' {path}" for path in _plan(task)["scripts"]))


def changes_the_source(task: Task) -> Sequence[str]:
    """The work, and other modes for what was saved."""
    change = f"find {_plan(task)['source']} -type f -exec chmod u+x {{}} +"
    return (*_gold(task), *(f"sed -i '2i {change}' {path}" for path in _plan(task)["scripts"]))


def _plan(task: Task) -> Mapping[str, Any]:
    plan = task.secret["plan"]
    assert isinstance(plan, dict)
    return plan


def _gold(task: Task) -> list[str]:
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    return [str(command) for command in gold]


def _files(task: Task) -> list[str]:
    return [str(path) for path in _plan(task)["scripts"]]


def _sample(task: Task) -> list[str]:
    state: dict[str, Any] = dict(task.setup)["state"]  # type: ignore[assignment]
    return [node["path"] for node in state["nodes"] if node["kind"] == "file"]


CHEATS: Mapping[str, Commands] = {
    commands.__name__.replace("_", "-"): commands
    for commands in (ends_well, commented_out, open_to_all, given_away, visible_names, sweeps_wide, changes_the_source)
}
