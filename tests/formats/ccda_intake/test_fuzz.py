"""A few seconds of the fuzzer that `make soak` runs for an hour, always with the same documents."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))

from ccda_fuzz.judge import faults, wrong
from ccda_fuzz.mutate import spoiled
from ccda_fuzz.samples import samples
from tests.formats.ccda_intake.papers import PROBLEMS, paper, problem, section

from chartpost.formats.ccda.intake import convert

ROUNDS = 12
EACH = 12
DOCUMENTS = samples(ours=False)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_spoiled_documents_are_read_or_refused(number: int) -> None:
    chance = random.Random(f"suite-{number}")
    for _ in range(EACH):
        data = spoiled(chance.choice(DOCUMENTS), DOCUMENTS, chance)
        assert faults(data)[1] == []


def test_the_judge_does_find_faults() -> None:
    data = paper(section(PROBLEMS, problem())).encode()
    found = convert(data)
    assert wrong(found, data) == []
    found.resources[-1]["id"] = "x y"
    found.resources.append(found.resources[0])
    assert len(wrong(found, data)) > 1
