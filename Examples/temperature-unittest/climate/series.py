"""A series of readings in degrees Celsius, in the order they were taken."""

from climate.convert import change


class Series:
    def __init__(self, readings=()):
        self.readings = list(readings)

    def add(self, celsius):
        if not -90 <= celsius <= 60:
            raise ValueError(f"{celsius} is no temperature on Earth")
        self.readings.append(celsius)

    def mean(self):
        if not self.readings:
            return None
        return sum(self.readings) / len(self.readings)

    def trend(self):
        """The change from the first reading to the last; 0 for fewer than two."""
        if len(self.readings) < 2:
            return 0
        return change(self.readings[-1], self.readings[0])

    def moving_mean(self, width):
        """The means of each ``width`` readings in a row."""
        return [
            Series(self.readings[start : start + width]).mean()
            for start in range(len(self.readings) - width + 1)
        ]
