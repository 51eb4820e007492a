"""One bubblewrap box: a process tree with a root, a network, users and limits of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentgym.errors import BackendUnavailable, PathError, SandboxLost
from agentgym.sandbox import SandboxSpec
from agentgym.sandboxes import seccomp
from agentgym.sandboxes.agent import AGENT_CAPABILITIES, agent_command
from agentgym.sandboxes.bubblewrap.cgroups import BoxCgroups, Parents, box_groups, kill_group
from agentgym.sandboxes.bubblewrap.machine import Machine
from agentgym.sandboxes.bubblewrap.records import IDS_PER_BOX, Record, Records, first_id
from agentgym.sandboxes.bubblewrap.spawner import PATH, Spawner, StartedProcess
from agentgym.sandboxes.diagnosis import Evidence
from agentgym.sandboxes.owner import ProcessId
from agentgym.sandboxes.transport import SocketTransport, Transport
from agentgym.sandboxes.vessel import Changes, Vessel

log = logging.getLogger(__name__)

START_S = 30.0
KILL_S = 10.0
# What of /proc would tell the box about the host.
HIDDEN = ("kcore", "keys", "timer_list", "sched_debug", "key-users")
NAMES = {
    "/etc/hosts": "127.0.0.1 localhost box\n::1 localhost\n",
    "/etc/hostname": "box\n",
    "/etc/resolv.conf": "",
}
HOST_IMAGE_FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass
class _Running:
    """What a started box holds on the host."""

    process: StartedProcess
    stderr: int
    main_process: int | None = None


class BubblewrapVessel(Vessel):
    """A vessel made by bubblewrap."""

    carries_descriptors = True

    def __init__(
        self,
        spec: SandboxSpec,
        *,
        name: str,
        machine: Machine,
        rootfs: Path | None,
        records: Records,
        parents: Parents,
        spawner: Spawner,
    ) -> None:
        super().__init__(spec, name=name)
        self._machine = machine
        self._rootfs = rootfs
        self._records = records
        self._parents = parents
        self._spawner = spawner
        self._slot: int | None = None
        self._cgroups: BoxCgroups | None = None
        self._running: _Running | None = None
        self._known: Record | None = None
        self._words = ""
        self._renewals = 0

    def _start(self) -> Transport:
        self._words = ""
        groups = tuple(map(str, box_groups(self._parents, self.name)))
        owner = ProcessId.of(os.getpid())
        self._known = Record(self.name, owner, groups, image=self.spec.image, started_at=time.time())
        self._slot = self._records.claim(self._known)
        if self._parents.folders:
            try:
                self._cgroups = BoxCgroups.create(self._parents, self.name, self.spec)
            except OSError as error:
                raise BackendUnavailable(f"no control groups for box {self.name}: {error}") from error
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._launch(theirs)
        except BaseException:
            ours.close()
            raise
        return SocketTransport(ours)

    def _record(self, **facts: Any) -> None:
        """Write down what `reap` needs if this program dies."""
        assert self._slot is not None
        assert self._known is not None
        self._known = replace(self._known, **facts)
        self._records.update(self._slot, self._known)

    def _launch(self, stream: socket.socket) -> None:
        info, info_writer = os.pipe()
        program = seccomp.program_fd()
        stderr = os.memfd_create(f"box-{self.name}", os.MFD_CLOEXEC)
        passed = {"INFO": info_writer} | ({} if program is None else {"SECCOMP": program})
        try:
            plan = self._plan(list(passed))
            process = self._spawner.start(plan, [stderr, stream.fileno(), *passed.values()], timeout_s=START_S)
            self._running = _Running(process, stderr)
            stderr = -1
            self._record(process=ProcessId.of(process.pid))
            os.close(info_writer)
            info_writer = -1
            child = _read_child_pid(info, START_S)
            self._running.main_process = os.pidfd_open(child)
        except (SandboxLost, ProcessLookupError) as error:
            raise SandboxLost(f"box {self.name} did not start: {error}{self._last_words()}") from error
        finally:
            for fd in (info, info_writer, program, stderr):
                if fd is not None and fd >= 0:
                    os.close(fd)

    @property
    def _owner_id(self) -> int:
        """The box's root, as whoever mounts for the box sees it."""
        assert self._slot is not None
        return first_id(self._slot) if self._machine.root else 0

    def _plan(self, passed: list[str]) -> dict[str, Any]:
        """Return what the launcher has to do; `passed` names the descriptors that bubblewrap gets."""
        machine = self._machine
        id_map, gid_map = machine.id_maps()
        if machine.root:
            id_map = gid_map = [(0, self._owner_id, IDS_PER_BOX)]
        return {
            "order": "box",
            "cgroups": self._cgroups.entrances() if self._cgroups else [],
            "root": machine.root,
            "helpers": machine.id_helpers,
            "idmap": machine.idmapped_mounts,
            "id_map": id_map,
            "gid_map": gid_map,
            "owner_id": self._owner_id,
            "mount_point": str(self._records.mount_point),
            "rootfs": None if self._rootfs is None else str(self._rootfs),
            "disk_mib": self.spec.disk_mib,
            "inodes": max(4096, self.spec.disk_mib * 256),
            "passed": passed,
            "argv": self._bubblewrap(filtered="SECCOMP" in passed),
        }

    def _bubblewrap(self, *, filtered: bool) -> list[str]:
        """Return bubblewrap's command line; the launcher puts folders and descriptors in place of words in capitals."""
        argv = [self._machine.program, "--bind", "ROOT", "/", "--proc", "/proc"]
        for name in HIDDEN:
            if os.path.exists(f"/proc/{name}"):
                argv += ["--ro-bind", "/dev/null", f"/proc/{name}"]
        argv += ["--dev", "/dev", "--bind", "SHM", "/dev/shm", "--remount-ro", "/dev"]
        argv += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        argv += ["--unshare-cgroup-try", "--hostname", "box", "--die-with-parent", "--new-session", "--as-pid-1"]
        argv += ["--cap-drop", "ALL"]
        for name in dict.fromkeys((*AGENT_CAPABILITIES, *self.spec.linux_capabilities)):
            argv += ["--cap-add", f"CAP_{name}"]
        argv += ["--clearenv", "--setenv", "PATH", PATH, "--chdir", "/"]
        argv += ["--seccomp", "SECCOMP"] if filtered else []
        return [*argv, "--info-fd", "INFO", "--", *agent_command()]

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        settings["files"] = NAMES | (HOST_IMAGE_FILES if self._rootfs is None else {})
        settings["die_with_parent"] = True
        settings["single_id"] = self._machine.single_id
        settings["nproc"] = self.spec.pids if self._machine.counts_processes_per_box else None
        if "memory" not in self._parents.folders:
            settings["address_space_mib"] = self.spec.memory_mib
        return settings

    def oom_kills(self) -> int | None:
        """Return how many processes of the box the kernel has killed for memory; None if nobody counts."""
        groups = self._cgroups  # another thread may close the box meanwhile
        return groups.oom_kills() if groups else None

    def renew(self) -> bool:
        """Put an empty layer over the image in place of the one that was written to; the agent stays.

        Some 4 ms where a new box takes 20. Whatever outlives its process and is no file (System V objects, closing
        connections) cannot be taken away like that, and then only another box will do. So it is where root of the box
        ran commands of the policy's: root can change its namespaces' own settings.
        """
        running = self._running
        if running is None or running.main_process is None or self._rootfs is None:
            return False
        if self.spec.user == "root" or self._machine.single_id:
            return False
        self._renewals += 1
        if not self._clear():
            return False
        if why_not := self._change_root(running.process.handle, running.main_process):
            log.info("box %s cannot be renewed: %s", self.name, why_not)
            return False
        if "error" in self.ask("renew", {}, timeout_s=START_S).header:
            return False
        self._open_lines()
        return True

    def _change_root(self, outer: int, inner: int) -> str:
        """Return why it could not be done."""
        try:
            self._order("renew", outer, inner)
        except SandboxLost as error:
            return str(error)
        return ""

    def changes(self) -> Changes:
        """Say in what the written layer differs from the image."""
        running = self._running
        if running is None:
            raise SandboxLost(f"box {self.name} is closed")
        found = os.memfd_create("changes", os.MFD_CLOEXEC)
        try:
            self._order("changes", running.process.handle, found)
            os.lseek(found, 0, os.SEEK_SET)
            with open(found, encoding="utf-8", errors="surrogateescape", closefd=False) as file:
                changes = json.load(file)
        finally:
            os.close(found)
        if changes["too_deep"]:
            raise PathError(f"box {self.name}: its folders are deeper than a snapshot may hold")
        return Changes(changes["changed"], [*changes["whole"], "/dev/shm"], changes["removed"])

    def _order(self, order: str, *fds: int) -> None:
        """Have the launcher do something to the box from outside, and wait for it.

        Raises:
            SandboxLost: it could not be done.
        """
        stderr = os.memfd_create(order, os.MFD_CLOEXEC)
        plan = {
            "order": order,
            "root": self._machine.root,
            "layered": self._rootfs is not None,
            "mount_point": str(self._records.mount_point),
            "owner_id": self._owner_id,
            "number": self._renewals,
        }
        try:
            process = self._spawner.start(plan, [stderr, *fds], timeout_s=START_S)
            try:
                status = process.wait(START_S)
            finally:
                process.close()
            if status != 0:
                raise SandboxLost(f"box {self.name}: {order}: {_read_all(stderr) or f'ended with {status}'}")
        finally:
            os.close(stderr)

    def _look(self) -> Evidence:
        running = self._running
        if running is None:
            return Evidence(exists=False)
        status = running.process.wait(2.0)
        kills = self.oom_kills() or 0
        return Evidence(running=status is None, status=status, oom=kills > (self.oom_kills_before or 0))

    def _end(self) -> None:
        if self._running is not None:
            self._kill(self._running)
            self._words = _read_all(self._running.stderr)
            for fd in (self._running.stderr, self._running.main_process):
                if fd is not None:
                    os.close(fd)
            self._running.process.close()
            self._running = None
        if self._cgroups is not None and self._running is None:
            for folder in self._cgroups.folders:
                kill_group(folder)
        if self._cgroups is not None and self._cgroups.remove():
            self._cgroups = None
        # A slot whose groups could not be removed stays recorded, for `reap`.
        if self._slot is not None and self._cgroups is None:
            self._records.release(self._slot)
        self._slot = None
        self._cgroups = None

    def _kill(self, running: _Running) -> None:
        """Kill the box's first process, which takes all others along, and wait until all are gone.

        The outer process of bubblewrap ends once the first process is reaped, and the kernel lets that happen only when
        the whole process namespace is empty.
        """
        if running.main_process is not None:
            _kill(running.main_process)
        else:
            # Its first process may not be bound to bubblewrap's life yet.
            for pid in (*_children(running.process.pid), running.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if running.process.wait(KILL_S) is None:
            log.warning("box %s: bubblewrap does not end, killing it", self.name)
            running.process.kill()
            running.process.wait(KILL_S)
        if running.main_process is not None:
            _wait_gone(running.main_process, KILL_S)

    def _last_words(self) -> str:
        words = self._words or (_read_all(self._running.stderr) if self._running else "")
        return f"\n{words.strip()}" if words.strip() else ""


def _read_child_pid(fd: int, timeout_s: float) -> int:
    """Read bubblewrap's account of its child, which may come in pieces."""
    text, deadline = b"", time.monotonic() + timeout_s
    while not text.rstrip().endswith(b"}"):
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise SandboxLost(f"bubblewrap did not start within {timeout_s:.0f} s")
        piece = os.read(fd, 4096)
        if not piece:
            raise SandboxLost("bubblewrap ended before it started the box")
        text += piece
    return int(json.loads(text)["child-pid"])


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _kill(handle: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        signal.pidfd_send_signal(handle, signal.SIGKILL)


def _wait_gone(handle: int, timeout_s: float) -> None:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    poller.poll(timeout_s * 1000)


def _read_all(fd: int) -> str:
    os.lseek(fd, 0, os.SEEK_SET)
    return os.read(fd, 16384).decode("utf-8", "replace")
