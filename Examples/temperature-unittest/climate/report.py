"""What the series says, for people."""

from climate.convert import fahrenheit


def describe_trend(series):
    degrees = series.trend()
    if degrees > 0:
        return f"warmer by {degrees:g} degrees"
    if degrees < 0:
        return f"colder by {-degrees:g} degrees"
    return "no change"


def summary(series):
    mean = series.mean()
    if mean is None:
        return "no readings"
    return f"mean {mean:.1f} C ({fahrenheit(mean):.1f} F), {describe_trend(series)}"
