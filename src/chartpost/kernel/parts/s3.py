"""Sealed objects in an S3 bucket: each upload is a multipart upload, each part one of its parts.

They lie under `sealed/` below the prefix of CHARTPOST_BLOB_URL. The bucket sees ciphertext only.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chartpost.kernel.blobs.s3 import S3Store
from chartpost.kernel.parts.errors import PartError, PartMissingError, gone
from chartpost.kernel.parts.sizes import part_count, part_length, part_size
from chartpost.kernel.parts.staging import PIECE, Staged
from chartpost.kernel.parts.unfinished import forget_object

_MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})


class S3Parts:
    """Objects under one prefix of one bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix + "sealed/"

    @classmethod
    def from_url(cls, url: str) -> "S3Parts":
        """The store an `s3://` address names."""
        client, bucket, prefix = S3Store.from_url(url).place
        return cls(client, bucket, prefix)

    def begin(self, name: str) -> str:
        """Begin a multipart upload; returns its id."""
        with _told():
            return str(self._client.create_multipart_upload(**self._named(name))["UploadId"])

    def put(self, name: str, upload: str, number: int, staged: Staged) -> str:
        """Upload a part; returns its entity tag."""
        with _told(), staged.file.open("rb") as file:
            answer = self._client.upload_part(
                **self._named(name), UploadId=upload, PartNumber=number + 1, Body=file, ContentLength=staged.length
            )
            return str(answer["ETag"])

    def lost(self, name: str, count: int) -> list[int]:
        """None: a bucket answers once it keeps a part."""
        del name, count
        return []

    def goes_on(self, name: str, upload: str) -> bool:
        """Whether the bucket knows the upload."""
        try:
            with _told():
                self._client.list_parts(**self._named(name), UploadId=upload, MaxParts=1)
        except PartMissingError:
            return False
        return True

    def whole(self, name: str, size: int) -> bool:
        """Whether the bucket has the object, of its length."""
        return self._size(name) == size

    def copied(self, name: str) -> Iterator[tuple[int, int, Iterator[bytes]]]:
        """A finished object in its parts; one under way cannot be read back."""
        size = self._size(name) or 0
        for number in range(part_count(size) if size else 0):
            length = part_length(size, number)
            yield number, length, self.read(name, size, number * part_size(size), length)

    def finish(self, name: str, upload: str, tags: Sequence[str]) -> None:
        """Complete the multipart upload; one completed before stays as it is."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        if self._size(name) is not None:
            return
        with _told():
            self._client.complete_multipart_upload(
                **self._named(name), UploadId=upload, MultipartUpload={"Parts": parts}
            )

    def read(self, name: str, size: int, start: int, length: int, piece: int = PIECE) -> Iterator[bytes]:
        """Bytes by a Range request (RFC 9110 14.2), as they come."""
        end = min(size, start + length)
        if start >= end:
            return
        with _told():
            answer = self._client.get_object(**self._named(name), Range=f"bytes={start}-{end - 1}")
            body = answer["Body"]
            try:
                while data := body.read(piece):
                    yield data
            finally:
                body.close()

    def delete(self, name: str, upload: str = "") -> None:
        """Abort the upload and remove the object."""
        forget_object(name)
        if upload:
            try:
                with _told():
                    self._client.abort_multipart_upload(**self._named(name), UploadId=upload)
            except PartError as error:
                if type(error) is PartError:
                    raise
        with _told():
            self._client.delete_object(**self._named(name))

    def stored(self) -> Iterator[tuple[str, str, datetime]]:
        """Every object and every upload under way below the prefix."""
        where = {"Bucket": self._bucket, "Prefix": self._prefix}
        for page in self._client.get_paginator("list_objects_v2").paginate(**where):
            for item in page.get("Contents", ()):
                yield item["Key"].removeprefix(self._prefix), "", item["LastModified"]
        for page in self._client.get_paginator("list_multipart_uploads").paginate(**where):
            for item in page.get("Uploads", ()):
                yield item["Key"].removeprefix(self._prefix), item["UploadId"], item["Initiated"]

    def _size(self, name: str) -> int | None:
        try:
            with _told():
                return int(self._client.head_object(**self._named(name))["ContentLength"])
        except PartMissingError:
            return None

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}


@contextmanager
def _told() -> Iterator[None]:
    """Turn what boto3 raises into this room's errors."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        answer: dict[str, Any] = getattr(error, "response", {})
        code = answer.get("Error", {}).get("Code", type(error).__name__)
        if code in _MISSING:
            raise gone() from error
        raise PartError(
            seen=f"the bucket answered {code}",
            expected="a bucket that can be read and written",
            todo="check CHARTPOST_BLOB_URL, the credentials and the network",
        ) from error
