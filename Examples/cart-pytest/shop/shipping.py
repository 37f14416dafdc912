"""What sending a parcel costs."""

FREE_FROM_CENTS = 10_000
STEPS = [
    (500, 390),
    (2_000, 590),
    (10_000, 990),
]
FREIGHT_CENTS = 2_490


def shipping_cents(grams, goods_cents):
    """Cost of a parcel of this weight; free for a large order."""
    if grams == 0 or goods_cents >= FREE_FROM_CENTS:
        return 0
    for limit, cents in STEPS:
        if grams <= limit:
            return cents
    return FREIGHT_CENTS
