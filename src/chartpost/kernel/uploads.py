"""Uploads: capped while they arrive, so that a giant file never fills the disk."""

from typing import IO, Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

LIMIT_BYTES = 200 * 1024 * 1024


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Refuses a request whose files are larger than the limit; `request.upload_too_large` is then set."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._seen = 0

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - Django's own parameter name
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        if content_length > LIMIT_BYTES + 1024 * 1024:
            self._refuse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._seen += len(raw_data)
        if self._seen > LIMIT_BYTES:
            self._refuse()
        return super().receive_data_chunk(raw_data, start)

    def _refuse(self) -> None:
        if self.request is not None:
            self.request.upload_too_large = True  # type: ignore[attr-defined]
        raise StopUpload(connection_reset=False)
