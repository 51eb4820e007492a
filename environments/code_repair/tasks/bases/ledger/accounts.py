"""Accounts such as `asset:bank:savings`, and what is on them."""

SEPARATOR = ":"
DEBIT, CREDIT = 1, -1
KINDS = {"asset": DEBIT, "equity": CREDIT, "expense": DEBIT, "income": CREDIT, "liability": CREDIT}


def with_parents(account: str) -> list[str]:
    """Return the account and all it belongs to, the widest first: `a`, `a:b`, `a:b:c` for `a:b:c`."""
    parts = account.split(SEPARATOR)
    return [SEPARATOR.join(parts[:length]) for length in range(1, len(parts) + 1)]


def sign_of(account: str) -> int:
    """Return 1 if an account grows by positive postings (debits), -1 if by negative ones (credits).

    Raises:
        KeyError: it is of no known kind.
    """
    return KINDS[account.split(SEPARATOR)[0]]


class Accounts:
    """Everything that was posted."""

    def __init__(self) -> None:
        """Start with nothing on any account."""
        self._posted: dict[str, int] = {}

    def post(self, account: str, cents: int) -> None:
        """Post an amount to an account, and thereby to all the account belongs to."""
        for name in with_parents(account):
            self._posted[name] = self._posted.get(name, 0) + cents

    def balance(self, account: str) -> int:
        """Return what is on an account, with its natural sign; 0 if nothing was posted."""
        return sign_of(account) * self._posted.get(account, 0)

    def balances(self) -> dict[str, int]:
        """Return all balances that are not 0, by account in alphabetical order."""
        named = {account: self.balance(account) for account in sorted(self._posted)}
        return {account: cents for account, cents in named.items() if cents != 0}
