"""Amounts of money in whole cents, so that no sum is ever off by a rounding."""


def percent_of(cents, percent):
    """The part of an amount, rounded half up to whole cents."""
    return (cents * percent + 50) // 100


def format_cents(cents):
    """An amount as people read it, e.g. ``12.05``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}"
