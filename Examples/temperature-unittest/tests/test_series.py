import unittest

from climate.convert import change, fahrenheit
from climate.series import Series


class ConvertTests(unittest.TestCase):
    def test_freezing_and_boiling(self):
        self.assertEqual(fahrenheit(0), 32)
        self.assertEqual(fahrenheit(100), 212)

    def test_change_is_positive_when_it_gets_warmer(self):
        self.assertEqual(change(10, 12.5), 2.5)


class SeriesTests(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(Series([10, 20, 30]).mean(), 20)

    def test_mean_of_nothing(self):
        self.assertIsNone(Series().mean())

    def test_trend_of_a_warming_day(self):
        self.assertEqual(Series([4, 9, 15, 13]).trend(), 9)

    def test_trend_of_one_reading(self):
        self.assertEqual(Series([4]).trend(), 0)

    def test_moving_mean(self):
        self.assertEqual(Series([1, 3, 5, 7]).moving_mean(2), [2, 4, 6])

    def test_impossible_reading_is_refused(self):
        with self.assertRaises(ValueError):
            Series().add(300)


if __name__ == "__main__":
    unittest.main()
