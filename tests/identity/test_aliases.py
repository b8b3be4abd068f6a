"""Whose a Patient id is, kept in memory until somebody's sources change."""

import pytest

from chartpost.identity import aliases
from chartpost.identity import models as identity_models
from chartpost.identity import services as persons
from chartpost.identity.types import Actor
from chartpost.kernel.db import raw
from tests.records.builders import person

pytestmark = pytest.mark.django_db


def test_a_kept_person_is_asked_anew_once_persons_are_merged_or_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "POLL_SECONDS", 0.0)
    account = identity_models.Account.objects.create_user("clerk@example.org", None)
    clerk = Actor(kind="staff", account_id=account.pk, ref=account.ref)
    db = raw.django()
    kept, gone = person(), person(family="Lopes")
    for each, name in ((kept, "pk"), (gone, "pg")):
        identity_models.PersonSource.objects.create(person_id=each.id, source="test", patient_id=name)
    assert [aliases.known_person(name, db) for name in ("pk", "pg", "px")] == [kept.id, gone.id, None]
    assert aliases.persons_of(["pk", "pg", "px"], db) == {"pk": kept.id, "pg": gone.id}
    merge = persons.merge(kept.id, gone.id, "same person", clerk)
    assert aliases.known_person("pg", db) == kept.id
    assert aliases.persons_of(["pg"], db) == {"pg": kept.id}
    persons.unmerge(merge, clerk)
    assert aliases.known_person("pg", db) == gone.id
    identity_models.PersonSource.objects.create(person_id=gone.id, source="other", patient_id="px")
    assert aliases.known_person("px", db) == gone.id
