"""Backends that are weak in one way each, so that every check of the contract can be seen to fail.

A weakness is a mistake that real backends make. Some weaken a box really, where the host bears it: larger limits, other
capabilities, root in place of the box's user. Where only the host would pay for it, a weakness misreports what a box
did. No box is ever without limits.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentgym.errors import SandboxLost
from agentgym.sandbox import (
    Capabilities,
    Control,
    ControlReport,
    ExecReason,
    ExecResult,
    Health,
    Sandbox,
    SandboxBackend,
    SandboxSpec,
    ShellSession,
    Snapshot,
    Support,
)
from agentgym.sandboxes.bubblewrap.backend import BubblewrapBackend

Argv = Sequence[str]
Method = Callable[..., Any]


class WeakBox:
    """A box with some of its methods replaced."""

    def __init__(self, box: Sandbox, methods: Mapping[str, Method]) -> None:
        self.real, self._methods = box, methods

    def __getattr__(self, name: str) -> Any:
        if name in self._methods:
            return lambda *args, **options: self._methods[name](self.real, *args, **options)
        return getattr(self.real, name)

    def __enter__(self) -> WeakBox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class WeakBackend:
    """A backend with some of its methods replaced, and some of its boxes'; `end` closes what they leave open."""

    name = "weak"

    def __init__(self, backend: SandboxBackend, *, box: Mapping[str, Method] | None = None, **methods: Method) -> None:
        self.real, self._box, self._methods = backend, box or {}, methods
        self.opened: list[WeakBox] = []

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> WeakBox:
        weak = self._methods.get("acquire")
        real = weak(self.real, spec, start=start) if weak else self.real.acquire(spec, start=start)
        box = WeakBox(real, self._box)
        self.opened.append(box)
        return box

    def end(self) -> None:
        for box in self.opened:
            box.real.close()

    def __getattr__(self, name: str) -> Any:
        if name in self._methods:
            return lambda *args, **options: self._methods[name](self.real, *args, **options)
        return getattr(self.real, name)


Weakness = Callable[[SandboxBackend], WeakBackend]


def box(**methods: Method) -> Weakness:
    return lambda backend: WeakBackend(backend, box=methods)


def backend(**methods: Method) -> Weakness:
    return lambda backend: WeakBackend(backend, **methods)


def asking_for(**changes: Any) -> Weakness:
    """Give boxes of another spec than the one asked for."""
    return backend(acquire=with_spec(**changes))


def with_spec(**changes: Any) -> Method:
    def acquire(backend: SandboxBackend, spec: SandboxSpec, **options: Any) -> Sandbox:
        return backend.acquire(spec.model_copy(update=changes), **options)

    return acquire


# Commands.


