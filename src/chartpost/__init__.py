"""Chartpost: one self-hosted program for getting, sending and sharing medical records."""

__version__ = "0.1.0"
