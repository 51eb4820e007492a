"""What is imitated: successes, at most so many of a task, by exact tokens where they are this model's."""

from __future__ import annotations

import pytest
from trained_episodes import NO_TOOLS, TOOLS, episode, recorded, reply

from agentgym.errors import UsageError
from agentgym.models import profile_for
from agentgym.reward import Component, Reward
from agentgym.rollout.store import read_trajectories, write_episodes
from agentgym.runs.load import Run, open_runs
from agentgym.trainers.imitation.demonstrations import gather
from agentgym.trainers.imitation.oracles import play_oracles
from agentgym.trainers.imitation.rendered import Writer
from agentgym.trainers.settings import DemonstrationSettings, EnvironmentSettings, SftSettings
from agentgym.trajectory import Trajectory

pytestmark = pytest.mark.train

JSON_MATH = "agentgym/JsonMath-v1"


@pytest.fixture(scope="module")
def words(train_extra):
    from parity_tokenizer import template, tokenizer

    return tokenizer(template("smollm2"))


@pytest.fixture
def writer(words):
    return Writer(words, profile_for("SmolLM2-135M-Instruct"))


def taken(writer, *runs, per_task=1, max_tokens=8192, **options):
    return gather(open_runs(runs), writer, per_task=per_task, max_tokens=max_tokens, **options)


def texts(words, found):
    learnt = [[token for token, mask in zip(row.token_ids, row.loss_mask, strict=True) if mask] for row in found.rows]
    return [words.decode(ids).removesuffix("<|im_end|>") for ids in learnt]


def test_successes_are_kept_and_the_rest_is_counted(writer, words, tmp_path):
    run = recorded(
        tmp_path / "run",
        [
            reply(1, "2"),
            reply(2, "5", reward=0.5),
            reply(3, "6", canary=True, reward=0.0),
            reply(5, "10", signs=True),
            reply(4, "8", sample=2),
            reply(4, "eight", sample=1),
            reply(4, "eight", sample=0),
        ],
        options=NO_TOOLS,
    )
    found = taken(writer, run, per_task=2)
    # Of the fourth task the first sample, then the one that says something else.
    assert texts(words, found) == ["2", "eight", "8"]
    assert (found.episodes, found.tasks, found.failed, found.suspect, found.over_cap) == (3, 2, 1, 2, 1)
    assert texts(words, taken(writer, run)) == ["2", "eight"]
    found = taken(writer, run, of=[EnvironmentSettings(name="json-math", levels=(1,), families=("arithmetic",))])
    assert found.not_asked_for == 0
    with pytest.raises(UsageError, match="7 episodes are of other environments"):
        taken(writer, run, of=[EnvironmentSettings(name="json-math", levels=(2,))])


def exact(writer, trajectory, tools, *, shift=0):
    """The episode with the tokens that it would have been sampled with; `shift` makes them another tokenizer's."""
    [row] = writer.rows(trajectory, tools)
    cut = row.loss_mask.index(1)
    completion = trajectory.turns[0].completion.model_copy(
        update={
            "prompt_token_ids": tuple(token + shift for token in row.token_ids[:cut]),
            "completion_token_ids": row.token_ids[cut:],
            "logprobs": (-0.5,) * len(row.token_ids[cut:]),
        }
    )
    return trajectory.model_copy(update={"turns": (trajectory.turns[0].model_copy(update={"completion": completion}),)})


def test_stored_tokens_count_where_they_are_this_models(writer, tmp_path):
    ours, others = (exact(writer, reply(n, str(n)), (), shift=n) for n in (0, 1))
    found = taken(writer, recorded(tmp_path / "run", [ours, others], options=NO_TOOLS))
    assert found.exact == 1
    assert found.rows[0].logprobs[-1] == -0.5
    assert set(found.rows[1].logprobs) == {0.0}
    assert found.rows[1].token_ids == writer.rows(others, ())[0].token_ids
    # The same prompt without tools is not what the policy reads in an environment that has some.
    assert taken(writer, recorded(tmp_path / "tools", [ours])).exact == 0


