"""Builders that write one kind of entry into a chart."""
