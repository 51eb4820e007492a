"""What holds of `markup`."""

import re
from html.parser import HTMLParser

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


class Checker(HTMLParser):
    """Follows tags and collects text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Remember a tag."""
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Tags are closed in the reverse order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data


def property_html_is_well_formed(call: Call, answer: Answer, ask: Ask) -> None:
    """Every tag is closed where it must be, and nothing special is left."""
    if call.function.endswith(("to_html", "to_inline")):
        checker = Checker()
        checker.feed(answer["returned"])
        checker.close()
        assert not checker.open
        rest = re.sub(r"</?[a-z0-9]+( [a-z]+=\"[^\"<>]*\")?>|&(amp|lt|gt|quot);", "", answer["returned"])
        assert not re.search(r"[<>&\"]", rest)


def property_plain_text_is_the_text_of_the_html(call: Call, answer: Answer, ask: Ask) -> None:
    """Without its tags, the HTML of a line is its plain text."""
    if call.function.startswith("inline."):
        checker = Checker()
        checker.feed(ask(Call("inline.to_inline", call.arguments))["returned"])
        checker.close()
        assert ask(Call("inline.plain", call.arguments)) == {"returned": checker.text}


def property_names_differ(call: Call, answer: Answer, ask: Ask) -> None:
    """No two headings have the same name, and each name is in the HTML, in order."""
    if call.function.endswith(("outline", "to_html")):
        names = [name for *_, name in ask(Call("markup.outline", call.arguments))["returned"]]
        html = ask(Call("markup.to_html", call.arguments))["returned"]
        assert len(set(names)) == len(names)
        assert re.findall(r'<h[1-6] id="([^"]*)">', html) == names


def property_a_paragraph_before_changes_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """A paragraph before a text, with an empty line between, is a block before its blocks."""
    if call.function.endswith("to_html"):
        after = ask(call._replace(arguments=["first\n\n" + call.arguments[0]]))["returned"]
        assert after.split("\n", 1) == ["<p>first</p>", *([answer["returned"]] if answer["returned"] else [])]
