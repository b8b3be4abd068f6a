"""Places near a point (https://hl7.org/fhir/R4/location.html#search, the parameter `near`)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chartpost.formats.fhirjson.search.numbers import amount, read_number

EARTH_KM = 6371.0088
NEAR_KM = 50.0
"""How far is near where no distance is given."""
FARTHEST = 10**8
_KM = {"km": 1.0, "m": 0.001, "[mi_us]": 1.609347, "[mi_i]": 1.609344, "mi": 1.609344}


@dataclass(frozen=True)
class NearValue:
    """A point in degrees (WGS 84) and a distance in km."""

    latitude: float
    longitude: float
    km: float

    def test(self, raw: Any, _modifier: str = "") -> bool:
        """Whether a position is within the distance, along the great circle."""
        if not isinstance(raw, dict):
            return False
        latitude, longitude = amount(raw.get("latitude")), amount(raw.get("longitude"))
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 360:
            return False
        return self._away(float(latitude), float(longitude)) <= self.km

    def _away(self, latitude: float, longitude: float) -> float:
        north, other = math.radians(self.latitude), math.radians(latitude)
        half = math.sin((other - north) / 2) ** 2
        half += math.cos(north) * math.cos(other) * math.sin(math.radians(longitude - self.longitude) / 2) ** 2
        return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def read_near(parts: Sequence[str]) -> NearValue | None:
    """A point from latitude, longitude and, if given, distance and units; None when it is none."""
    numbers = [read_number("eq", part) for part in parts[:3]]
    if not 2 <= len(parts) <= 4 or any(number is None or abs(number.number) > FARTHEST for number in numbers):
        return None
    latitude, longitude, *distance = (float(number.number) for number in numbers if number)
    unit = _KM.get(parts[3] if len(parts) == 4 and parts[3] else "km")
    if unit is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return NearValue(latitude, longitude, distance[0] * unit if distance else NEAR_KM)
