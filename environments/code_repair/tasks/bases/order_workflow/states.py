"""The states of an order, and the ways between them."""

from .errors import WrongState

DRAFT = "draft"
PLACED = "placed"
PAID = "paid"
SHIPPED = "shipped"
DONE = "done"
CANCELLED = "cancelled"

WAYS: dict[str, dict[str, str]] = {
    DRAFT: {"add": DRAFT, "remove": DRAFT, "place": PLACED, "cancel": CANCELLED},
    PLACED: {"pay": PLACED, "settle": PAID, "reopen": DRAFT, "cancel": CANCELLED},
    PAID: {"ship": SHIPPED, "cancel": CANCELLED},
    SHIPPED: {"receive": DONE, "return": SHIPPED},
    DONE: {"return": DONE},
}


def next_state(state: str, action: str) -> str:
    """Return the state that an action leads to.

    Raises:
        WrongState: the state does not allow the action.
    """
    try:
        return WAYS[state][action]
    except KeyError as error:
        raise WrongState(action, state) from error
