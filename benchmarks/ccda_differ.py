"""Hold what is made of C-CDA against what other converters make of the same files: no code of theirs may be missing.

Compared are the codes of problems, allergies, medicines, vaccines, observations, procedures, encounters, reports and
goals, file by file, of python-fhir-converter, ccda-to-fhir and @medplum/ccda. A code that is not in our resources is a
fault unless it is among those a person has judged (JUDGED). Codes that do not stand in the file were put in by the
other converter (a class of encounter, a kind of report) and do not count.

    python benchmarks/ccda_differ.py

Prints one JSON line: the part of their codes that ours hold, or that were judged; the goal is all.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from ccda_in import files  # noqa: E402 - found through the line above
from support.figures import figure, say  # noqa: E402

from chartpost.formats.ccda import CcdaError  # noqa: E402
from chartpost.formats.ccda.intake import convert  # noqa: E402
from chartpost.formats.fhirjson.canonical import dump  # noqa: E402
from support import ccda_peers  # noqa: E402

TYPES = frozenset(
    {"Condition", "AllergyIntolerance", "Medication", "MedicationRequest", "MedicationStatement", "Immunization"}
    | {"Observation", "Procedure", "Encounter", "DiagnosticReport", "Goal", "CareTeam", "FamilyMemberHistory"}
)
NAMED = ("code", "medicationCodeableConcept", "vaccineCode", "class", "type", "description")
JUDGED = {
    "ASSERTION": "says only that the value is so; ours has the LOINC code of what is asserted",
    "33999-4": "the status of another statement; ours is that statement's status",
    "46680005": "vital signs taken together; ours has the panel 85353-1 that FHIR names",
    "74728-7": "the same in LOINC",
    "45473-6": "the group of an advance directive; ours has the directive",
    "d3": "the group of functional observations; ours has each of them",
    "d5": "the same",
    "40388003": "a group of devices; ours has each of them",
    "76689-9": "birth sex; ours is the extension of the Patient",
    "445518008": "the age of a relative; ours is the onset of the condition",
    "64572001": "says only that a relative's condition is one; ours has the condition",
    "410942007": "stands where no medicine is given",
    "SECCLASSOBS": "a privacy annotation; ours is a security label",
    "SECCONOBS": "the same",
}


def main() -> int:
    """Compare, print, and return 1 when a code is missing."""
    found = [path for path in files() if _readable(path)]
    ours = {path.stem: _ours(path) for path in found}
    texts = {path.stem: path.read_text(encoding="utf-8-sig") for path in found}
    wanted = held = judged = 0
    for name in (n for n in ccda_peers.PROGRAMS if not n.endswith("-kept")):
        with TemporaryDirectory(prefix="chartpost-bench-") as folder:
            ccda_peers.run(name, found, 1, Path(folder))
            for file in sorted(Path(folder).glob("*.json")):
                theirs = sorted(_codes(json.loads(file.read_text(encoding="utf-8"))))
                for code in (c for c in theirs if f'"{c}"' in texts[file.stem]):
                    wanted += 1
                    held += code in ours[file.stem]
                    judged += code not in ours[file.stem] and code in JUDGED
                    if code not in ours[file.stem] and code not in JUDGED:
                        print(f"{name}: {file.stem}: {code} is not in ours", flush=True)
    detail = f"{wanted} codes of other converters: {held} in ours, {judged} judged, {wanted - held - judged} missing"
    return say([figure("ccda_differ codes of others that ours hold", (held + judged) / max(wanted, 1), 1.0, detail)])


def _readable(path: Path) -> bool:
    try:
        convert(path.read_bytes())
    except CcdaError:
        return False
    return True


def _ours(path: Path) -> set[str]:
    """Every code in our resources, wherever it stands."""
    return set(_every(json.loads(dump(convert(path.read_bytes()).resources))))


def _every(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "code" and isinstance(inner, str):
                yield inner
            else:
                yield from _every(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _every(inner)


def _codes(bundle: Any) -> set[str]:
    """The codes that name what the resources of a peer are about."""
    resources = [entry["resource"] for entry in bundle.get("entry", []) if "resource" in entry]
    told = [one[name] for one in resources if one["resourceType"] in TYPES for name in NAMED if name in one]
    told += [part.get("code") for one in resources for part in one.get("component", [])]
    return {code for code in _every(told) if code.strip()}


if __name__ == "__main__":
    sys.exit(main())
