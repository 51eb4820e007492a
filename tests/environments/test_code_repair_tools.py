"""What the tools of code-repair answer, also when they cannot do what they are asked."""

import json
from collections.abc import Iterator

import pytest

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.message import call
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split


@pytest.fixture
def env(backend: SandboxBackend) -> Iterator[CodeRepairEnv]:
    env = CodeRepairEnv(sandbox=backend)
    demo = CodeRepairEnv.tasks(Split.DEMO)
    task = next(task for task in demo if task.family == "heater")
    env.reset(options={"task": task})
    yield env
    env.close()


def answer(env: CodeRepairEnv, tool: str, **arguments: object) -> str:
    observation, *_, info = env.step(call(tool, **arguments))
    assert info["malformed_calls"] == 0
    return observation[0].content


def test_every_tool_is_offered_with_a_description(env: CodeRepairEnv) -> None:
    names = {tool.name: tool.description for tool in env.tools}
    assert set(names) == {"bash", "read_file", "write_file", "replace_in_file", "search", "run_tests", "submit"}
    assert all(names.values())


def test_bash_keeps_its_directory_and_variables(env: CodeRepairEnv) -> None:
    answer(env, "bash", command="cd /tmp && mood=fine")
    assert answer(env, "bash", command='echo "$PWD $mood"').strip() == "/tmp fine"


def test_bash_shows_the_files_of_the_task_and_no_others(env: CodeRepairEnv) -> None:
    assert answer(env, "bash", command="ls -A").split() == ["README.md", "heater.py", "test_heater.py"]


def test_bash_tells_what_failed(env: CodeRepairEnv) -> None:
    assert "status 3" in answer(env, "bash", command="(exit 3)")


def test_bash_output_is_bounded(env: CodeRepairEnv) -> None:
    text = answer(env, "bash", command="seq 100000")
    assert len(text) < 9_000
    assert "left out" in text


def test_read_file_numbers_its_lines(env: CodeRepairEnv) -> None:
    assert (
        answer(env, "read_file", path="heater.py", first_line=1, last_line=1)
        == '   1  """A thermostat with two thresholds."""'
    )


def test_read_file_beyond_the_end(env: CodeRepairEnv) -> None:
    assert "has only" in answer(env, "read_file", path="heater.py", first_line=999)


@pytest.mark.parametrize("path", ["nothing.py", "/work", "", "/etc/shadow"])
def test_read_file_says_why_it_cannot(env: CodeRepairEnv, path: str) -> None:
    observation, *_ = env.step(call("read_file", path=path))
    assert observation[0].content


def test_write_then_read(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="notes/plan.txt", content="one\ntwo\n")
    assert answer(env, "read_file", path="/work/notes/plan.txt") == "   1  one\n   2  two"


def test_write_file_where_it_may_not(env: CodeRepairEnv) -> None:
    assert "Wrote" not in answer(env, "write_file", path="/etc/passwd", content="x")


def test_replace_in_file(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="a.txt", content="one\ntwo\ntwo\n")
    assert answer(env, "replace_in_file", path="a.txt", old="one", new="three") == "Replaced it in a.txt, line 1."
    assert "occurs 2 times" in answer(env, "replace_in_file", path="a.txt", old="two", new="2")
    assert "does not occur" in answer(env, "replace_in_file", path="a.txt", old="four", new="4")
    assert "line 1: three" in answer(env, "replace_in_file", path="a.txt", old="thre:", new="3")
    assert answer(env, "bash", command="cat a.txt") == "three\ntwo\ntwo\n"


def test_run_tests_names_what_fails_and_why(env: CodeRepairEnv) -> None:
    text = answer(env, "run_tests")
    assert "did not." in text
    assert "failed: test_" in text
    env.step(next(iter(env.oracle(env.task))))
    assert answer(env, "run_tests") == "7 passed, 0 did not."


def test_run_tests_on_a_program_that_does_not_compile(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="heater.py", content="def heater_states(:\n")
    assert "SyntaxError" in answer(env, "run_tests")


def test_run_tests_on_a_program_that_ends_the_run(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="heater.py", content="import os\nos._exit(0)\n")
    assert "no complete result" in answer(env, "run_tests")


def test_a_call_that_does_not_fit_is_counted(env: CodeRepairEnv) -> None:
    observation, *_, info = env.step(call("read_file", file="heater.py"))
    assert info["malformed_calls"] == 1
    assert "path" in observation[0].content


def test_submitting_ends_the_episode(env: CodeRepairEnv) -> None:
    _, reward, terminated, truncated, info = env.step(call("submit"))
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert json.loads(info["reward"].model_dump_json())["value"] == 0.0


def test_search_finds_text_as_it_is_written(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="notes/more.txt", content="a [on] b\nnothing\nan [on] again\n")
    assert answer(env, "search", text="[on]").splitlines() == [
        "notes/more.txt:1:a [on] b",
        "notes/more.txt:3:an [on] again",
    ]
    assert answer(env, "search", text="again", path="/work/notes/more.txt") == "notes/more.txt:3:an [on] again"
    assert answer(env, "search", text="nowhere to be seen") == "No line below /work holds that text."
    assert "No such file" in answer(env, "search", text="x", path="missing")


def test_a_search_with_many_hits_is_cut(env: CodeRepairEnv) -> None:
    answer(env, "write_file", path="many.txt", content="the same line\n" * 2000)
    text = answer(env, "search", text="same")
    assert len(text) < 9_000
    assert "search in one file" in text


def test_a_test_that_hangs_fails_alone(env: CodeRepairEnv) -> None:
    tests = "def test_hangs():\n    while True:\n        pass\n\n\ndef test_passes():\n    pass\n"
    answer(env, "bash", command="rm test_*.py")
    answer(env, "write_file", path="test_more.py", content=tests)
    text = answer(env, "run_tests")
    assert text.startswith("1 passed, 1 did not.")
    assert "did not end within 3 s" in text
