"""Uploads: capped while they arrive, so that a giant file never fills the disk."""

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

LIMIT_BYTES = 200 * 1024 * 1024


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Refuses a request whose files are larger than the limit; `request.upload_too_large` is then set."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._seen = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse at once a file that says it is too large."""
        length = int(self.request.META.get("CONTENT_LENGTH") or 0) if self.request is not None else 0
        if length > LIMIT_BYTES + 1024 * 1024:
            self._refuse()
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Count what arrives and stop over the limit."""
        self._seen += len(raw_data)
        if self._seen > LIMIT_BYTES:
            self._refuse()
        return super().receive_data_chunk(raw_data, start)

    def _refuse(self) -> None:
        if self.request is not None:
            setattr(self.request, "upload_too_large", True)  # noqa: B010 - Django types its request closely
        raise StopUpload(connection_reset=False)
