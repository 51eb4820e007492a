"""Control groups of a box: memory, processes and CPU, on cgroup v1, v2 and machines that have both."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentgym.sandbox import SandboxSpec
from agentgym.sandboxes.agent import AGENT_MEMORY_MIB, AGENT_PIDS
from agentgym.sandboxes.oom import OomCounter

log = logging.getLogger(__name__)

CONTROLLERS = ("memory", "pids", "cpu")
CPU_PERIOD_US = 100_000
LEAF = "agentgym-processes"


@dataclass(frozen=True)
class Parents:
    """Folders under which a box's groups are made, by controller; and which of them are v2."""

    folders: dict[str, Path] = field(default_factory=dict)
    unified: bool = False

    def folder_list(self) -> list[Path]:
        """Each folder once."""
        return list(dict.fromkeys(self.folders.values()))


def find_parents(process: int | str = "self", *, proc: Path = Path("/proc")) -> Parents:
    """Find where a process's boxes may have groups; a controller that cannot be had is left out.

    Where version 1 has controllers, as it has on hybrid machines, they are taken from there; else from version 2.

    Args:
        process: this one, or one that was started in a group of its own.
        proc: where the kernel's tables are.
    """
    own = _own_paths(proc / str(process) / "cgroup")
    found: dict[str, Path] = {}
    unified: Path | None = None
    for line in (proc / "mounts").read_text().splitlines():
        _, mount_point, kind, options, *_ = line.split()
        if kind == "cgroup":
            for name in set(options.split(",")) & set(CONTROLLERS):
                found[name] = Path(mount_point + own.get(name, "/"))
        elif kind == "cgroup2":
            unified = Path(mount_point)
    if found or unified is None:
        return Parents({name: path for name, path in found.items() if os.access(path, os.W_OK)})
    # Root may make groups anywhere, and at the top no processes are in the way.
    base = unified if os.getuid() == 0 else Path(f"{unified}{own.get('', '')}")
    return Parents(dict.fromkeys(_delegated(base), base), unified=True)


def _own_paths(file: Path) -> dict[str, str]:
    """Return a process's group by controller; that of version 2 under an empty name."""
    paths = {}
    for line in file.read_text().splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            paths[name.removeprefix("name=")] = path.rstrip("/")
    return paths


def _delegated(folder: Path) -> list[str]:
    """Return the controllers that groups below `folder` have, asking for those that are missing."""
    if not os.access(folder, os.W_OK):
        return []
    control = folder / "cgroup.subtree_control"
    try:
        missing = set(CONTROLLERS) & set((folder / "cgroup.controllers").read_text().split())
        for name in sorted(missing - set(control.read_text().split())):
            _ask_for(name, folder)
        return [name for name in CONTROLLERS if name in control.read_text().split()]
    except OSError as error:
        log.info("the control group %s cannot be used: %s", folder, error)
        return []


def _ask_for(controller: str, folder: Path) -> None:
    control = folder / "cgroup.subtree_control"
    try:
        control.write_text(f"+{controller}")
    except OSError as error:
        if error.errno != errno.EBUSY or os.getuid() == 0:
            log.debug("no %s controller below %s: %s", controller, folder, error)
            return
        # Version 2 gives controllers only below groups that hold no processes; in a group of the user's own, all of
        # them are the user's.
        leaf = folder / LEAF
        leaf.mkdir(exist_ok=True)
        for pid in (folder / "cgroup.procs").read_text().split():
            (leaf / "cgroup.procs").write_text(pid)
        control.write_text(f"+{controller}")


def scope_command() -> list[str]:
    """Return the command that gives a program of a plain user a control group of its own; empty where there is none."""
    manager = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "systemd/private"
    if os.getuid() == 0 or shutil.which("systemd-run") is None or not manager.exists():
        return []
    return ["systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--"]


def box_groups(parents: Parents, name: str) -> list[Path]:
    """Return where the groups of a box of this name are, or will be."""
    return [_group(parent, name) for parent in parents.folder_list()]


def _group(parent: Path, name: str) -> Path:
    return parent / f"agentgym-{name}"


class BoxCgroups:
    """The groups of one box. `create` makes them, `remove` gives them back."""

    def __init__(self, folders: Sequence[Path], *, unified: bool) -> None:
        self.folders = list(folders)
        self._unified = unified
        files = [path for path in map(self._oom_file, self.folders) if path.exists()]
        self._oom = OomCounter(files[0]) if files else None

    @classmethod
    def create(cls, parents: Parents, name: str, spec: SandboxSpec) -> BoxCgroups:
        """Make the groups and set their limits.

        Raises:
            OSError: a group could not be made or limited; nothing is left.
        """
        folders = box_groups(parents, name)
        try:
            for folder in folders:
                folder.mkdir()
            for controller, parent in parents.folders.items():
                _limit(_group(parent, name), controller, spec, unified=parents.unified)
        except OSError:
            remove_groups(folders)
            raise
        return cls(folders, unified=parents.unified)

    def _oom_file(self, folder: Path) -> Path:
        return folder / ("memory.events" if self._unified else "memory.oom_control")

    def entrances(self) -> list[str]:
        """Files into which a process of one thread writes 0 to enter.

        Version 1 moves a thread in 0.1 ms, and takes 5 ms to make sure that a process has no more of them.
        """
        return [str(folder / ("cgroup.procs" if self._unified else "tasks")) for folder in self.folders]

    def oom_kills(self) -> int | None:
        """How many processes of the box the kernel killed for memory; None if it does not say."""
        return self._oom.kills() if self._oom else None

    def remove(self, *, timeout_s: float = 3.0) -> bool:
        """Remove the groups; return whether they are gone."""
        if self._oom is not None:
            self._oom.close()
        return remove_groups(self.folders, timeout_s=timeout_s)


def _limit(folder: Path, controller: str, spec: SandboxSpec, *, unified: bool) -> None:
    memory = (spec.memory_mib + AGENT_MEMORY_MIB) << 20
    quota = max(1000, int(spec.cpus * CPU_PERIOD_US))
    pids = str(spec.pids + AGENT_PIDS)
    settings: dict[str, str]
    if controller == "pids":
        settings = {"pids.max": pids}
    elif unified:
        settings = {
            "memory": {"memory.max": str(memory), "memory.swap.max": "0"},
            "cpu": {"cpu.max": f"{quota} {CPU_PERIOD_US}"},
        }[controller]
    else:
        settings = {
            "memory": {"memory.limit_in_bytes": str(memory), "memory.memsw.limit_in_bytes": str(memory)},
            "cpu": {"cpu.cfs_period_us": str(CPU_PERIOD_US), "cpu.cfs_quota_us": str(quota)},
        }[controller]
    for name, value in settings.items():
        file = folder / name
        if "sw" in name and not file.exists():
            continue  # a kernel that does not account swap to groups
        file.write_text(value)


def kill_group(folder: Path) -> None:
    """Kill every process in a group whose owner is dead."""
    with contextlib.suppress(OSError):
        for pid in (folder / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)


def remove_groups(folders: Sequence[Path], *, timeout_s: float = 3.0) -> bool:
    """Remove groups, waiting for the last of their processes to be gone."""
    deadline = time.monotonic() + timeout_s
    left = list(folders)
    while left:
        left = [folder for folder in left if not _remove(folder)]
        if left and time.monotonic() > deadline:
            log.warning("control groups still hold processes: %s", ", ".join(map(str, left)))
            return False
        if left:
            time.sleep(0.002)
    return True


def _remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
