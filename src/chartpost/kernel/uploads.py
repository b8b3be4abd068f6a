"""Uploads: capped while they arrive, so that a giant file never fills the disk; on disk without a name.

A file of ours has no name from its first byte on, so that nothing of it stays behind when this process is killed.
"""

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

LIMIT_BYTES = 200 * 1024 * 1024


class CappedUploadHandler(FileUploadHandler):
    """Refuses a request whose files are larger than the limit; `request.upload_too_large` is then set."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._seen = 0
        self._file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse at once a file that says it is too large."""
        length = int(self.request.META.get("CONTENT_LENGTH") or 0) if self.request is not None else 0
        if length > LIMIT_BYTES + 1024 * 1024:
            self._refuse()
        super().new_file(*args, **kwargs)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Count what arrives and stop over the limit."""
        del start
        self._seen += len(raw_data)
        if self._seen > LIMIT_BYTES:
            self._refuse()
        self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """The file as views get it, at its start."""
        self._file.seek(0)
        return UploadedFile(
            file=self._file,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Let go of a file that was cut off."""
        if self._file is not None:
            self._file.close()

    def _refuse(self) -> None:
        if self.request is not None:
            setattr(self.request, "upload_too_large", True)  # noqa: B010 - Django types its request closely
        raise StopUpload(connection_reset=False)
