"""Options of environments in a rollout: from a file and `--set`, validated once, part of what makes a run this run."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from counting_gym.env import CountingEnv

from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.errors import UsageError
from agentgym.rollout.config import RolloutConfig, load
from agentgym.rollout.options import model_of, resolve
from agentgym.rollout.run import rollout
from agentgym.rollout.store import read_trajectories
from agentgym.task import Split

PLAYED: Mapping[str, Any] = {"environments": ("json-math",), "tasks": 1, "policy.spec": "oracle"}
WITHOUT_BOX = "options.json-math.scratchpad=false"
JSON_MATH = "agentgym/JsonMath-v1"


def config(*assignments: str, file: Path | None = None, **flags: Any) -> RolloutConfig:
    return load(file, assignments, {**PLAYED, **flags})


def faults(*assignments: str, **flags: Any) -> list[str]:
    with pytest.raises(UsageError) as caught:
        config(*assignments, **flags)
    return list(caught.value.faults)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    plugin = str(Path(__file__).parents[1] / "plugin")
    path = os.pathsep.join([plugin, os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "agentgym.rollout", "json-math", "--tasks", "1", "--quiet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path})


def test_options_come_from_a_file_and_set_wins(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[options.json-math]\nscratchpad = false\nanswer = "reply"\n')
    assert config(file=file).env_options == {JSON_MATH: {"scratchpad": False, "answer": "reply"}}
    both = config("options.json-math.answer=call", "options.json-math.feedback=true", file=file)
    assert both.env_options == {JSON_MATH: {"scratchpad": False, "feedback": True}}


def test_an_environment_can_be_named_by_its_id() -> None:
    assert config(f"options.{JSON_MATH}.feedback=true").env_options == {JSON_MATH: {"feedback": True}}
    twice = faults(f"options.{JSON_MATH}.feedback=true", "options.json-math.feedback=false")
    assert twice == ["options.json-math: this environment's options stand there twice, by name and by id"]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        (
            "options.json-math.scratchpd=false",
            "options.json-math.scratchpd: there is no such option: did you mean 'scr",
        ),
        ("options.json-math.scratchpad=5", "options.json-math.scratchpad: input should be a valid boolean"),
        ("options.json-math.feedback=yes", "options.json-math.feedback: input should be a valid boolean, not 'yes'"),
        ("options.json-math.feedback=1", "options.json-math.feedback: input should be a valid boolean, not 1"),
        (
            'options.json-math.feedback="true"',
            "options.json-math.feedback: input should be a valid boolean, not 'true'",
        ),
        ("options.json-math.answer=\udcff", "options.json-math: a value cannot be kept in a run's config.json"),
        ("options.json-math.answer=cal", "options.json-math.answer: input should be 'call' or 'reply', not 'cal'"),
        (
            "options.json-math.max_turns=3",
            "options.json-math.max_turns: every environment has it; set limits.max_turns",
        ),
        ("options.json-math=5", "options.json-math: this is a section; set its keys, as options.json-math.NAME=VALUE"),
        ("options=5", "options: this is a section; set its keys, as options.NAME=VALUE"),
        (
            "options.json-maths.answer=call",
            "options.json-maths: there is no environment named 'json-maths': did you me",
        ),
        ("options.counting.answer=call", "options.counting: this run does not play it, but json-math: leave it out"),
    ],
)
def test_a_wrong_option_is_told(assignment: str, said: str) -> None:
    [fault] = faults(assignment)
    assert fault.startswith(said)


def test_every_fault_is_told_at_once_with_those_of_other_settings() -> None:
    wrong = ("scratchpad=5", "answer=cal", "feedbak=true")
    told = faults(*(f"options.json-math.{text}" for text in wrong), "options.counting.x=1", "group_size=0")
    assert [fault.partition(":")[0] for fault in told] == [
        "group_size",
        "options.json-math.scratchpad",
        "options.json-math.answer",
        "options.json-math.feedbak",
        "options.counting",
    ]


def test_an_environment_without_options_of_its_own_has_none() -> None:
    [fault] = faults("options.counting.scratchpad=false", environments=("counting",))
    assert fault == "options.counting.scratchpad: there is no such option. Known: none."


def test_a_run_of_all_environments_takes_options_of_each() -> None:
    assert config(WITHOUT_BOX, environments=()).env_options == {JSON_MATH: {"scratchpad": False}}


def test_options_of_every_class_on_the_way_to_the_base_are_found() -> None:
    class Harder(JsonMathEnv):
        def __init__(self, *, rounds: int = 3, **options: Any) -> None:
            super().__init__(**options)
            self.rounds = rounds

    assert list(model_of(Harder).model_fields) == ["scratchpad", "answer", "feedback", "rounds"]
    assert list(model_of(CountingEnv).model_fields) == []


def test_types_that_toml_has_not_are_made_of_those_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    class Typed(JsonMathEnv):
        def __init__(self, *, path: Path, pair: tuple[int, int], of: Split, share: float, **options: Any) -> None:
            super().__init__(**options)

    monkeypatch.setattr("agentgym.plugins.environment_class", lambda env_id: Typed)
    given = {"path": "a/b", "pair": [1, 2], "of": "eval", "share": 1}
    resolved = resolve({"json-math": given}, [JSON_MATH])
    assert resolved == ({JSON_MATH: {"path": Path("a/b"), "pair": (1, 2), "of": Split.EVAL, "share": 1.0}}, [])


def test_a_run_is_another_one_with_other_options() -> None:
    plain = config().identity()
    assert "options" not in plain
    assert config("options.json-math.scratchpad=true").identity() == plain
    assert config(WITHOUT_BOX).identity() == {**plain, "options": {JSON_MATH: {"scratchpad": False}}}


def test_environments_are_made_with_them(tmp_path: Path) -> None:
    result = rollout(config(WITHOUT_BOX, "options.json-math.answer=reply", "sandbox.backend=docker"), tmp_path)
    [trajectory] = read_trajectories(tmp_path)
    assert trajectory.success
    assert not trajectory.turns[0].completion.message.tool_calls
    assert result.sandbox == "none"
    assert result.options == {"json-math": {"scratchpad": False, "answer": "reply"}}


def test_no_backend_is_needed_where_no_box_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    rollout(config(WITHOUT_BOX, "sandbox.backend=docker"), tmp_path / "run")
    assert (tmp_path / "run" / "summary.json").exists()


def test_the_command_shows_them_and_resumes_only_with_them(tmp_path: Path) -> None:
    asked = ("--policy", "oracle", "--out", str(tmp_path / "run"), "--set", WITHOUT_BOX)
    feedback = ("--set", "options.json-math.feedback=true")
    played = run(*asked, *feedback)
    assert played.returncode == 0, played.stderr
    assert "options: json-math.scratchpad=false, json-math.feedback=true\n" in played.stdout
    again = run(*asked, *feedback, "--resume", "--json")
    assert json.loads(again.stdout)["options"] == {"json-math": {"scratchpad": False, "feedback": True}}
    other = run(*asked, "--resume")
    assert other.returncode == 2
    assert "  options.json-math.feedback: True then, False now\n" in other.stderr


def test_a_run_with_other_options_is_told_what_they_are_by_default(tmp_path: Path) -> None:
    rollout(config(WITHOUT_BOX, "options.json-math.answer=reply"), tmp_path)
    with pytest.raises(UsageError) as caught:
        rollout(config(), tmp_path, resume=True)
    assert list(caught.value.faults)[1:] == [
        "  options.json-math.answer: 'reply' then, 'call' now",
        "  options.json-math.scratchpad: False then, True now",
    ]
    with pytest.raises(UsageError) as caught:
        rollout(config(WITHOUT_BOX), tmp_path, resume=True)
    assert list(caught.value.faults)[1:] == ["  options.json-math.answer: 'reply' then, 'call' now"]
