"""Running `tests/test.sh` in a box, and reading the reward that it leaves in a file.

The reward is the word of a program that ran beside what the policy left. It is taken only as the format says, and every
result says that it is not trusted: `"trusted": false` in the component's data.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from pydantic import JsonValue

from agentgym.errors import PathError
from agentgym.harbor.folder import File
from agentgym.reward import Component, Reward
from agentgym.sandbox import ExecReason, ExecResult, Sandbox

LOGS = "/logs/verifier"
REWARDS = ("reward.txt", "reward.json")
MAX_REWARD_BYTES = 64 * 1024
MAX_SHOWN_CHARS = 400
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Names that no path has: how test.sh ended, and what it printed.
ENDED, OUTPUT = "\0ended", "\0output"
UNTRUSTED: Mapping[str, JsonValue] = {"trusted": False}


def put_files(box: Sandbox, files: Mapping[str, File], folder: str, *, env: Mapping[str, str] | None = None) -> None:
    """Put files below a folder as root; those that may be started stay so. `env` may name the PATH of `chmod`."""
    box.put_tree({path: file.data for path, file in files.items()}, folder, user="root")
    started = [f"{folder.rstrip('/')}/{path}" for path, file in files.items() if file.executable]
    if started:
        box.exec(["chmod", "0755", "--", *started], timeout_s=60, user="root", env=env)


def run_verifier(
    box: Sandbox,
    tests: Mapping[str, File],
    *,
    workdir: str,
    env: Mapping[str, str],
    timeout_s: float,
    keep_artifacts: bool = False,
) -> dict[str, bytes]:
    """Run test.sh in a box and return the reward files that it wrote, how it ended, and its last words.

    Whatever lies in its folders is removed first; what is in /logs/artifacts only if it is not to be kept. The PATH in
    `env` is that of all programs that are started.
    """
    # An agent that is root may have put a reward, or a helper, there beforehand.
    box.exec(["rm", "-rf", "/tests", LOGS if keep_artifacts else "/logs"], timeout_s=60, user="root", env=env)
    put_files(box, tests, "/tests", env=env)
    made = box.exec(["mkdir", "-p", LOGS, "/logs/artifacts", workdir], timeout_s=60, user="root", env=env)
    if not made.ok:
        return {ENDED: b"the folders that test.sh needs could not be made", OUTPUT: _last_words(made)}
    result = box.exec(["bash", "/tests/test.sh"], timeout_s=timeout_s, cwd=workdir, env=env, user="root")
    found = {ENDED: f"test.sh {how_it_ended(result)}".encode(), OUTPUT: _last_words(result)}
    if result.exit_code is None:
        return found
    for name in REWARDS:
        try:
            found[name] = box.read(f"{LOGS}/{name}", max_bytes=MAX_REWARD_BYTES, user="root")
        except PathError:
            continue
    return found


def how_it_ended(result: ExecResult) -> str:
    """Return how a command ended, as the end of a sentence."""
    match result.reason:
        case ExecReason.EXITED:
            return f"exit status {result.exit_code}"
        case ExecReason.TIMEOUT:
            return f"took too long: killed after {result.seconds:.0f} s"
        case ExecReason.OOM:
            return "ran out of memory"
        case _:
            return f"killed: {result.reason}"


def _last_words(result: ExecResult) -> bytes:
    return result.text.strip()[-MAX_SHOWN_CHARS:].encode("utf-8", "replace")


def read_reward(found: Mapping[str, bytes]) -> Reward:
    """Return the reward that a verifier has written to `reward.txt` or `reward.json`; 0 if none can be used.

    Both may be there if they say the same.
    """
    ended = found.get(ENDED, b"").decode("utf-8", "replace")
    output = found.get(OUTPUT, b"").decode("utf-8", "replace")
    values = {name: _number(name, found[name]) for name in REWARDS if name in found}
    if not values:
        return _refused(f"no reward was written; {ended}: {output}")
    for name, value in values.items():
        if value is None:
            return _refused(f"{name} holds no number from 0 to 1: {found[name][:80]!r}; {ended}")
    if len(set(values.values())) > 1:
        said = " and ".join(f"{name} {value:g}" for name, value in values.items())
        return _refused(f"there are two rewards, and they differ: {said}; {ended}")
    name, value = next(iter(values.items()))
    assert value is not None
    evidence = f"{name}: {value:g}; {ended}"
    data: dict[str, JsonValue] = {**UNTRUSTED, "output": output}
    return Reward.of([Component(name="verifier", value=value, evidence=evidence, data=data)])


def _refused(why: str) -> Reward:
    component = Component(name="verifier", value=0, hard=True, evidence=why, data=dict(UNTRUSTED))
    return Reward(value=0, components=(component,))


def _decimal(text: str) -> float:
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is no decimal number")
    return float(text)


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _number(name: str, data: bytes) -> float | None:
    """Return the reward in a file: a number, or in JSON the value of `reward` or of the only key."""
    try:
        text = data.decode("utf-8").strip()
        value = _decimal(text) if name.endswith(".txt") else json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        value = value.get("reward", next(iter(value.values())) if len(value) == 1 else None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) and 0 <= value <= 1 else None
    except OverflowError:
        return None
