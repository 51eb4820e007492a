"""What holds of `text_wrap`."""

from itertools import pairwise

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_lines_keep_every_letter(call: Call, answer: Answer, ask: Ask) -> None:
    """Lines are neither empty nor too long, and have the letters of the text in order."""
    if call.function == "text_wrap.wrap" and "returned" in answer:
        text, width = call.arguments
        lines = answer["returned"]
        assert all(0 < len(line) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == "".join(text.split())


def property_lines_wrap_to_themselves(call: Call, answer: Answer, ask: Ask) -> None:
    """Lines joined to a text and wrapped again stay as they are, and none had room for the next word."""
    if call.function == "text_wrap.wrap" and "returned" in answer:
        lines = answer["returned"]
        width = call.arguments[1]
        assert ask(call._replace(arguments=["\n".join(lines), width])) == {"returned": lines}
        for line, following in pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > width


def property_justified_words_stay_words(call: Call, answer: Answer, ask: Ask) -> None:
    """The line has the words, its full width if they fit, and gaps that never grow and differ by at most 1."""
    if call.function == "text_wrap.justify":
        words, width = call.arguments
        line = answer["returned"]
        assert line.split() == words
        if len(words) > 1 and len(" ".join(words)) <= width:
            assert len(line) == width
            gaps = []
            for word in words[:-1]:
                rest = line[len(word) :]
                gaps.append(len(rest) - len(rest.lstrip()))
                line = rest.lstrip()
            assert gaps == sorted(gaps, reverse=True)
            assert gaps[0] - gaps[-1] <= 1
        else:
            assert line == " ".join(words)
