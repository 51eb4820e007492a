"""The folder of one run, whatever is run: held by one process at a time, and under one configuration."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentgym.errors import StoreError, UsageError
from agentgym.settings import differences

CONFIG = "config.json"
RUNS = Path("runs")

Config = dict[str, Any]
Differences = Iterable[tuple[str, object, object]]


class RunFolder:
    """A folder with a `config.json` that says what was run in it.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: Path, *, own: Collection[str] = ()) -> None:
        """Make the folder, if it is not there, and take its lock.

        Args:
            path: where it is.
            own: names of files that may be there without a `config.json`.

        Raises:
            UsageError: the folder holds something else than a run.
            StoreError: the folder cannot be made, read or written, or another process holds it.
        """
        self.path = path
        _refuse_strangers(path, own)
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StoreError(f"another process is playing the run in {path}: wait for it or use --out") from None

    def begin(
        self,
        config: Config,
        *,
        resume: bool,
        identity: Callable[[Config], Config] = lambda config: config,
        told_apart: Callable[[Config, Config], Differences] = differences,
    ) -> None:
        """Keep the configuration of a run that begins, or compare it with that of the run that goes on.

        Args:
            config: the resolved configuration; a run goes on only under the configuration it began with.
            resume: whether there may be a run already.
            identity: what of a configuration has to stay; what it leaves out is replaced.
            told_apart: yields the keys in which two configurations differ, as their users would set them, and both
                values.

        Raises:
            UsageError: there is a run already and `resume` is off, or its configuration differs.
            StoreError: the folder holds something unreadable.
        """
        file = self.path / CONFIG
        with explained(self.path):
            if not file.exists():
                write_json(file, config)
                return
            before = read_config(file)
            if not (isinstance(before, dict) and before.keys() & config.keys()):
                raise UsageError(
                    f"{self.path} is no run folder: its {CONFIG} is of something else. Choose another --out."
                )
            if not resume:
                raise UsageError(
                    f"{self.path} holds a run already: add --resume to go on with it, or choose another --out"
                )
            if identity(before) != identity(config):
                raise UsageError(
                    f"{self.path} was begun under another configuration; it can only go on as it began:",
                    *(
                        f"  {key}: {was!r} then, {is_!r} now"
                        for key, was, is_ in told_apart(identity(before), identity(config))
                    ),
                )
            if before != config:
                write_json(file, config)

    def close(self) -> None:
        """Give the folder back. Closing twice is harmless."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def new_folder(name: str) -> Path:
    """Return a folder below `runs/` that no run has yet, named by the time and what is run; it is not made."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    plain = name.replace("/", "-").replace(":", "-")
    # Runs of one second stay apart.
    while (folder := RUNS / f"{stamp}-{plain}-{secrets.token_hex(2)}").exists():
        pass
    return folder


def latest_folder(is_alike: Callable[[Any], bool]) -> Path | None:
    """Return the folder below `runs/` that was begun last, of those whose configuration is alike; None if none is."""
    alike = [path for path in RUNS.glob(f"*/{CONFIG}") if _read_as(path, is_alike)]
    return max(alike, key=lambda path: path.stat().st_mtime_ns).parent if alike else None


def _read_as(path: Path, is_alike: Callable[[Any], bool]) -> bool:
    try:
        return is_alike(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False


def read_config(path: Path) -> Any:
    """Return what a `config.json` holds; raises `StoreError` if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{path} is not JSON ({error}): it is no run folder, or it was damaged; use another --out"
        ) from None


def write_json(path: Path, value: Any) -> None:
    """Write a value for people to read, whole or not at all."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never half."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_strangers(folder: Path, own: Collection[str]) -> None:
    """Raise unless the folder is missing, empty, or a run's: a run is not begun among somebody's files."""
    with explained(folder):
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if CONFIG in names:
        return
    if strangers := [name for name in names if name not in own and name[0] != "."]:
        some = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
        raise UsageError(f"{folder} holds other files ({some}) and no run. Choose another --out, or an empty folder.")


class explained:
    """Turn an OSError into a StoreError that says what to do.

    Args:
        folder: what is read or written.
        run: it is a run's, which keeps its episodes for `--resume`.
    """

    def __init__(self, folder: Path, *, run: bool = True) -> None:
        self._folder = folder
        self._run = run

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            what, kept = ("run folder", "; with --resume, finished episodes are kept") if self._run else ("folder", "")
            raise StoreError(
                f"the {what} {self._folder} cannot be used: {error.strerror or error}. Make room or permission "
                f"there, or choose another --out{kept}."
            ) from error
