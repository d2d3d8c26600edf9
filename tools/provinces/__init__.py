"""Draws the provinces of Afghanistan, and counts the earthquakes of the example."""
