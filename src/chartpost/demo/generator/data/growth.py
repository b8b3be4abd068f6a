"""Middle-of-the-chart height (cm) and weight (kg) by age, girls and boys taken together."""

from itertools import pairwise

_CURVE = (
    (0.0, 50.0, 3.4), (0.25, 61.0, 6.0), (0.5, 67.0, 7.6), (1.0, 75.0, 9.4), (2.0, 87.0, 12.2),
    (4.0, 102.0, 16.3), (6.0, 115.0, 20.6), (8.0, 128.0, 25.8), (10.0, 138.5, 32.5), (12.0, 150.0, 41.0),
    (14.0, 160.5, 50.0), (16.0, 166.0, 57.0), (18.0, 168.5, 61.5),
)  # fmt: skip


def size_at(age: float) -> tuple[float, float]:
    """Height and weight at an age in years, straight lines between the known points."""
    for (low, height, weight), (high, taller, heavier) in pairwise(_CURVE):
        if age <= high:
            share = (age - low) / (high - low)
            return height + share * (taller - height), weight + share * (heavier - weight)
    return _CURVE[-1][1:]
