"""Search in the words of a record: FTS5 on SQLite, tsvector on PostgreSQL, one interface.

The person's key is a word of the index itself (`p42`), so that a search touches one person's rows only.

Rows whose words are made later (`wording`) have a mark. On PostgreSQL whoever changes the words of such a row locks
its mark first: what is written, removed or moved meanwhile waits, so that no words are lost or left behind.
"""

import re
from collections.abc import Sequence

from django.db import connection

from chartpost.kernel.db import raw

_WORD = re.compile(r"\w+", re.UNICODE)
WORDS_AT_MOST = 8
LONGEST = 200_000
"""Characters indexed of one entry; PostgreSQL takes at most 1 MB of distinct words."""


def add(rows: Sequence[tuple[int, int, str]]) -> None:
    """Index (rid, person_id, words) of rows that are not indexed."""
    sql = "INSERT INTO records_text (rowid, words) VALUES (?, ?)"
    if connection.vendor == "postgresql":
        sql = "INSERT INTO records_text (rid, words) VALUES (?, to_tsvector('simple', ?))"
    raw.django().many(sql, [(rid, f"p{person} {words[:LONGEST]}".replace("\0", " ")) for rid, person, words in rows])


def remove(rids: Sequence[int]) -> None:
    """Take rows out of the index; they wait for their words no longer."""
    column = "rid" if connection.vendor == "postgresql" else "rowid"
    rows = [(rid,) for rid in rids]
    raw.django().many("DELETE FROM records_wordless WHERE rid = ?", rows)
    raw.django().many(f"DELETE FROM records_text WHERE {column} = ?", rows)  # noqa: S608


def later(rids: Sequence[int]) -> None:
    """Leave rows to `wording`. A mark that is there is written again: it may be about to go with words read before."""
    sql = "INSERT INTO records_wordless (rid) VALUES (?) ON CONFLICT (rid) DO UPDATE SET rid = excluded.rid"
    raw.django().many(sql, [(rid,) for rid in rids])


def matching(person_id: int, asked: str) -> tuple[str, list[str]] | None:
    """SQL (a sub-select of rids) and its parameters for a person's words; None when there is no word to look for.

    Every word must occur; the last one may be the beginning of a word. No text of the reader is ever syntax.
    """
    words = _WORD.findall(asked)[:WORDS_AT_MOST]
    if not words:
        return None
    if connection.vendor == "postgresql":
        query = " & ".join([f"p{person_id}", *(f"'{w}'" for w in words[:-1]), f"'{words[-1]}':*"])
        return "SELECT rid FROM records_text WHERE words @@ to_tsquery('simple', %s)", [query]
    query = " ".join([f'"p{person_id}"', *(f'"{w}"' for w in words[:-1]), f'"{words[-1]}"*'])
    return "SELECT rowid FROM records_text WHERE records_text MATCH %s", [query]


def move(rids_sql: str, values: Sequence[int], from_id: int, to_id: int) -> None:
    """Make the rows that `rids_sql` selects findable under another person."""
    if connection.vendor == "postgresql":
        sql = f"SELECT rid FROM records_wordless WHERE rid IN ({rids_sql}) ORDER BY rid FOR UPDATE"  # noqa: S608 - same
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
    rid = "rid" if connection.vendor == "postgresql" else "rowid"
    changed = "%s || substr(words, instr(words || ' ', ' '))"
    new = [f"p{to_id}"]
    if connection.vendor == "postgresql":
        changed = "ts_delete(words, %s) || to_tsvector('simple', %s)"
        new = [f"p{from_id}", f"p{to_id}"]
    sql = f"UPDATE records_text SET words = {changed} WHERE {rid} IN ({rids_sql})"  # noqa: S608 - constants
    with connection.cursor() as cursor:
        cursor.execute(sql, [*new, *values])
