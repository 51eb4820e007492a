"""The contract of a sandbox backend, as a suite that runs one check after another on fresh boxes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from agentgym.checks import boxes, commands, files, limits, network, refusals, snapshots, walls
from agentgym.checks.bench import Bench, Check, Listed
from agentgym.checks.report import CheckReport, CheckResult, Failed, case_of, run_check, skip
from agentgym.errors import AgentGymError, UsageError
from agentgym.sandbox import Control, ControlReport, Sandbox, SandboxBackend, SandboxSpec, Support

log = logging.getLogger(__name__)


def _listed(check: Check, *needs: Control) -> Listed:
    return Listed(check, needs)


SANDBOX_CHECKS: Sequence[Listed] = (
    _listed(boxes.fresh_boxes_are_healthy),
    _listed(boxes.open_boxes_are_on_record),
    _listed(commands.exit_codes_are_exact),
    _listed(commands.signals_are_told_from_timeouts),
    _listed(commands.missing_programs_and_folders),
    _listed(commands.bytes_are_exact),
    _listed(commands.much_stdin_is_exact),
    _listed(commands.arguments_are_exact),
    _listed(commands.large_arguments),
    _listed(commands.nul_in_arguments_is_refused),
    _listed(commands.ends_cannot_be_forged),
    _listed(commands.no_descriptor_is_inherited),
    _listed(commands.environment_is_small_and_fixed),
    _listed(commands.thread_counts_are_the_specs),
    _listed(commands.folders_and_variables_are_as_asked),
    _listed(commands.users_are_as_asked, Control.USERS),
    _listed(commands.unknown_users_are_refused),
    _listed(commands.many_commands_at_once),
    _listed(commands.session_persists),
    _listed(commands.session_survives_timeouts_and_exit),
    _listed(commands.session_ends_cannot_be_forged),
    _listed(boxes.closing_is_idempotent),
    _listed(files.files_come_back_as_written),
    _listed(files.reads_refuse_traps),
    _listed(files.writes_refuse_traps),
    _listed(files.trees_go_in_and_come_out),
    _listed(files.trees_are_capped),
    _listed(files.trees_stay_below_their_root),
    _listed(limits.fork_bomb_is_held, Control.PIDS),
    _listed(limits.memory_bomb_is_an_oom_result, Control.MEMORY),
    _listed(limits.memory_of_all_processes_is_summed, Control.MEMORY),
    _listed(limits.endless_output_is_bounded),
    _listed(limits.long_output_keeps_head_and_tail),
    _listed(limits.daemon_does_not_hold_the_command),
    _listed(limits.timeout_kills_the_whole_tree),
    _listed(limits.timeout_keeps_output_and_runs_once),
    _listed(limits.disk_is_held, Control.DISK),
    _listed(limits.inodes_are_held, Control.DISK),
    _listed(limits.cpu_is_held, Control.CPU),
    _listed(network.network_is_lo_only, Control.NETWORK),
    _listed(network.host_listeners_are_unreachable, Control.NETWORK),
    _listed(network.host_gets_no_datagrams, Control.NETWORK),
    _listed(network.loopback_works_inside, Control.NETWORK),
    _listed(walls.host_is_invisible, Control.FILESYSTEM),
    _listed(walls.user_has_no_privileges, Control.CAPABILITIES, Control.NO_NEW_PRIVILEGES, Control.USERS),
    _listed(walls.root_has_the_specs_capabilities, Control.CAPABILITIES, Control.NO_NEW_PRIVILEGES),
    _listed(walls.user_cannot_become_root, Control.NO_NEW_PRIVILEGES, Control.USERS),
    _listed(walls.dangerous_calls_are_refused, Control.SECCOMP),
    _listed(walls.keepers_cannot_be_harmed, Control.USERS),
    _listed(walls.clock_cannot_be_set, Control.CAPABILITIES),
    _listed(walls.root_is_nobody_on_the_host, Control.USER_NAMESPACE, Control.USERS),
    _listed(boxes.boxes_are_apart),
    _listed(boxes.many_boxes_at_once),
    _listed(boxes.busy_programs_keep_their_boxes),
    _listed(boxes.reset_restores),
    _listed(boxes.killed_owners_leave_no_box),
    _listed(snapshots.changes_are_told),
    _listed(snapshots.roots_changes_are_told),
    _listed(snapshots.snapshots_keep_files),
    _listed(snapshots.snapshots_keep_owners_and_deletions, Control.USERS),
    _listed(snapshots.snapshots_hold_no_processes),
    _listed(snapshots.snapshots_do_not_change),
    _listed(snapshots.foreign_snapshots_are_refused),
    _listed(refusals.missing_images_are_refused),
    _listed(refusals.missing_programs_of_images_are_refused),
    _listed(refusals.forbidden_capabilities_are_refused),
    _listed(refusals.unenforceable_controls_are_refused),
)


def sandbox_spec() -> SandboxSpec:
    """Return the spec that the suite uses by default: small limits, so that reaching them is quick."""
    return SandboxSpec(memory_mib=192, pids=64, disk_mib=64)


def check_sandbox(
    backend: SandboxBackend, spec: SandboxSpec | None = None, *, checks: Sequence[Listed] = SANDBOX_CHECKS
) -> CheckReport:
    """Check that a backend keeps the contract of `agentgym.sandbox`.

    Every check has a fresh box. One that a machine's capabilities cannot carry is skipped and says so. Hostile
    programs run, but only inside the boxes. Whatever goes wrong is in the report.

    Args:
        backend: the backend; it stays open.
        spec: the boxes to check; by default small ones.
        checks: which checks, by default all.

    Raises:
        UsageError: this is no backend, or these are no checks.
    """
    if isinstance(backend, str):
        raise UsageError(f"a backend is checked, not its name: check_sandbox(open_backend({backend!r}))")
    if strangers := [check for check in checks if not isinstance(check, Listed)]:
        raise UsageError(f"checks are entries of SANDBOX_CHECKS, not {strangers[0]!r}")
    spec = spec or sandbox_spec()
    subject = f"{backend.name} ({type(backend).__qualname__})"
    return CheckReport(subject, tuple(check_one(backend, spec, listed) for listed in checks))


def check_one(backend: SandboxBackend, spec: SandboxSpec, listed: Listed) -> CheckResult:
    """Run one check on a box of its own."""

    def check() -> None:
        capabilities = backend.capabilities()
        held = [(control, capabilities.controls[control]) for control in listed.needs]
        if absent := _list(held, Support.ABSENT):
            skip(absent)
        box = backend.acquire(spec)
        try:
            listed.check(Bench(backend, spec, capabilities, box))
        except Failed as failure:
            # What is held in part is not promised, and the report says what is missing.
            if partial := _list(held, Support.PARTIAL):
                skip(f"{partial} ({failure})")
            raise
        finally:
            _close(box)

    return run_check(case_of(listed.check), check)


def _list(held: Sequence[tuple[Control, ControlReport]], support: Support) -> str:
    return "; ".join(
        f"{control} is {support}: {report.detail}" for control, report in held if report.support is support
    )


def _close(box: Sandbox) -> None:
    try:
        box.close()
    except AgentGymError as error:
        log.warning("a box could not be closed after a check: %s", error)
