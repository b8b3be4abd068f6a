"""Sealing files into a box. The same files, password, words and seed give the same bytes.

A box has no link, so there is no link secret: its 32 bytes are zeros, and the password alone stands between the finder
of a stick and the files. That is why only passwords of five drawn words are taken, at three times the usual cost.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from chartpost.formats import sealedbox as box
from chartpost.formats.media.container import Head
from chartpost.formats.sealedbox.keys import NONCE
from chartpost.formats.sealedbox.words import WORDS

BOX_PARAMS = box.Params(1, 3_000_000)
NO_LINK = bytes(32)
"""What stands in the place of the link secret."""
SEED = 32
_ID, _SALT = 16, 24


@dataclass(frozen=True)
class Source:
    """A file to seal: `read` gives its bytes in pieces and is called twice; `mtime` is milliseconds since 1970."""

    name: str
    type: str
    size: int
    read: Callable[[], Iterable[bytes]] = field(repr=False)
    mtime: int | None = None


@dataclass(frozen=True)
class SealedFiles:
    """A box about to be written: `size` bytes, given by `stream`."""

    head: Head
    manifest: box.Manifest
    size: int
    _padded: bytes = field(repr=False)
    _seed: bytes = field(repr=False)
    _key: bytes = field(repr=False)
    _sources: tuple[Source, ...] = field(repr=False)

    def stream(self) -> Iterator[bytes]:
        """The bytes of `records.cps`; raises ValueError when a file is no longer what it was when it was hashed."""
        yield self.head.render()
        yield from self._object(0, [self._padded], sha256(self._padded).digest())
        for entry, source in zip(self.manifest.files, self._sources, strict=True):
            yield from self._object(entry.index, _checked(source, entry.hash), entry.hash.encode())

    def _object(self, index: int, plain: Iterable[bytes], mark: bytes) -> Iterator[bytes]:
        salt = _draw(self._seed, "salt", index, mark)[:_SALT]
        ident = self.head.objects[index][0]
        return box.seal_stream(plain, self._key, self.head.share, index, ident, salt=salt)


def seal_files(
    sources: Iterable[Source],
    password: str,
    *,
    title: str,
    note: str,
    created: str,
    seed: bytes | None = None,
    params: box.Params = BOX_PARAMS,
) -> SealedFiles:
    """Seal files under a password of five words; `created` is `YYYY-MM-DDTHH:MM:SSZ`.

    `seed` is 32 secret bytes that ids, salts and the share key are drawn from, fresh unless the same box is to be made
    again. Salts are drawn from the content too, so that no other content is ever sealed under the same one. Raises
    WeakPasswordError for other passwords, ManifestError for names that break a rule.
    """
    _check_password(password)
    seed = secrets.token_bytes(SEED) if seed is None else seed
    if len(seed) != SEED:
        message = f"a seed of {len(seed)} bytes; expected {SEED}"
        raise ValueError(message)
    files = tuple(sources)
    ids = {label: box.b64u(_draw(seed, label)[:_ID]) for label in ("share", "recipient")}
    entries = tuple(_entry(seed, index, source) for index, source in enumerate(files, 1))
    manifest = box.Manifest(title, note, created, {ids["recipient"]: params}, entries)
    padded = manifest.render()
    first = box.b64u(_draw(seed, "object", 0, sha256(padded).digest())[:_ID])
    objects = ((first, box.sealed_size(len(padded))), *((one.object, one.sealed_size) for one in entries))
    key, salt = _draw(seed, "key"), _draw(seed, "password")[: box.SALT]
    keys = box.keys_for(NO_LINK, password, salt, params, ids["recipient"])
    wrapped = box.wrap_share_key(keys, key, params, nonce=_draw(seed, "nonce", 0, keys.wrap)[:NONCE])
    head = Head(ids["share"], ids["recipient"], params, salt, wrapped, objects)
    size = len(head.render()) + sum(one[1] for one in objects)
    return SealedFiles(head, manifest, size, padded, seed, key, files)


def _check_password(password: str) -> None:
    words = password.split("-")
    if len(words) < WORDS or not set(words) <= set(box.word_list()):
        raise box.WeakPasswordError(
            seen="a password of one's own",
            expected=f"{WORDS} words drawn by new_password: on a stick nothing but the password protects the files",
            todo="have one drawn",
        )


def _entry(seed: bytes, index: int, source: Source) -> box.FileEntry:
    found = box.FileHash()
    for piece in source.read():
        found.update(piece)
    if found.size != source.size:
        raise _changed(index)
    digest = found.text()
    ident = box.b64u(_draw(seed, "object", index, digest.encode())[:_ID])
    sealed = box.sealed_size(source.size)
    return box.FileEntry(index, ident, source.name, source.type, source.size, source.mtime, digest, sealed)


def _checked(source: Source, expected: str) -> Iterator[bytes]:
    found = box.FileHash()
    for piece in source.read():
        found.update(piece)
        yield piece
    if found.text() != expected:
        raise _changed(0)


def _changed(index: int) -> ValueError:
    return ValueError(f"file {index or ''} changed while it was sealed; seal the box again from the start")


def _draw(seed: bytes, label: str, index: int = 0, mark: bytes = b"") -> bytes:
    """32 bytes that only who has the seed can work out, of their own for each label, place and content."""
    return hmac.digest(seed, f"chartpost/box/v1/{label}/{index}/".encode("ascii") + mark, "sha256")
