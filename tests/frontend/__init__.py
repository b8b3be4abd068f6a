"""Tests of the look and the shared parts of pages."""
