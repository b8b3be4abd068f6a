"""All that is worked out about a resource before the write transaction begins, so that the transaction is short."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from django.utils.functional import cached_property

from chartpost.formats import plainnames
from chartpost.formats.fhirjson import canonical, index
from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.references import ID
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.fhirjson.values import get
from chartpost.formats.plainnames import LANGUAGES
from chartpost.kernel.db import raw
from chartpost.records import postings
from chartpost.records.errors import Refused
from chartpost.records.search import custom
from chartpost.records.types import Incoming, kind_of

_STAMPS = frozenset({"versionId", "lastUpdated"})
_WITH_NOTES = frozenset({"DocumentReference", "DiagnosticReport", "Communication", "Media", "Binary"})
_NAMED = ("code.coding", "vaccineCode.coding", "type.coding")


@dataclass
class Ready:
    """A validated resource with all that is kept beside it; hashes and words are worked out when asked for.

    `content` is what `canonical.content` gives; `person_id` whose it is, which may be found only when it is written.
    `with_id` is the person with whom what it belongs to is filed, 0 for what belongs to nothing but its person.
    """

    kind: int
    type: str
    incoming: Incoming
    person_id: int
    digest: bytes
    content: bytes
    category: int
    labels: int
    date_ms: int
    with_id: int = 0
    _found: tuple[tuple[str, ...], postings.Hashes] | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> tuple[int, str]:
        """What names the row: the type's number and the id."""
        return self.kind, self.incoming.id

    def filed(self, before: int = 0) -> int:
        """The person it is filed with, for merges that are undone; `before` is with whom it was."""
        return self.with_id or before or self.incoming.person_id or self.person_id

    @property
    def hashes(self) -> postings.Hashes:
        """The hashes it is found by, as of when they were first asked for."""
        return self._found[1] if self._found else self.found_by(custom.custom(raw.django()))

    def found_by(self, own: custom.Parameters) -> postings.Hashes:
        """The hashes it is found by with these parameters of the office's own; worked out anew if others were used."""
        mine = own.get(self.type, {})
        used = tuple(one.key for one in mine.values())
        if self._found is None or self._found[0] != used:
            self._found = used, hashes_of(_as_dict(self.incoming), mine)
        return self._found[1]

    @cached_property
    def words(self) -> str:
        """All that is searched: its own words, its everyday names, those of notes it carries and of its document."""
        return words_of(_as_dict(self.incoming), self.incoming.words)


def hashes_of(resource: dict[str, Any], own: Mapping[str, custom.Custom]) -> postings.Hashes:
    """The hashes a resource is found by; `own` are the office's own parameters of its type."""
    return postings.hashes(str(resource["resourceType"]), [*index.postings(resource), *custom.values(resource, own)])


def words_of(resource: dict[str, Any], document: str = "") -> str:
    """The words of a resource, its everyday names, its notes and those of its document, one a line."""
    texts = [index.text(resource), document, *_everyday(resource)]
    if resource.get("resourceType") in _WITH_NOTES:
        notes = (a.data for a in attachments(resource) if a.data and a.content_type.startswith("text/"))
        texts += [note.decode("utf-8", "replace") for note in notes]
    return "\n".join(filter(None, texts))


def _everyday(resource: dict[str, Any]) -> list[str]:
    """The plain names of its code in every language, so that "blood sugar" and "azúcar" find a hemoglobin A1c."""
    codings = (coding for path in _NAMED for coding in get(resource, path) if isinstance(coding, dict))
    found = (
        plainnames.plain_name(str(c.get("system")), str(c.get("code")), lang) for c in codings for lang in LANGUAGES
    )
    return [name for name in found if name]


def prepare(incoming: Iterable[Incoming]) -> list[Ready]:
    """Check resources and work out what is kept of them; of several with one id the last counts. Raises Refused."""
    return list({ready.key: ready for ready in map(_ready, incoming)}.values())


def _ready(item: Incoming) -> Ready:
    resource = _as_dict(item)
    kind = str(resource.get("resourceType"))
    problems = [] if item.valid else validate(kind, resource)
    if problems:
        first = problems[0]
        raise Refused(f"{first.path} {first.message}", "FHIR R4", "Mend the file or ask its sender.", problems)
    if not ID.fullmatch(item.id):
        raise Refused(f"{kind} with an id of the wrong form", "1 to 64 letters, digits, '-' or '.'", "Mend the id.")
    content = canonical.content(resource)
    return Ready(
        kind=kind_of(kind),
        type=kind,
        incoming=item,
        person_id=item.person_id,
        digest=_digest(resource, content),
        content=content,
        category=int(item.category or index.category(resource)),
        labels=int(index.labels(resource)),
        date_ms=index.clinical_date(resource),
    )


def unstamped(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without the stamps the store itself puts on: what an app read and sends back says no date by them."""
    meta = resource.get("meta")
    if not isinstance(meta, dict) or _STAMPS.isdisjoint(meta):
        return resource
    return {**resource, "meta": {key: value for key, value in meta.items() if key not in _STAMPS}}


def _digest(resource: dict[str, Any], content: bytes) -> bytes:
    """A digest of the content without the stamps the store itself puts on: of `[meta, the rest]` as JSON."""
    meta = canonical.dump({k: v for k, v in resource.get("meta", {}).items() if k not in _STAMPS})
    if next(iter(resource)) == "resourceType" and content != b"{}":
        plain = b'{"resourceType":' + canonical.dump(resource["resourceType"]) + b"," + content[1:]
    else:
        plain = canonical.dump({k: v for k, v in resource.items() if k not in ("meta", "id")})
    return blake2b(b"[" + meta + b"," + plain + b"]", digest_size=16).digest()


def _as_dict(item: Incoming) -> dict[str, Any]:
    return item.resource if isinstance(item.resource, dict) else dict(item.resource)
