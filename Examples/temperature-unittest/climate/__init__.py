"""Readings of a thermometer and what they say."""
