"""Versions of an adapter on a server: named, loaded, played with, unloaded; and servers that cannot do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agentgym.errors import PolicyUnavailable, UsageError
from agentgym.message import Message
from agentgym.trainers.settings import (
    EnvironmentSettings,
    GrpoSettings,
    LoraSettings,
    ModelSettings,
    PolicySettings,
)

pytestmark = pytest.mark.train
SMALL = LoraSettings(rank=4, alpha=8)
ENVIRONMENTS = (EnvironmentSettings(name="json-math"),)


@pytest.fixture(scope="module")
def models(tiny_folder):
    from agentgym.trainers.adapters.model import load

    told = ModelSettings(name=str(tiny_folder("llama")), device="cpu", dtype="float32")
    return load(told, SMALL), load(told, SMALL)


@pytest.fixture
def server(models) -> Iterator:
    from adapter_server import AdapterServer

    with AdapterServer(models[0].folder, models[1]) as running:
        yield running


@pytest.fixture
def model(models):
    return models[0].model


@pytest.fixture
def served_by(models, server, tmp_path) -> Iterator[Callable]:
    from agentgym.trainers.sampling.served import ServedAdapters

    opened = []

    def served_by(**policy):
        told = {"spec": f"vllm:{models[0].folder}", "base_url": server.url, "call_timeout_s": 20, **policy}
        settings = GrpoSettings(
            model=ModelSettings(name=models[0].folder),
            lora=SMALL,
            environments=ENVIRONMENTS,
            policy=PolicySettings(**told),
        )
        opened.append(ServedAdapters(settings, tmp_path / "adapters"))
        return opened[-1]

    yield served_by
    for each in opened:
        each.close()


def asks(source):
    """Have a source say something, and return the policy's name."""
    import time

    policy = source.for_episode(None, seed=1)
    said = policy.act([Message(role="user", content="Hi.")], (), deadline=time.monotonic() + 20)
    assert said.completion_token_ids
    return source.name


def folders(tmp_path):
    return sorted(path.name for path in (tmp_path / "adapters").iterdir())


def test_the_newest_version_plays_and_all_but_two_are_unloaded(served_by, server, model, tmp_path):
    served = served_by()
    served.open()
    asks(served.source)
    names = [served.publish(model, version) for version in (1, 2, 2)]
    assert len(set(names)) == 3
    assert all(f"-v{version}-" in name for version, name in zip((1, 2, 2), names, strict=True))
    assert asks(served.source) == f"vllm:{names[-1]}"
    assert asks(served.at(0.5)) == f"vllm:{names[-1]}"
    asks(served.base())
    asks(served.base(temperature=0.5))
    assert server.asked[-5:] == [server.name, names[-1], names[-1], server.name, server.name]
    assert set(server.loaded) == set(names[1:])
    assert folders(tmp_path) == sorted(names[1:])
    served.close()
    assert not server.loaded
    assert not folders(tmp_path)
    served.close()


def test_an_episode_of_the_version_before_is_played_to_its_end(served_by, server, model):
    served = served_by()
    first = served.publish(model, 1)
    playing = served.source
    served.publish(model, 2)
    assert asks(playing) == f"vllm:{first}"
    assert server.asked[-1] == first


def test_another_process_plays_with_what_was_published_and_unloads_nothing(served_by, server, model):
    main, other = served_by(), served_by()
    name = main.publish(model, 1)
    other.use(name)
    assert asks(other.source) == f"vllm:{name}"
    other.close()
    assert set(server.loaded) == {name}


def test_a_rank_that_the_server_has_no_room_for_is_told_and_leaves_no_folder(served_by, server, model, tmp_path):
    server.most_rank = 2
    with pytest.raises(UsageError, match=r"max_lora_rank 2.*--max-lora-rank N.*lora\.rank"):
        served_by().publish(model, 1)
    assert not folders(tmp_path)


def test_a_server_that_takes_no_adapters_is_told_before_anything_is_saved(served_by, server):
    del server.paths["/v1/load_lora_adapter"], server.paths["/v1/unload_lora_adapter"]
    with pytest.raises(UsageError, match="agentgym serve MODEL --rl"):
        served_by().open()


def test_a_server_without_adapters_at_all_is_told(served_by, server, model):
    said = {"error": {"message": "LoRA is not enabled. Use --enable-lora to enable LoRA."}}
    server.paths["/v1/load_lora_adapter"] = lambda body: (500, said)
    with pytest.raises(UsageError, match="agentgym serve MODEL --rl"):
        served_by().publish(model, 1)


def test_a_server_that_does_not_see_the_folder_is_told(served_by, server, model, tmp_path):
    said = {"error": {"message": "Loading lora x failed: No adapter found for /x"}}
    server.paths["/v1/load_lora_adapter"] = lambda body: (404, said)
    with pytest.raises(UsageError, match="the same folder"):
        served_by().publish(model, 1)
    assert not folders(tmp_path)


def test_a_server_that_is_gone_is_no_fault_of_the_user(served_by, server, model):
    served = served_by()
    served.publish(model, 1)
    server.paths["/v1/load_lora_adapter"] = lambda body: (503, {"error": "overloaded"})
    server.paths["/v1/unload_lora_adapter"] = lambda body: (503, {"error": "overloaded"})
    with pytest.raises(PolicyUnavailable, match="503"):
        served.publish(model, 2)


def test_a_template_that_forks_after_a_tools_result_stops_the_run(served_by, server):
    rewrites = "{% if messages[-1].role == 'tool' %}<|im_start|>again{% endif %}"
    server.tokenizer.chat_template, kept = rewrites + server.tokenizer.chat_template, server.tokenizer.chat_template
    try:
        with pytest.raises(UsageError, match="not append-only"):
            served_by().open()
    finally:
        server.tokenizer.chat_template = kept


def test_a_disk_without_room_is_told(served_by, model, tmp_path):
    (tmp_path / "adapters").write_text("a file")
    with pytest.raises(UsageError, match=r"could not be saved .* --resume"):
        served_by().publish(model, 1)


def test_other_policies_are_refused(served_by):
    with pytest.raises(UsageError, match="vllm:MODEL"):
        served_by(spec="openai:gpt")
