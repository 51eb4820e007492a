"""What holds of `ledger`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

DEBITS = ("asset", "expense")
KINDS = ("asset", "equity", "expense", "income", "liability")


def property_debits_are_credits(call: Call, answer: Answer, ask: Ask) -> None:
    """What is on assets and expenses is what is on the rest, and profit is the difference of two kinds."""
    if call.function == "ledger.trial_balance":
        balances = answer["returned"]["balances"]
        debits = sum(balances.get(kind, 0) for kind in DEBITS)
        assert debits == sum(balances.get(kind, 0) for kind in KINDS if kind not in DEBITS)
        assert answer["returned"]["profit"] == balances.get("income", 0) - balances.get("expense", 0)
        assert 0 not in balances.values()


def property_order_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """The same lines the other way round, and the refused ones left out, give the same balances."""
    if call.function == "ledger.trial_balance":
        lines, *until = call.arguments
        bad = {int(text.split(":")[0].removeprefix("line ")) for text in answer["returned"]["refused"]}
        good = [text for number, text in enumerate(lines, start=1) if number not in bad]
        other = ask(call._replace(arguments=[good[::-1], *until]))["returned"]
        assert other == {**answer["returned"], "refused": []}


def property_a_statement_ends_with_the_balance(call: Call, answer: Answer, ask: Ask) -> None:
    """Each row's balance is the balance at the end of its day, and days come in order."""
    if call.function == "ledger.statement" and "returned" in answer:
        lines, account = call.arguments
        before = 0
        for day, change, balance in answer["returned"]:
            known = ask(Call("ledger.trial_balance", [lines, day]))["returned"]["balances"]
            assert balance == known.get(account, 0) == before + change
            before = balance
        days = [day for day, _, _ in answer["returned"]]
        assert days == sorted(set(days))


def property_a_statement_needs_every_line(call: Call, answer: Answer, ask: Ask) -> None:
    """A statement is refused if, and only if, one of its lines is."""
    if call.function == "ledger.statement":
        refused = ask(Call("ledger.trial_balance", [call.arguments[0]]))["returned"]["refused"]
        unknown = call.arguments[1].split(":")[0] not in KINDS
        assert (answer == {"raised": "LedgerError"}) == (bool(refused) and not unknown)
        assert (answer == {"raised": "KeyError"}) == unknown
