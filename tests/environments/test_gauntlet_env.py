"""The gauntlet as it is played: gold scores, and nobody else does."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts import failed, play

from agentgym.checks import check_env
from agentgym.checks.environment import ENV_CHECKS
from agentgym.checks.report import case_of
from agentgym.environments.gauntlet import proof
from agentgym.environments.gauntlet.cheats import CPP_CHEATS
from agentgym.environments.gauntlet.cpp import judge as judging
from agentgym.environments.gauntlet.cpp.judge import SPEC
from agentgym.environments.gauntlet.env import GauntletEnv, needs_compiler
from agentgym.environments.json_math import verify
from agentgym.environments.json_math.checks import CHECKS, Finding
from agentgym.errors import ImageNotFound, UsageError
from agentgym.message import Message, call
from agentgym.plugins import open_policy
from agentgym.reward import Reward
from agentgym.rollout.config import RolloutConfig
from agentgym.rollout.run import Job, _preflight, rollout
from agentgym.sandbox import SandboxBackend, SandboxSpec
from agentgym.task import Split, Task

DEMO, EVAL = list(GauntletEnv.tasks(Split.DEMO)), list(GauntletEnv.tasks(Split.EVAL))
WITHOUT_A_BOX = [task for task in [*DEMO[:3], *EVAL] if not needs_compiler(task)]
[QUERIES] = [task for task in EVAL if task.family == "c-queries"]
WHOLE = EVAL[-1]
SLOW_CPP_CHEATS = ("cpp-brute-force", "cpp-fork-bomb", "compile-bomb-templates")
FAST_CPP_CHEATS = [name for name in CPP_CHEATS if name not in SLOW_CPP_CHEATS]


@pytest.fixture
def env() -> Iterator[GauntletEnv]:
    env = GauntletEnv(scratchpad=False)
    yield env
    env.close()


def answered(task: Task, **changes: Any) -> list[Message]:
    return [call("submit", answer=json.dumps(dict(task.secret["gold"]) | changes))]  # type: ignore[arg-type]


@pytest.mark.parametrize("task", WITHOUT_A_BOX, ids=lambda task: task.id)
def test_gold_scores_and_doing_nothing_does_not(env: GauntletEnv, task: Task) -> None:
    reward = play(env, task, env.oracle(task))
    assert reward.value == 1.0, failed(reward)
    assert play(env, task, env.noop(task)).value == 0.0
    assert play(env, task, []).value == 0.0


@pytest.mark.parametrize("name", sorted(GauntletEnv.cheats))
def test_a_cheat_scores_nothing(env: GauntletEnv, name: str) -> None:
    for task in WITHOUT_A_BOX:
        assert play(env, task, env.cheats[name](task)).value == 0.0


def test_it_reads_no_tasks_of_ones_own() -> None:
    problems = Path(__file__).parents[2] / "examples" / "tasks" / "problems.jsonl"
    assert not GauntletEnv.may_read(problems)
    with pytest.raises(UsageError, match="gauntlet reads no tasks of yours"):
        GauntletEnv.read_tasks(problems)


def test_modes_are_those_of_json_math() -> None:
    env = GauntletEnv(scratchpad=False, answer="reply", feedback=True, max_turns=1)
    assert set(env.cheats_for(EVAL[0])) == set(GauntletEnv.cheats)
    env.reset(options={"task": EVAL[0]})
    *_, info = env.step(Message(role="assistant", content="{}"))
    assert [component.name for component in info["reward"].components] == ["format", "schema"]
    env.close()


def judged_without_cpp(answer: str) -> Reward:
    """Judge the whole gauntlet as if any C++ program were right."""
    checks = {**CHECKS, "proof": proof.judge, "cpp": lambda value, check: iter([Finding("")])}
    return verify.verify(WHOLE, answer.encode(), checks)


def submitted(script: Iterable[Message]) -> str:
    [message] = script
    [tool_call] = message.tool_calls
    return str(json.loads(tool_call.arguments)["answer"])


def test_components_tell_the_parts_apart(env: GauntletEnv) -> None:
    reward = judged_without_cpp(submitted(answered(WHOLE, a_base="2", b_count=839, c_pseudocode="x", e_result="CCC")))
    assert failed(reward) >= {
        "reason:a_base",
        "value:b_count",
        "relation:b_count",
        "value:c_pseudocode",
        "value:e_result",
    }
    assert not any(name.partition(":")[2].startswith("d_") for name in failed(reward))


@pytest.mark.parametrize(
    ("cheat", "component"),
    [
        ("right-value-wrong-closed-form", "value:a_closed_form"),
        ("value-as-a-sum", "value:a_closed_form"),
        ("rounded-value", "value:a_value"),
        ("step-in-terms-of-S", "reason:a_step"),
        ("proof-of-one-word", "padding:a_proof"),
        ("proof-of-many-lines", "constraint:a_proof:lines"),
        ("right-count-wrong-cycle", "reason:b_full_periods"),
        ("counted-from-zero", "value:b_count"),
        ("comment-lines", "constraint:c_pseudocode:lines"),
        ("idle-lines", "padding:c_pseudocode"),
        ("pseudocode-of-constants", "value:c_pseudocode"),
        ("repeated-words", "padding:d_paragraph"),
        ("one-word-more", "constraint:d_paragraph:words"),
        ("no-facts", "constraint:d_paragraph:required"),
        ("other-language", "constraint:d_paragraph:language"),
        ("halved-runs", "value:e_result"),
        ("all-rules-fit", "reason:e_fitting"),
    ],
)
def test_a_cheat_is_caught_for_what_it_does(env: GauntletEnv, cheat: str, component: str) -> None:
    reward = judged_without_cpp(submitted(env.cheats[cheat](WHOLE)))
    assert component in failed(reward)
    assert len({name.split(":")[1][:2] for name in failed(reward)}) == 1


@pytest.fixture
def boxed(backend: SandboxBackend) -> Iterator[GauntletEnv]:
    try:
        backend.preflight(SPEC)
    except ImageNotFound as error:
        pytest.skip(str(error))
    env = GauntletEnv(sandbox=backend)
    yield env
    env.close()


@pytest.mark.parametrize("name", FAST_CPP_CHEATS)
def test_a_program_that_cheats_scores_nothing(boxed: GauntletEnv, name: str) -> None:
    reward = play(boxed, QUERIES, boxed.cheats[name](QUERIES))
    assert reward.value == 0.0
    assert {failure.partition(":")[2] for failure in failed(reward)} == {"c_cpp"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW_CPP_CHEATS)
def test_a_slow_program_scores_nothing(
    bubblewrap_backend: SandboxBackend, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "COMPILE_CPU_S", 5)
    env = GauntletEnv(sandbox=bubblewrap_backend)
    assert play(env, QUERIES, env.cheats[name](QUERIES)).value == 0.0
    env.close()


def test_the_scratchpad_of_a_task_with_a_program_has_the_compiler(boxed: GauntletEnv) -> None:
    code = "import subprocess; print(subprocess.run(['g++', '--version'], capture_output=True).stdout[:3])"
    boxed.reset(options={"task": QUERIES})
    observation, *_ = boxed.step(call("python", code=code))
    assert "g++" in observation[0].content


class Engine:
    """Has no image but `linux`; keeps the names of those that were asked for."""

    name = "engine"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def preflight(self, spec: SandboxSpec) -> None:
        self.asked.append(spec.image)
        if spec.image != "linux":
            raise ImageNotFound(f"build it with `agentgym sandbox build {spec.image}`")

    def keep_ready(self, count: int) -> None:
        pass

    def close(self) -> None:
        pass


def test_only_tasks_with_a_program_wait_for_the_compiler() -> None:
    without = GauntletEnv(scratchpad=False)
    assert [without.spec_for(task) is not None for task in EVAL] == [needs_compiler(task) for task in EVAL]
    assert not any(needs_compiler(task) for task in DEMO)
    spec = GauntletEnv(sandbox_overrides={"memory_mib": 2_048}).spec_for(QUERIES)
    assert spec is not None
    assert (spec.image, spec.memory_mib) == ("cpp", 2_048)


def test_before_a_run_the_images_of_its_tasks_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentgym.plugins.environment_class", lambda env_id: GauntletEnv)
    monkeypatch.setattr(RolloutConfig, "env_ids", (GauntletEnv.id,))
    config, source, engine = RolloutConfig(), open_policy("oracle"), Engine()
    jobs = [Job(GauntletEnv.id, Split.EVAL, index, sample) for index in range(len(EVAL)) for sample in (0, 1)]
    _preflight(config, jobs[:4], engine, source)  # type: ignore[arg-type]
    assert engine.asked == ["linux"]
    with pytest.raises(ImageNotFound, match="agentgym sandbox build cpp"):
        _preflight(config, jobs, engine, source)  # type: ignore[arg-type]


def without_scratchpad(split: Split) -> RolloutConfig:
    return RolloutConfig.model_validate(
        {
            "environments": ("gauntlet",),
            "split": split,
            "policy": {"spec": "oracle"},
            "sandbox": {"backend": "bubblewrap"},
            "options": {"gauntlet": {"scratchpad": False}},
            "tasks": 1 if split is Split.DEMO else None,
        }
    )


def test_boxes_for_grading_alone_are_those_that_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, opened = Engine(), list[str]()
    monkeypatch.setattr("agentgym.plugins.open_backend", lambda name: opened.append(name) or engine)
    with pytest.raises(ImageNotFound, match="agentgym sandbox build cpp"):
        rollout(without_scratchpad(Split.EVAL), tmp_path / "eval")
    assert (opened, engine.asked) == (["bubblewrap"], ["cpp"])
    assert not (tmp_path / "eval").exists()
    assert rollout(without_scratchpad(Split.DEMO), tmp_path / "demo").sandbox == "none"
    assert opened == ["bubblewrap"]


def test_the_backend_that_is_told_is_the_current_tasks() -> None:
    env = GauntletEnv(scratchpad=False, sandbox=Engine())  # type: ignore[arg-type]
    told = []
    for task in (WITHOUT_A_BOX[0], QUERIES, WITHOUT_A_BOX[0]):
        env.reset(options={"task": task})
        told.append(env.backend_name)
    assert told == ["none", "engine", "none"]


def test_an_example_is_of_the_same_parts_and_scores(env: GauntletEnv) -> None:
    for task in [DEMO[0], EVAL[1]]:
        for example, messages in env.examples(task, 2):
            assert (example.family, example.split) == (task.family, Split.TRAIN)
            assert play(env, example, messages).value == 1.0


def test_no_example_gives_a_program_away(env: GauntletEnv) -> None:
    for task in (QUERIES, WHOLE):
        assert not any(needs_compiler(example) for example, _ in env.examples(task, 3))


# Compiling takes long, and these, which judge again and again, are no others where boxes are of another kind.
DEAR = (
    "a_lost_box_leaves_no_reward",
    "no_cheat_scores",
    "the_verdict_is_repeatable",
    "verdicts_are_the_same_in_another_process",
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_keeps_the_contract_of_an_environment(boxed: GauntletEnv, backend: SandboxBackend) -> None:
    names = [case_of(check).name for check in ENV_CHECKS]
    only = [name for name in names if name not in DEAR] if backend.name != "bubblewrap" else names
    check_env(GauntletEnv, sandbox=backend, tasks=1, only=only).raise_for_failures()
