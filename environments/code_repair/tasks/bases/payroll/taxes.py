"""Taxes on a week's wages."""

BRACKETS = ((0, 10), (30_000, 20), (80_000, 40))
ALLOWANCES = {"single": 20_000, "parent": 35_000, "second": 0}


def tax(cents: int, tax_class: str) -> int:
    """Return the tax on a week's wages, rounded down to whole cents.

    The allowance of the tax class is free. Of the rest, what lies between a bracket's beginning and the next one's is
    taxed at the bracket's percentage.

    Raises:
        KeyError: there is no such tax class.
    """
    taxable = max(0, cents - ALLOWANCES[tax_class])
    hundredths = 0
    for place, (beginning, percent) in enumerate(BRACKETS):
        if taxable <= beginning:
            break
        is_last = place == len(BRACKETS) - 1
        upper = taxable if is_last else min(taxable, BRACKETS[place + 1][0])
        hundredths += (upper - beginning) * percent
    return hundredths // 100
