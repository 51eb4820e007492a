"""`agentgym audit ENV|FOLDER`: whether an environment, or tasks of one's own, can be trusted with a policy."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from agentgym import plugins
from agentgym.audit import words
from agentgym.audit.attacks import OWN, Family
from agentgym.audit.audit import audit
from agentgym.audit.page import write_page
from agentgym.audit.report import AuditReport, Finding, Outcome, Verdict
from agentgym.audit.target import Extent, Target
from agentgym.bridges.inward.folder import holds_environment
from agentgym.cli.output import print_json, print_rows
from agentgym.cli.tasks import reader
from agentgym.command_line import printed, tell
from agentgym.env import AgentEnv
from agentgym.errors import UsageError, unknown
from agentgym.policy import PolicySettings, PolicySource
from agentgym.rollout.folder import explained, write_json
from agentgym.rollout.options import validated
from agentgym.sandbox import SandboxBackend
from agentgym.settings import Layers
from agentgym.task import Task

SUMMARY = "whether an environment holds: its contract, attacks, difficulty and near-duplicates, on one page"
SOUND, COULD_NOT, FAULTS = 0, 1, 3
STATUSES = {Verdict.SOUND: SOUND, Verdict.UNKNOWN: COULD_NOT, Verdict.FAULTY: FAULTS}
EPILOG = """\
exit status: 0 no fault was found, 1 something could not be judged (infrastructure), 2 bad usage, 3 faults were found,
130 interrupted, 143 ended by SIGTERM

examples:
  agentgym audit json-math --set scratchpad=false      an environment
  agentgym audit ./my-env --quick                      the folder of one that is not installed
  agentgym audit code-repair --tasks-from ./my-tasks   tasks of your own
"""
AUDITS = Path("audits")
DOCUMENT, PAGE = "audit.json", "audit.html"
NONE = "none"
# Not played, but looked at; `--quick` looks at fewer and plays one task of each split.
TASKS, DRAWN = 2, 100
QUICK_TASKS, QUICK_DRAWN = 1, 30
MOST_WHY = 400
# What is set elsewhere than by `--set`.
ELSEWHERE = {"sandbox": "--sandbox"}


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym audit`."""
    command.epilog, command.formatter_class = EPILOG, argparse.RawDescriptionHelpFormatter
    add = command.add_argument
    add("target", metavar="ENV|FOLDER", help="an environment, the folder of one, or a folder of tasks")
    add("--tasks-from", metavar="PATH", type=Path, help="audit these tasks, which ENV plays")
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="an option of the environment")
    add(
        "--tasks",
        metavar="N",
        type=int,
        help=f"tasks of each split that are played, and as many canaries (default: {TASKS})",
    )
    add("--drawn", metavar="N", type=int, help=f"tasks of each split that are looked at (default: {DRAWN})")
    add("--seed", metavar="N", type=int, default=0, help="chooses tasks (default: 0)")
    add("--attacks", metavar="FAMILIES", default="", help="only attacks of these, with commas; none plays none")
    add(
        "--quick", action="store_true", help="one task of each split and a canary, fewer looked at, the walls not tried"
    )
    add("--policy", metavar="SPEC", help="plays the tasks too, for the profile of difficulty, as openai:MODEL")
    add("--base-url", metavar="URL", help="where the policy's server is")
    add("--sandbox", default="auto", metavar="NAME", help="auto (default), docker or bubblewrap")
    add("--out", metavar="FOLDER", type=Path, help=f"for {DOCUMENT} and {PAGE} (default: audits/NAME)")
    add("--quiet", action="store_true", help="no progress")
    add("--json", action="store_true", help=f"print {DOCUMENT}")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Audit, keep and print; return the exit status."""
    target = _checked_target(arguments)
    folder: Path = arguments.out or AUDITS / _file_name(target)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder}: it is no folder")
    with _kept(folder), ExitStack() as opened:
        policy = opened.enter_context(_policy(arguments, target)) if arguments.policy else None
        backend = _backend(target, arguments.sandbox)
        if backend is not None:
            opened.callback(backend.close)
        report = audit(
            target,
            backend,
            extent=_extent(arguments),
            tell=(lambda line: None) if arguments.quiet else tell,
            policy=policy,
            command=_command(arguments),
        )
    with explained(folder, run=False):
        write_json(folder / DOCUMENT, report.model_dump(mode="json"))
    try:
        write_page(report, folder / PAGE)
    except UsageError as error:
        tell(str(error))
    known = printed(lambda: _print(report, folder, as_json=arguments.json), folder)
    return STATUSES[report.verdict] if known else COULD_NOT


@contextmanager
def _kept(folder: Path) -> Iterator[None]:
    """Make a folder; what fails before anything is written into it leaves none behind."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with explained(folder, run=False):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in made:
                path.rmdir()
        raise