def claiming(word: str, **wrong: Any) -> Weakness:
    """Say something wrong of commands with a word in their arguments."""

    def exec(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
        result = box.exec(argv, **options)
        return replace(result, **wrong) if any(word in argument for argument in argv) else result

    return box(exec=exec)


def running(change: Callable[[Argv], Argv]) -> Weakness:
    """Run other commands than those asked for."""
    return box(exec=lambda box, argv, **options: box.exec(change(argv), **options))


def judging(change: Callable[[ExecResult], ExecResult]) -> Weakness:
    """Report other results than there were."""
    return box(exec=lambda box, argv, **options: change(box.exec(argv, **options)))


def with_options(**other: Any) -> Weakness:
    return box(exec=lambda box, argv, **options: box.exec(argv, **(options | other)))


def as_root(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    return box.exec(argv, **(options | {"user": "root"}))


def signals_are_exits(result: ExecResult) -> ExecResult:
    if result.signal is None:
        return result
    return replace(result, reason=ExecReason.EXITED, exit_code=128 + result.signal, signal=None)


def believe_markers(result: ExecResult) -> ExecResult:
    said = re.search(rb"EXIT:(\d+)|__END__ (\d+)", result.stdout)
    return replace(result, exit_code=int(said[1] or said[2]), reason=ExecReason.EXITED) if said else result


def keep_decoded_text(result: ExecResult) -> ExecResult:
    return replace(result, stdout=result.stdout.decode("utf-8", "replace").encode())


def keep_the_head(result: ExecResult) -> ExecResult:
    return replace(result, stdout=result.stdout[:1000])


def join_arguments(argv: Argv) -> Argv:
    return argv if argv[0] == "sh" else ["sh", "-c", " ".join(argument for argument in argv if "\n" not in argument)]


def leak_a_descriptor(argv: Argv) -> Argv:
    return ["sh", "-c", 'exec 5</etc/passwd; exec "$@"', "sh", *argv]


def share_a_file(argv: Argv) -> Argv:
    return ["sh", "-c", '"$@" >/tmp/output 2>/tmp/errors; code=$?; cat /tmp/output; exit $code', "sh", *argv]


def lose_some_stdin(box: Sandbox, argv: Argv, *, stdin: bytes = b"", **options: Any) -> ExecResult:
    return box.exec(argv, stdin=stdin[: 32 << 20], **options)


def add_the_hosts_environment(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    return box.exec(argv, **(options | {"env": dict(os.environ) | dict(options.get("env") or {})}))


def count_the_hosts_cores(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    return box.exec(argv, **(options | {"env": {"OMP_NUM_THREADS": "96"}}))


def stand_in_unknown_users(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    known = options.get("user") in ("agent", "root")
    return box.exec(argv, **(options if known else options | {"user": None}))


def run_late_commands_twice(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    result = box.exec(argv, **options)
    return box.exec(argv, **options) if result.reason is ExecReason.TIMEOUT else result


def leave_detached(box: Sandbox, argv: Argv, **options: Any) -> ExecResult:
    result = box.exec(argv, **options)
    if result.reason is ExecReason.TIMEOUT and "setsid" in argv[-1]:
        box.exec(["sh", "-c", "setsid sleep 86421 >/dev/null 2>&1 &"], timeout_s=5)
    return result


def run_on_the_host(box: Sandbox, argv: Argv, *, timeout_s: float, **options: Any) -> ExecResult:
    """Run a command of a check that only looks, or talks to the check itself, without any box."""
    done = subprocess.run(argv, capture_output=True, timeout=timeout_s)
    return ExecResult(ExecReason.EXITED, done.returncode, done.stdout, done.stderr)


# Shells.


class WeakShell:
    """A shell whose commands go another way than its own, with the shell at hand."""

    def __init__(self, box: Sandbox, run: Callable[..., ExecResult]) -> None:
        self._box, self._shell, self._run = box, box.session(), run

    def run(self, command: str, *, timeout_s: float) -> ExecResult:
        return self._run(self._box, self._shell, command, timeout_s)

    def close(self) -> None:
        self._shell.close()


def shell(run: Callable[..., ExecResult]) -> Weakness:
    return box(session=lambda box: WeakShell(box, run))


def a_new_shell_each(box: Sandbox, _shell: ShellSession, command: str, timeout_s: float) -> ExecResult:
    return box.exec(["bash", "-c", command], timeout_s=timeout_s)


def kill_the_shell_only(box: Sandbox, shell: ShellSession, command: str, timeout_s: float) -> ExecResult:
    result = shell.run(command, timeout_s=timeout_s)
    if result.reason is ExecReason.TIMEOUT:
        box.exec(["sh", "-c", "setsid sleep 86423 >/dev/null 2>&1 &"], timeout_s=5)
    return result


def end_at_a_marker(_box: Sandbox, shell: ShellSession, command: str, timeout_s: float) -> ExecResult:
    # What a forger is sure to reach is its own output.
    return believe_markers(shell.run(command, timeout_s=min(timeout_s, 1)))


# Files.


def read_through_links(box: Sandbox, path: str, *, max_bytes: int, user: str | None = None) -> bytes:
    return box.exec(["head", "-c", str(max_bytes), path], timeout_s=5, user=user).stdout


def write_through_links(box: Sandbox, path: str, data: bytes, **options: Any) -> None:
    box.exec(["sh", "-c", 'cat >"$0"', path], stdin=data, timeout_s=5)


def write_without_mode(box: Sandbox, path: str, data: bytes, *, mode: int = 0, user: str | None = None) -> None:
    box.write(path, data, user=user)


def put_wherever_names_lead(box: Sandbox, files: Mapping[str, bytes], root: str, **options: Any) -> None:
    for name, data in files.items():
        box.write(posixpath.normpath(posixpath.join(root, name)), data)


def get_through_links(box: Sandbox, paths: Sequence[str], **options: Any) -> dict[str, bytes]:
    names = box.exec(["find", "-L", *paths, "-type", "f"], timeout_s=10).stdout.decode().splitlines()
    return {name: box.exec(["cat", name], timeout_s=10).stdout for name in names}


def get_without_caps(box: Sandbox, paths: Sequence[str], **options: Any) -> dict[str, bytes]:
    return box.get_tree(paths, max_bytes=1 << 24, max_files=1 << 16)


# Boxes, snapshots, refusals.


class OneBox(WeakBackend):
    """Hands out one box to everybody."""

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> WeakBox:
        return self.opened[0] if self.opened else super().acquire(spec, start=start)


class OneVesselForTwo(WeakBackend):
    """Hands out boxes that are one and the same inside."""

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> WeakBox:
        return WeakBox(self.opened[0].real, {}) if self.opened else super().acquire(spec, start=start)


class RootInPlaceOfUser(WeakBackend):
    """Runs every command as a root that keeps a capability."""

    def __init__(self, backend: SandboxBackend) -> None:
        super().__init__(backend, box={"exec": as_root}, acquire=with_spec(linux_capabilities=("CHOWN",)))


class OneLayerForAll(WeakBackend):
    """Boxes that start with a snapshot write to it."""

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> WeakBox:
        if start is not None and len(self.opened) > 1:
            start = self.opened[-1].real.snapshot()
        return super().acquire(spec, start=start)


class Outliving(WeakBackend):
    """Commands are no children of their owner's, and nobody keeps a record of them."""

    def __init__(self) -> None:
        super().__init__(BubblewrapBackend(), box={"exec": self._exec})

    @staticmethod
    def _exec(box: Sandbox, argv: Argv, **options: Any) -> None:
        subprocess.Popen(["timeout", "20", *argv], start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(20)

    def end(self) -> None:
        super().end()
        self.real.close()


def reset_files_only(box: Sandbox, to: Snapshot | None = None) -> None:
    box.exec(["sh", "-c", "rm -rf /work/* /tmp/* /dev/shm/*"], timeout_s=5)


def race_with_the_own_process(box: Sandbox) -> Snapshot:
    """Take it for a fault that a helper ended before it was looked at."""
    raise SandboxLost("the helper's process is gone")


def snapshot_without(script: str, user: str) -> Weakness:
    def snapshot(box: Sandbox) -> Snapshot:
        box.exec(["sh", "-c", script], timeout_s=10, user=user)
        return box.snapshot()

    return box(snapshot=snapshot)


def snapshot_of_anything(backend: SandboxBackend, spec: SandboxSpec, *, start: Snapshot | None = None) -> Sandbox:
    return backend.acquire(spec, start=start and replace(start, spec=spec, backend=backend.name))


def without_capabilities(ask: str) -> Method:
    def weak(backend: SandboxBackend, spec: SandboxSpec, **options: Any) -> Any:
        return getattr(backend, ask)(spec.model_copy(update={"linux_capabilities": ()}), **options)

    return weak


def half_a_disk(backend: SandboxBackend) -> Capabilities:
    controls = backend.capabilities().controls
    return Capabilities({**controls, Control.DISK: ControlReport(Support.PARTIAL, "each file is held")})


def no_preflight(backend: SandboxBackend, spec: SandboxSpec) -> None:
    """Find out in the first episode."""


WEAK: Sequence[tuple[str, Weakness]] = (
    ("fresh_boxes_are_healthy", box(health=lambda box: Health.LOST)),
    ("open_boxes_are_on_record", backend(boxes=lambda backend: ())),
    ("exit_codes_are_exact", judging(lambda result: replace(result, exit_code=(result.exit_code or 0) & 0x7F))),
    ("signals_are_told_from_timeouts", judging(signals_are_exits)),
    ("missing_programs_and_folders", judging(lambda result: replace(result, stderr=b""))),
    ("bytes_are_exact", judging(keep_decoded_text)),
    ("much_stdin_is_exact", box(exec=lose_some_stdin)),
    ("arguments_are_exact", running(join_arguments)),
    ("large_arguments", running(lambda argv: argv[:500])),
    ("nul_in_arguments_is_refused", running(lambda argv: [argument.split("\0")[0] for argument in argv])),
    ("ends_cannot_be_forged", judging(believe_markers)),
    ("no_descriptor_is_inherited", running(leak_a_descriptor)),
    ("environment_is_small_and_fixed", box(exec=add_the_hosts_environment)),
    ("thread_counts_are_the_specs", box(exec=count_the_hosts_cores)),
    ("folders_and_variables_are_as_asked", with_options(cwd=None)),
    ("folders_and_variables_are_as_asked", with_options(env=None)),
    ("users_are_as_asked", with_options(user=None)),
    ("unknown_users_are_refused", box(exec=stand_in_unknown_users)),
    ("many_commands_at_once", running(share_a_file)),
    ("session_persists", shell(a_new_shell_each)),
    ("session_survives_timeouts_and_exit", shell(kill_the_shell_only)),
    ("session_ends_cannot_be_forged", shell(end_at_a_marker)),
    ("closing_is_idempotent", box(close=lambda box: None)),
    ("files_come_back_as_written", box(write=write_without_mode)),
    ("reads_refuse_traps", box(read=read_through_links)),
    ("writes_refuse_traps", box(write=write_through_links)),
    ("trees_go_in_and_come_out", box(get_tree=get_through_links)),
    ("trees_are_capped", box(get_tree=get_without_caps)),
    ("trees_stay_below_their_root", box(put_tree=put_wherever_names_lead)),
    ("fork_bomb_is_held", asking_for(pids=320)),
    ("memory_bomb_is_an_oom_result", asking_for(memory_mib=576)),
    ("memory_bomb_is_an_oom_result", claiming("kept.append", reason=ExecReason.SIGNALED, signal=9)),
    ("memory_of_all_processes_is_summed", asking_for(memory_mib=576)),
    ("endless_output_is_bounded", claiming("yes", reason=ExecReason.TIMEOUT)),
    ("long_output_keeps_head_and_tail", judging(keep_the_head)),
    ("daemon_does_not_hold_the_command", judging(lambda result: replace(result, background_left=False))),
    ("timeout_kills_the_whole_tree", box(exec=leave_detached)),
    ("timeout_keeps_output_and_runs_once", box(exec=run_late_commands_twice)),
    ("disk_is_held", asking_for(disk_mib=256, memory_mib=576)),
    ("inodes_are_held", running(lambda argv: [argument.replace("range(200000)", "range(200)") for argument in argv])),
    ("cpu_is_held", asking_for(cpus=3.0)),
    ("network_is_lo_only", claiming("if_nameindex", stdout=b"eth0,lo\n")),
    ("host_listeners_are_unreachable", box(exec=run_on_the_host)),
    ("host_gets_no_datagrams", box(exec=run_on_the_host)),
    ("loopback_works_inside", claiming("create_server", stdout=b"", exit_code=1)),
    ("host_is_invisible", box(exec=run_on_the_host)),
    ("user_has_no_privileges", RootInPlaceOfUser),
    ("root_has_the_specs_capabilities", asking_for(linux_capabilities=("CHOWN",))),
    ("user_cannot_become_root", box(exec=as_root)),
    ("dangerous_calls_are_refused", claiming("unshare", stdout=b"a new user namespace\n")),
    ("dangerous_calls_are_refused", claiming("Seccomp", stdout=b"Seccomp:\t0\n")),
    ("keepers_cannot_be_harmed", box(exec=as_root)),
    ("clock_cannot_be_set", claiming("adjtimex", stdout=b"it can be shifted\n")),
    ("root_is_nobody_on_the_host", claiming("uid_map", stdout=b"         0          0 4294967295\n")),
    ("boxes_are_apart", OneBox),
    ("boxes_are_apart", OneVesselForTwo),
    ("many_boxes_at_once", OneVesselForTwo),
    ("busy_programs_keep_their_boxes", box(snapshot=race_with_the_own_process)),
    ("reset_restores", box(reset=reset_files_only)),
    ("killed_owners_leave_no_box", lambda backend: Outliving()),
    ("changes_are_told", box(changes=lambda box, paths: ())),
    ("changes_are_told", box(changes=lambda box, paths: (*box.changes([]), "/work/new/file", "/etc/profile"))),
    (
        "roots_changes_are_told",
        box(changes=lambda box, paths: tuple(p for p in box.changes(paths) if p != "/etc/profile")),
    ),
    ("snapshots_keep_files", snapshot_without("find /work -type l -delete", "agent")),
    ("snapshots_keep_files", snapshot_without("chmod -R go-rwx /work", "agent")),
    ("snapshots_keep_owners_and_deletions", snapshot_without("rm -rf /srv/*", "root")),
    ("snapshots_keep_owners_and_deletions", snapshot_without("cp /usr/bin/true /usr/bin/yes", "root")),
    ("snapshots_hold_no_processes", box(reset=reset_files_only)),
    ("snapshots_do_not_change", OneLayerForAll),
    ("foreign_snapshots_are_refused", backend(acquire=snapshot_of_anything)),
    ("missing_images_are_refused", backend(preflight=no_preflight)),
    ("missing_programs_of_images_are_refused", backend(preflight=no_preflight)),
    (
        "forbidden_capabilities_are_refused",
        backend(
            preflight=without_capabilities("preflight"),
            acquire=without_capabilities("acquire"),
        ),
    ),
    ("unenforceable_controls_are_refused", backend(capabilities=half_a_disk)),
)
