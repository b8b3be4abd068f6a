"""Ciphertext in any S3-compatible bucket: `s3://bucket/prefix?endpoint=https://...&region=...`.

Credentials come from the environment or the machine's role, as boto3 finds them. The bucket sees ciphertext only.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chartpost.kernel.blobs.errors import BlobError, missing
from chartpost.kernel.blobs.types import is_id


class S3Store:
    """Objects under one prefix of one bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    @classmethod
    def from_url(cls, url: str) -> "S3Store":
        """The store an `s3://` address names."""
        try:
            import boto3
        except ModuleNotFoundError as error:
            raise BlobError(
                seen="CHARTPOST_BLOB_URL names a bucket and boto3 is not installed",
                expected="the `s3` extra",
                todo="run `pip install chartpost[s3]`",
            ) from error
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        client = boto3.client("s3", endpoint_url=query.get("endpoint"), region_name=query.get("region"))
        prefix = parts.path.strip("/")
        return cls(client, parts.netloc, f"{prefix}/" if prefix else "")

    @property
    def place(self) -> tuple[Any, str, str]:
        """The client, the bucket and the prefix, for what else lies in the bucket."""
        return self._client, self._bucket, self._prefix

    def take(self, blob_id: str, file: Path) -> None:
        """Upload `file`, in parts when it is large; the object appears whole or not at all."""
        with self._known(blob_id):
            self._client.upload_file(str(file), self._bucket, self._prefix + blob_id)
        file.unlink()

    def read_at(self, blob_id: str, offset: int, length: int) -> bytes:
        """Ciphertext bytes by a Range request (RFC 9110 14.2)."""
        if length <= 0:
            return b""
        wanted = f"bytes={offset}-{offset + length - 1}"
        with self._known(blob_id):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + blob_id, Range=wanted)
            data: bytes = answer["Body"].read()
        return data

    def size(self, blob_id: str) -> int:
        """Length of the object."""
        with self._known(blob_id):
            return int(self._client.head_object(Bucket=self._bucket, Key=self._prefix + blob_id)["ContentLength"])

    def opened(self, blob_id: str) -> "_Object":
        """The object, read by one request for each piece."""
        return _Object(self, blob_id)

    def delete(self, blob_id: str) -> None:
        """Remove the object."""
        with self._known(blob_id):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + blob_id)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every object under the prefix whose name is one of ours."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                name = item["Key"].removeprefix(self._prefix)
                if is_id(name):
                    yield name, item["LastModified"]

    def _known(self, blob_id: str) -> "_Answers":
        return _Answers(blob_id)


class _Object:
    """One object that is read piece by piece."""

    def __init__(self, store: S3Store, blob_id: str) -> None:
        self._store, self._blob_id, self.size = store, blob_id, store.size(blob_id)

    def read(self, offset: int, length: int, view: memoryview) -> bytes:
        """Ciphertext bytes."""
        del view
        return self._store.read_at(self._blob_id, offset, length)

    def close(self) -> None:
        """Nothing is held open."""


class _Answers:
    """Turns what boto3 raises into this room's errors: `404` into BlobMissingError, the rest into BlobError."""

    def __init__(self, blob_id: str) -> None:
        self._blob_id = blob_id

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        if not isinstance(error, Boto3Error | BotoCoreError | ClientError):
            return
        answer: dict[str, Any] = getattr(error, "response", {})
        code = answer.get("Error", {}).get("Code", type(error).__name__)
        if code in {"404", "NoSuchKey", "NotFound"}:
            raise missing(self._blob_id) from error
        raise BlobError(
            seen=f"the bucket answered {code}",
            expected="a bucket that can be read and written",
            todo="check CHARTPOST_BLOB_URL, the credentials and the network",
        ) from error