def _checked_target(arguments: argparse.Namespace) -> Target:
    """Return what is named, where all else that is asked for can be too.

    Raises:
        UsageError: with all that is wrong.
    """
    faults = _option_faults(arguments)
    try:
        target = _target(arguments)
    except UsageError as error:
        raise UsageError(*error.faults, *faults) from None
    if faults:
        raise UsageError(*faults)
    return target


def _option_faults(arguments: argparse.Namespace) -> list[str]:
    faults = []
    for name in ("tasks", "drawn"):
        number = getattr(arguments, name)
        if number is not None and number < 1:
            faults.append(f"--{name} {number}: at least 1")
    if arguments.seed < 0:
        faults.append(f"--seed {arguments.seed}: not below 0")
    families = (*Family, OWN)
    faults += [
        f"--attacks: {unknown('family', name, families)}" for name in _families(arguments) if name not in families
    ]
    if arguments.base_url is not None and arguments.policy is None:
        faults.append("--base-url: name whom it serves with --policy, as openai:MODEL")
    if arguments.policy is not None:
        faults += [f"--policy: {fault}" for fault in plugins.argument_faults(arguments.policy)]
    try:
        plugins.check_backend_name(arguments.sandbox)
    except UsageError as error:
        faults += [f"--sandbox: {fault}" for fault in error.faults]
    return faults


def _families(arguments: argparse.Namespace) -> list[str]:
    named = [name.strip() for name in arguments.attacks.split(",") if name.strip()]
    return [] if named == [NONE] else named


def _extent(arguments: argparse.Namespace) -> Extent:
    tasks, drawn = (QUICK_TASKS, QUICK_DRAWN) if arguments.quick else (TASKS, DRAWN)
    return Extent(
        tasks=arguments.tasks or tasks,
        drawn=arguments.drawn or drawn,
        seed=arguments.seed,
        attacks=arguments.attacks.strip() != NONE,
        families=_families(arguments),
        boxes=not arguments.quick,
    )


def _target(arguments: argparse.Namespace) -> Target:
    """Return what is named: an environment, an environment's folder, or tasks for one.

    Raises:
        UsageError: it is none of them, or an option is not the environment's.
    """
    name, tasks_from = arguments.target, arguments.tasks_from
    folder = Path(name)
    if _is_missing_path(name):
        raise UsageError(f"there is no folder {name}: name one that is there, or an environment")
    if ":" not in name and folder.is_dir() and not _is_environment(name):
        if holds_environment(folder):
            name = f"folder:{name}"
        elif tasks_from is None:
            name, tasks_from = plugins.short_name(reader(None, folder).id), folder
        else:
            raise UsageError(f"{folder} is a folder of tasks, and so is --tasks-from: name the environment")
    elif ":" not in name and folder.is_file() and not _is_environment(name):
        raise UsageError(f"{folder} is a file: name an environment, or the folder of one; tasks go to --tasks-from")
    env_id = plugins.find_environment(name)
    env_class: type[AgentEnv] = plugins.environment_class(env_id)
    layers = Layers()
    layers.assign(arguments.set)
    options = _options(env_id, layers)
    own = _own_tasks(env_class, tasks_from, named=arguments.tasks_from is not None) if tasks_from is not None else ()
    named = name if tasks_from is None else f"{name} --tasks-from {shlex.quote(str(tasks_from))}"
    return Target(named, env_class, options, own)


