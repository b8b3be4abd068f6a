"""Check resources against R4, its required bindings and invariants, and the profiles of US Core 6.1.0."""

from chartpost.formats.fhirjson.profiles.checking import US_CORE_VERSION, check, fits, must_supports, profiles_for
from chartpost.formats.fhirjson.profiles.issues import Issue

__all__ = ["US_CORE_VERSION", "Issue", "check", "fits", "must_supports", "profiles_for"]
