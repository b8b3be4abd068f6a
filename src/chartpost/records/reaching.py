"""What a token reaches of rows that a change meets or points at: what it does not is to it as if it were not there."""

from collections.abc import Mapping, Set

from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records import store
from chartpost.records.search.reach import BINARY, Facts, Reach, reach

Key = tuple[str, str]
"""A resource by its type and id."""


def reaches(access: Access, resource_type: str, actions: str, now: store.Old) -> bool:
    """Whether a token reaches a row for one of these actions ("r", "u" ...)."""
    facts = Facts(now.rid, now.person_id, now.category, now.labels, now.date_ms)
    some = (reach(access, resource_type, action) for action in actions)
    return any(
        within is not None
        and (within.sees(facts, raw.django()) or (now.deleted and _reached(resource_type, within, facts)))
        for within in some
    )


def known(access: Access, existing: Mapping[Key, Facts], keys: Set[Key]) -> set[Key]:
    """Which of these a token may point at: those it reads or finds, of the stored ones that `existing` has.

    Of a type it neither reads nor searches all that are stored: a program that only writes points at what it was told.
    """
    return {key for key in keys & existing.keys() if _known(access, key[0], existing[key])}


def _known(access: Access, resource_type: str, facts: Facts) -> bool:
    given = [within for action in "rs" if (within := reach(access, resource_type, action)) is not None]
    return not given or any(within.sees(facts, raw.django()) for within in given)


def _reached(resource_type: str, within: Reach, facts: Facts) -> bool:
    """The same of a row that was deleted: the index has nothing of it, its content says what a granular scope asks.

    A Binary has person, section, labels and date of what it belonged to.
    """
    if resource_type == BINARY:
        return within.whole().sees(facts, raw.django())
    row = raw.django().one("SELECT body FROM records_resource WHERE rid = ?", [facts.rid])
    return row is not None and within.sees_version(facts, bytes(row[0]), raw.django())