def _options(env_id: str, layers: Layers) -> dict[str, Any]:
    try:
        options = validated("--set", env_id, layers.values, elsewhere=ELSEWHERE)
    except UsageError as error:
        raise UsageError(*layers.faults, *(fault.replace("--set.", "--set ", 1) for fault in error.faults)) from None
    if layers.faults:
        raise UsageError(*layers.faults)
    return options


def _own_tasks(env_class: type[AgentEnv], path: Path, *, named: bool) -> Sequence[Task]:
    """Return the tasks at a path; one that was not named to hold tasks may be meant to hold an environment."""
    try:
        return env_class.read_tasks(path)
    except UsageError as error:
        nor = () if named else (f"{path}: nor is an environment there, as agentgym new-env makes one",)
        raise UsageError(*error.faults, *nor) from None


def _is_missing_path(name: str) -> bool:
    """Tell whether a name can only be a path, of which there is nothing."""
    return ":" not in name and name.startswith((".", "/", "~")) and not Path(name).exists()


def _is_environment(name: str) -> bool:
    try:
        plugins.find_environment(name)
    except UsageError:
        return False
    return True


@contextmanager
def _policy(arguments: argparse.Namespace, target: Target) -> Iterator[PolicySource]:
    settings = PolicySettings(base_url=arguments.base_url, concurrency=1)
    source = plugins.open_policy(arguments.policy, settings)
    try:
        source.preflight([target.env_class.id])
        yield source
    finally:
        source.close()


def _backend(target: Target, name: str) -> SandboxBackend | None:
    """Return the backend, or None for what never opens a box."""
    env = target.make(sandbox=name)
    try:
        return plugins.open_backend(name) if env.specs(target.own_tasks) else None
    finally:
        env.close()


def _file_name(target: Target) -> str:
    """Return a name for the folder that a file system takes, and that is told apart by what was audited."""
    plain = "".join(char if char.isalnum() or char in "-_." else "-" for char in target.name)
    return plain.strip("-.")[:100] or "audit"


def _command(arguments: argparse.Namespace) -> str:
    words_ = ["agentgym", "audit", arguments.target]
    for option in ("tasks_from", "tasks", "drawn", "seed", "attacks", "policy", "base_url", "sandbox"):
        value = getattr(arguments, option)
        if value not in (None, "", "auto", 0):
            words_ += [f"--{option.replace('_', '-')}", str(value)]
    for assignment in arguments.set:
        words_ += ["--set", assignment]
    return shlex.join([*words_, *(["--quick"] if arguments.quick else [])])


def _print(report: AuditReport, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    rows = [(words.SIGNS[each.outcome], each.name, f"{each.seconds:.1f} s", _why(each)) for each in report.findings]
    print_rows(f"{report.target}: checks", rows)
    for title, headings, table in (
        ("splits", words.SPLIT_HEADINGS, words.split_rows(report)),
        (_played_by(report), words.level_headings(report), words.level_rows(report)),
    ):
        if table:
            print()
            print_rows(title, table, headings=headings, numbers=True)
    print()
    if report.gate.tasks:
        print(f"gate: {report.gate.passed} of {report.gate.tasks} tasks that were played pass it.")
    print(f"attacks: {words.hackability(report)}")
    print(f"near-duplicates: {words.duplicates(report)}")
    for finding in report.of(Outcome.FAILED):
        if finding.reproduce:
            print(f"again: {finding.reproduce}")
    print(f"\n{words.lead(report)}: {words.verdict(report).replace('`', '')}")
    page = folder / PAGE
    print(f"audit: {folder / DOCUMENT}" + (f", page: {page}" if page.exists() else ""))


def _played_by(report: AuditReport) -> str:
    return f"difficulty (policy: {report.difficulty.policy})" if report.difficulty.policy else "difficulty"


def _why(finding: Finding) -> str:
    if finding.outcome is Outcome.PASSED:
        return ""
    text = " ".join(finding.why.split())
    return text if len(text) <= MOST_WHY else f"{text[:MOST_WHY]}…"
