"""Spoil C-CDA documents and read them, for a time: no crash, and nothing false in what comes out.

    scripts/soak_ccda.py [--minutes 60] [--documents N] [--seed N] [--keep FOLDER]

The same seed makes the same documents. Each fault is printed with the number of its document, which is kept in FOLDER
when one is named. Prints one line at its end; returns 1 when something was wrong.
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts")]

from ccda_fuzz.judge import faults  # noqa: E402 - found through the line above
from ccda_fuzz.mutate import spoiled  # noqa: E402
from ccda_fuzz.samples import samples  # noqa: E402

MOST_SHOWN = 20


def main() -> int:
    """Spoil and read until the time is up or the documents are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--documents", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--first", type=int, default=0, help="number of the first document, to see one again")
    parser.add_argument("--keep", type=Path, default=None)
    given = parser.parse_args()
    wrong, became, number, spent = run(given)
    shown = ", ".join(f"{count} {name}" for name, count in became.most_common())
    print(f"seed {given.seed}, {number} documents in {spent / 60:.1f} minutes: {shown}; {wrong} faults", flush=True)
    return 1 if wrong else 0


def run(given: argparse.Namespace) -> tuple[int, Counter[str], int, float]:
    """How many faults, what became of the documents, how many there were, in how many seconds."""
    documents, became, wrong = samples(), Counter[str](), 0
    began, number = time.monotonic(), given.first
    while number < given.documents and time.monotonic() - began < given.minutes * 60:
        data = document(documents, given.seed, number)
        name, found = faults(data)
        became[name] += 1
        wrong += bool(found)
        if found and wrong <= MOST_SHOWN:
            print(f"document {number}: " + "\n".join(found[:3]), flush=True)
            if given.keep:
                (given.keep / f"{given.seed}-{number}.xml").write_bytes(data)
        number += 1
    return wrong, became, number - given.first, time.monotonic() - began


def document(documents: list[bytes], seed: int, number: int) -> bytes:
    """The document of this number."""
    chance = random.Random(f"{seed}-{number}")
    return spoiled(chance.choice(documents), documents, chance)


if __name__ == "__main__":
    sys.exit(main())
