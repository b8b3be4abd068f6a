"""A transfer under way: its keys, its people, its items, and the journal that lets another run go on with it."""

import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import BLOCK, Runs, b64u, unb64u
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.gather import STDIN, Chosen
from chartpost.gateways.sealed.command.items import Item, item_of, look, new_item
from chartpost.gateways.sealed.command.journal import Journal, lines


@dataclass(frozen=True)
class Person:
    """One recipient; everything but the id is secret."""

    recipient: str
    secret: str = field(repr=False)
    password: str = field(repr=False)
    salt: str = field(repr=False)


@dataclass
class Transfer:
    """What the journal keeps of a transfer, beside its items.

    With a `drop` it goes to the owner of that drop, by the drop's `public` key, and has no people.
    """

    to: str
    share: str
    key: str = field(repr=False)
    created: str
    title: str
    note: str = field(repr=False)
    params: str
    expires: str | None
    max_opens: int | None
    own_password: bool
    people: list[Person]
    token: str = field(default="", repr=False)
    drop: str = ""
    suite: int = 0
    public: str = ""
    items: dict[int, Item] = field(default_factory=dict)

    def line(self) -> dict[str, Any]:
        """The transfer as the journal keeps it."""
        kept = asdict(self)
        del kept["items"]
        return {"transfer": kept}


def begin(plan: Transfer, path: Path) -> Journal:
    """Write down a new transfer; raises CommandError."""
    journal = Journal(path, fresh=True)
    journal.note(plan.line())
    return journal


def fill(plan: Transfer, journal: Journal, chosen: Sequence[Chosen]) -> None:
    """Give every chosen file its object; standard input is sealed into a file beside the journal."""
    for index, one in enumerate(chosen, 1):
        if one.path == STDIN:
            item = _spooled(plan, index, one, _spool(journal.path))
        else:
            item = new_item(index, one.path, one.name, one.type, *look(one.path))
        keep(journal, plan, item)
        for number, digest in item.blocks.items():
            journal.note({"block": [item.object, number, b64u(digest)]})
    journal.note({"begun": True})


def resume(path: Path) -> tuple[Transfer, Journal]:
    """The transfer a journal tells of; raises CommandError when there is none to go on with."""
    plan: Transfer | None = None
    begun = False
    for line in lines(path):
        if "transfer" in line:
            people = [Person(**one) for one in line["transfer"].pop("people")]
            plan = Transfer(**line["transfer"], people=people)
        elif plan is not None:
            _take(plan, line)
            begun = begun or "begun" in line
    if plan is None or not begun:
        raise CommandError(
            seen=f"nothing to go on with in {path}",
            expected="the state file of an unfinished transfer",
            todo="delete it if it is there, and begin anew without --resume",
        )
    return plan, Journal(path, fresh=False)


def keep(journal: Journal, plan: Transfer, item: Item) -> None:
    """Put an item in the place of an older one with its index, and write it down."""
    plan.items[item.index] = item
    journal.note(item.line())


def finish(journal: Journal) -> None:
    """Remove what was kept for resuming."""
    _spool(journal.path).unlink(missing_ok=True)
    journal.delete()


def _spool(path: Path) -> Path:
    return path.with_name(path.name + ".sealed")


def new_people(count: int, own: str) -> list[Person]:
    """`count` recipients with a link each, and a password each unless there is an `own` one."""
    return [
        Person(
            sealedbox.new_id(),
            b64u(secrets.token_bytes(32)),
            own or sealedbox.new_password(),
            b64u(secrets.token_bytes(sealedbox.SALT)),
        )
        for _ in range(count)
    ]


def now() -> str:
    """This moment as the manifest writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _take(plan: Transfer, line: dict[str, Any]) -> None:
    items = {item.object: item for item in plan.items.values()}
    if "item" in line:
        item = item_of(line["item"])
        plan.items[item.index] = item
    elif "token" in line:
        plan.share, plan.token = line["share"], line["token"]
    elif "lead" in line and line["lead"][0] in items:
        object_id, number, digest = line["lead"]
        items[object_id].leads[number] = unb64u(digest)
    elif "block" in line and line["block"][0] in items:
        object_id, number, digest = line["block"]
        items[object_id].blocks[number] = unb64u(digest, 32)


def _spooled(plan: Transfer, index: int, one: Chosen, path: Path) -> Item:
    """Standard input, sealed into a private file: how long it is has to be known before it is announced."""
    item = new_item(index, STDIN, one.name, one.type, 0, 0)
    item.spool = str(path)
    runs = Runs.sealing(unb64u(plan.key), plan.share, index, item.object, item.salt)
    plain, sealed = memoryview(bytearray(BLOCK)), memoryview(bytearray(sealedbox.PART))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as out:
        out.write(runs.header)
        last = False
        for number in range(2**31):
            count = _read_all(plain)
            last = count < BLOCK
            if count:
                item.blocks[number] = sha256(plain[:count]).digest()
            item.size += count
            out.write(sealed[: runs.seal_into(number * sealedbox.PART_CHUNKS, plain[:count], sealed, last=last)])
            if last:
                break
    return item


def _read_all(into: memoryview) -> int:
    have = 0
    while have < len(into) and (count := os.readv(sys.stdin.fileno(), [into[have:]])):
        have += count
    return have
