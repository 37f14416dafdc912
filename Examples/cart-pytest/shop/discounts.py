"""Quantity discounts: the more of one product is bought, the cheaper each piece."""

from shop.money import percent_of

# From how many pieces on, how many percent off; the highest tier first.
TIERS = [
    (100, 15),
    (50, 10),
    (10, 5),
]


def percent_off(quantity):
    """The discount in percent for this many pieces of one product."""
    for minimum, percent in TIERS:
        if quantity > minimum:
            return percent
    return 0


def discounted(cents, quantity):
    """The price of ``quantity`` pieces at ``cents`` each, less the discount."""
    total = cents * quantity
    return total - percent_of(total, percent_off(quantity))