def test_rows_that_are_too_long_are_left_out_and_counted(writer, words, tmp_path):
    run = recorded(tmp_path / "run", [reply(1, "2"), reply(2, "four " * 100)], options=NO_TOOLS)
    found = taken(writer, run, max_tokens=100)
    assert (texts(words, found), found.too_long) == (["2"], 1)
    with pytest.raises(UsageError, match="2 rows are longer"):
        taken(writer, run, max_tokens=16)


def test_nothing_to_imitate_is_told_with_a_remedy(writer, tmp_path):
    run = recorded(tmp_path / "run", [reply(1, "3", reward=0.0)], options=NO_TOOLS)
    with pytest.raises(UsageError, match=r"none of 1 episodes succeeded.*oracle_tasks"):
        taken(writer, run)
    cut_off = recorded(tmp_path / "cut", [reply(1, "2", finish_reason="length")], options=NO_TOOLS)
    with pytest.raises(UsageError, match="cut off"):
        taken(writer, cut_off)


def test_folders_without_episodes_are_all_named(tmp_path):
    with pytest.raises(UsageError) as caught:
        open_runs([tmp_path / "a", tmp_path / "b"])
    assert len(caught.value.faults) == 2


def test_the_episodes_of_a_training_run_are_read(writer, words, tmp_path):
    write_episodes(tmp_path / "run/episodes/step-000002.jsonl", [reply(2, "4")])
    write_episodes(tmp_path / "run/episodes/step-000001.jsonl", [reply(1, "2")])
    (tmp_path / "run/config.json").write_text(
        '{"environments": [{"name": "json-math", "options": {"scratchpad": false, "answer": "reply"}}]}'
    )
    assert Run(tmp_path / "run").tools(JSON_MATH) == ()
    assert texts(words, taken(writer, tmp_path / "run")) == ["2", "4"]


def oracle_settings(**changed):
    environment = EnvironmentSettings(name="json-math", levels=(1,), options={"scratchpad": False, "answer": "reply"})
    fields = {"environments": (environment,), "demonstrations": DemonstrationSettings(oracle_tasks=4)}
    return SftSettings(**fields | changed)


def test_oracles_play_what_is_asked_for_and_nothing_twice(writer, tmp_path):
    said: list[str] = []
    where = play_oracles(oracle_settings(), tmp_path, say=said.append)
    episodes = list(read_trajectories(where))
    assert [(one.success, one.level, one.canary) for one in episodes] == [(True, 1, False)] * 4
    assert play_oracles(oracle_settings(), tmp_path, say=said.append) == where
    assert said == ["oracles play 4 tasks"]
    assert len(list(read_trajectories(where))) == 4
    found = taken(writer, where)
    assert (found.episodes, found.exact, found.failed) == (4, 0, 0)
    # Answers in plain text: no tool is offered, and none is in the prompt.
    assert Run(tmp_path).tools(JSON_MATH) == ()


def test_an_oracle_that_fails_is_an_error(tmp_path, monkeypatch):
    from agentgym.environments.json_math.env import JsonMathEnv

    monkeypatch.setattr(JsonMathEnv, "oracle", JsonMathEnv.noop)
    with pytest.raises(UsageError, match=r"failed at 4 of 4 tasks, at json-math/train/"):
        play_oracles(oracle_settings(), tmp_path, say=lambda line: None)


def test_a_template_that_rewrites_after_a_tools_result_is_refused(words):
    import copy

    changing = copy.copy(words)
    changing.chat_template = words.chat_template.replace(
        "{{- '<|im_end|>\\n' -}}", "{{- ' of ' + messages | length | string + '<|im_end|>\\n' -}}"
    )
    with pytest.raises(UsageError, match="not append-only"):
        Writer(changing, profile_for("SmolLM2-135M-Instruct")).rows(episode(), TOOLS)


def test_a_reward_of_a_passed_canary_is_no_success():
    passed = Reward.of([Component(name="answer", value=1, goal=True)]).of_passed_canary()
    assert not Trajectory.model_validate(reply(1, "2").model_dump() | {"reward": passed.model_dump()}).success
