import unittest

from climate.report import describe_trend, summary
from climate.series import Series


class ReportTests(unittest.TestCase):
    def test_colder(self):
        self.assertEqual(describe_trend(Series([20, 12])), "colder by 8 degrees")

    def test_no_change(self):
        self.assertEqual(describe_trend(Series([20, 12, 20])), "no change")

    def test_summary_of_nothing(self):
        self.assertEqual(summary(Series()), "no readings")

    def test_summary(self):
        self.assertEqual(summary(Series([10, 10])), "mean 10.0 C (50.0 F), no change")
