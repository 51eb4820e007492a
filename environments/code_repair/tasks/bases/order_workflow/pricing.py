"""What orders cost, in cents."""

from decimal import ROUND_HALF_UP, Decimal

DISCOUNT_FROM = 10
DISCOUNT = Decimal("0.05")
SHIPPING = 490
FREE_FROM = 5000


def line_price(quantity: int, price: int) -> int:
    """Return what pieces of one item cost, with the discount for `DISCOUNT_FROM` of them or more.

    Half a cent is rounded up.
    """
    full = Decimal(quantity * price)
    if quantity >= DISCOUNT_FROM:
        full -= full * DISCOUNT
    return int(full.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def goods_price(lines: dict[str, int], prices: dict[str, int]) -> int:
    """Return what all lines cost: quantities by item, at prices by item."""
    return sum(line_price(quantity, prices[item]) for item, quantity in lines.items())


def shipping_price(goods: int) -> int:
    """Return what shipping costs: nothing from `FREE_FROM` on."""
    return 0 if goods >= FREE_FROM else SHIPPING
