"""What holds of `ini_reader`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_sections_have_the_same_defaults(call: Call, answer: Answer, ask: Ask) -> None:
    """A new default without references is in every section under its value, and changes nothing else."""
    if call.function.endswith("read_settings") and "returned" in answer:
        texts = [*call.arguments[0], "[default]\nextra = 5"]
        expected = {name: {**settings, "extra": 5} for name, settings in answer["returned"].items()}
        assert ask(call._replace(arguments=[texts])) == {"returned": expected}


def property_a_last_text_wins(call: Call, answer: Answer, ask: Ask) -> None:
    """Settings of one more text are in the answer, and no key of others is lost."""
    if call.function.endswith("read_settings") and "returned" in answer:
        texts = [*call.arguments[0], "[fresh]\n[web]\nHOST: 2k # two\n"]
        after = ask(call._replace(arguments=[texts]))
        if "returned" in after:
            assert after["returned"]["web"]["host"] == 2048
            assert after["returned"].keys() == answer["returned"].keys() | {"web", "fresh"}
            for name, settings in answer["returned"].items():
                assert after["returned"][name].keys() >= settings.keys()


def property_comments_do_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """Comments between and behind all lines have no effect."""
    if call.function.endswith("read_settings"):
        texts = ["\n; x = 1\n".join(line + " # y" for line in text.split("\n")) for text in call.arguments[0]]
        assert ask(call._replace(arguments=[texts])) == answer


def property_quotes_keep_text(call: Call, answer: Answer, ask: Ask) -> None:
    """A value in quotes is its text."""
    if call.function.endswith("convert") and '"' not in call.arguments[0]:
        assert ask(call._replace(arguments=[f'"{call.arguments[0]}"'])) == {"returned": call.arguments[0]}
