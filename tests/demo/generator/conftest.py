"""The people every test of the generator looks at; made once."""

from datetime import date

import pytest

from chartpost.demo.generator import SyntheticPerson, generate

TODAY = date(2026, 11, 20)
SEED = 7


@pytest.fixture(scope="session")
def people() -> dict[str, SyntheticPerson]:
    return {person.key: person for person in generate(SEED, TODAY)}
