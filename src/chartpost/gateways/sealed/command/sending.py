"""Sending a transfer: parts sealed and sent three at once, then the manifest, the links, and the end."""

import threading

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import Buffers, Manifest, b64u, unb64u
from chartpost.gateways.sealed.command.errors import AnswerError, ChangedError
from chartpost.gateways.sealed.command.items import Item, renewed
from chartpost.gateways.sealed.command.journal import Journal
from chartpost.gateways.sealed.command.progress import Progress
from chartpost.gateways.sealed.command.transfer import Transfer, keep
from chartpost.gateways.sealed.command.wire import Wire, understood
from chartpost.gateways.sealed.command.workers import each

_TRIES = 3
"""How often a file that changes meanwhile is begun anew."""


class Sender:
    """One transfer to one server."""

    def __init__(self, plan: Transfer, wire: Wire, journal: Journal, *, quiet: bool = False) -> None:
        self._plan, self._wire, self._journal, self._quiet = plan, wire, journal, quiet
        self._key = unb64u(plan.key)
        self._mine = threading.local()
        self._announced: set[str] = set()
        self._lock = threading.Lock()

    def make(self, shell_token: str) -> None:
        """Make the share; raises CommandError. An id whose answer was lost is left to end by itself."""
        where = f"drop/{self._plan.drop}" if self._plan.drop else "shares"
        asked = {"expires_at": self._plan.expires, "max_opens": self._plan.max_opens}
        asked = {name: value for name, value in asked.items() if value is not None}
        try:
            made = self._wire.call("POST", where, asked | {"share": self._plan.share}, shell_token)
        except AnswerError as error:
            if error.code != "taken":
                raise
            self._plan.share = sealedbox.new_id()
            made = self._wire.call("POST", where, asked | {"share": self._plan.share}, shell_token)
        with understood():
            self._plan.token = str(made["upload_token"])
        self._journal.note({"share": self._plan.share, "token": self._plan.token})

    def run(self) -> None:
        """Do everything that is left; raises CommandError, and leaves the journal for another run."""
        if self._learn() == "ready":
            return
        self._send_files()
        manifest = self._manifest()
        self._send_manifest(manifest)
        for number, _ in enumerate(self._plan.people):
            self._link(number, manifest)
        self._wire.call("POST", f"{self._base}/complete", self._sealed_key(), self._plan.token)

    @property
    def _base(self) -> str:
        return f"shares/{self._plan.share}"

    def _learn(self) -> str:
        """What the server has of it already; returns the state."""
        with understood():
            told = self._wire.call("GET", self._base, None, self._plan.token)
            state, held = str(told["state"]), {str(one["object"]): one["parts"] for one in told["objects"]}
            for item in self._plan.items.values():
                item.held |= {int(number) for number, *_ in held.get(item.object, [])}
            self._there = {str(one["recipient"]) for one in told["recipients"]}
        stray = set(held) - {item.object for item in self._plan.items.values()}
        if state == "uploading":
            for object_id in stray:
                self._remove(object_id)
        return state

    def _send_files(self) -> None:
        for item in list(self._plan.items.values()):
            if item.index and _stale(item):
                self._renew(item)
        files = [item for item in self._plan.items.values() if item.index]
        progress = Progress("Sending", sum(item.sealed_size for item in files), quiet=self._quiet)
        for item in files:
            progress.add(sum(_length(item, number) for number in item.held), fresh=False)
        for tries in range(_TRIES):
            changed = self._pass(progress)
            if not changed:
                break
            if tries + 1 == _TRIES:
                raise ChangedError(changed[0])
            for index in changed:
                self._renew(self._plan.items[index])
        progress.end()

    def _pass(self, progress: Progress) -> list[int]:
        """Send every missing part; returns the indexes of files that changed meanwhile."""
        changed: set[int] = set()
        items = {index: item for index, item in self._plan.items.items() if index}
        missing = [(index, number) for index, item in items.items() for number in item.missing]

        def send(task: tuple[int, int]) -> dict[int, bytes] | None:
            try:
                return self._part(items[task[0]], task[1])
            except ChangedError:
                return None

        def took(task: tuple[int, int], digests: dict[int, bytes] | None) -> None:
            (index, number), item = task, items[task[0]]
            if digests is None:
                changed.add(index)
                return
            item.blocks.update(digests)
            item.held.add(number)
            progress.add(_length(item, number))

        left = sum(_length(items[index], number) for index, number in missing)
        each((task for task in missing if task[0] not in changed), send, took, left)
        return sorted(changed | {index for index, item in items.items() if item.changed})

    def _part(self, item: Item, number: int) -> dict[int, bytes]:
        """Seal and send one part; returns the digests of its blocks of plaintext.

        They are noted before its bytes leave; another than before is a change.
        """
        self._announce(item)
        part = item.part(self._key, self._plan.share, number, self._buffers(item))
        digests = dict(enumerate(part.blocks, number * sealedbox.factor_of(item.size)))
        begun = bool(item.spool) or number in item.leads or not digests.keys().isdisjoint(item.blocks)
        if item.leads.get(number, part.lead) != part.lead:
            raise ChangedError(item.index)
        self._journal.note({"lead": [item.object, number, b64u(part.lead)]})
        for place, digest in digests.items():
            if item.blocks.get(place, digest) != digest:
                raise ChangedError(item.index)
            self._journal.note({"block": [item.object, place, b64u(digest)]})
        path = f"{self._base}/objects/{item.object}/parts/{number}"
        try:
            self._wire.put(path, part.sealed, self._plan.token, begun=begun)
        except AnswerError as error:
            if error.code == "part_differs":
                raise ChangedError(item.index) from error
            raise
        return digests

    def _announce(self, item: Item) -> None:
        with self._lock:
            if item.object in self._announced:
                return
            asked = {"object": item.object, "index": item.index, "size": item.sealed_size}
            self._wire.call("POST", f"{self._base}/objects", asked, self._plan.token)
            self._announced.add(item.object)

    def _buffers(self, item: Item) -> Buffers:
        factor = sealedbox.factor_of(item.size)
        mine: dict[int, Buffers] = self._mine.__dict__.setdefault("buffers", {})
        if factor not in mine:
            mine.clear()
            mine[factor] = Buffers.make(factor)
        return mine[factor]

    def _renew(self, item: Item) -> None:
        self._remove(item.object)
        keep(self._journal, self._plan, renewed(item))

    def _remove(self, object_id: str) -> None:
        self._wire.call("DELETE", f"{self._base}/objects/{object_id}", None, self._plan.token)

    def _manifest(self) -> bytes:
        plan = self._plan
        params = sealedbox.parse_params(plan.params)
        files = tuple(item.entry() for index, item in sorted(plan.items.items()) if index)
        kdf = {person.recipient: params for person in plan.people}
        return Manifest(plan.title, plan.note, plan.created, kdf, files).render()

    def _send_manifest(self, manifest: bytes) -> None:
        item = self._plan.items.get(0)
        if item is None or item.size != len(manifest):
            item = self._new_manifest(item, manifest)
        item.content = manifest
        try:
            self._send_item(item)
        except ChangedError:
            self._send_item(self._new_manifest(item, manifest))

    def _send_item(self, item: Item) -> None:
        for number in item.missing:
            item.blocks.update(self._part(item, number))
            item.held.add(number)

    def _new_manifest(self, old: Item | None, manifest: bytes) -> Item:
        if old is not None:
            self._remove(old.object)
        fresh = renewed(old or Item(0, "", "", "", 0, 0, "", b""))
        fresh.size, fresh.content = len(manifest), manifest
        keep(self._journal, self._plan, fresh)
        return fresh

    def _sealed_key(self) -> dict[str, str]:
        """For a drop, the share key encrypted to its owner."""
        plan = self._plan
        if not plan.drop:
            return {}
        return {"sealed_key": b64u(sealedbox.seal_for_drop(self._key, unb64u(plan.public), plan.suite, plan.drop))}

    def _link(self, number: int, manifest: bytes) -> None:
        person = self._plan.people[number]
        if person.recipient in self._there:
            return
        params = sealedbox.parse_params(self._plan.params)
        salt = unb64u(person.salt)
        keys = sealedbox.keys_for(unb64u(person.secret), person.password, salt, params, person.recipient)
        asked = {
            "recipient": person.recipient,
            "params": params.render(),
            "salt": person.salt,
            "verifier": b64u(keys.verifier),
            "wrapped": b64u(sealedbox.wrap_share_key(keys, self._key, params)),
            "receipt_check": b64u(sealedbox.receipt_check(keys, manifest)),
            "label": str(number + 1),
            "max_opens": self._plan.max_opens,
        }
        self._wire.call("POST", f"{self._base}/recipients", asked, self._plan.token)
        self._there.add(person.recipient)


def _stale(item: Item) -> bool:
    if item.changed:
        return True
    factor = sealedbox.factor_of(item.size)
    count = -(-item.size // sealedbox.BLOCK)
    needed = {block for part in item.held for block in range(part * factor, min(count, (part + 1) * factor))}
    return not needed <= set(item.blocks)


def _length(item: Item, number: int) -> int:
    return sealedbox.part_bounds(item.sealed_size)[number][1]
