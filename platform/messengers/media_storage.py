"""Where files lie: a folder, or a store that speaks S3. Both give a file in pieces, so that none fills the memory.

Django calls this by the settings; `media_views` reads through it.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import FileSystemStorage, default_storage
from storages.backends.s3 import S3Storage

PIECE = 256 * 1024


class Files(Protocol):
    """What Kaskad asks of a storage beyond what Django does."""

    def pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """Open a file at once, OSError when it is not there; give its bytes from `start` to before `end`."""

    def erase(self, folder: str) -> None:
        """Delete all that lies in a folder."""


class FolderFiles(FileSystemStorage):
    """Files in a folder of this machine."""

    def pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """Open a file at once, OSError when it is not there; give its bytes from `start` to before `end`."""
        return self._read(self.open(name, "rb"), start, end)

    def erase(self, folder: str) -> None:
        """Delete all that lies in a folder."""
        shutil.rmtree(self.path(folder), ignore_errors=True)

    def _read(self, file: Any, start: int, end: int) -> Iterator[bytes]:
        with closing(file):
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE, end - start))):
                start += len(piece)
                yield piece


class S3Files(S3Storage):  # type: ignore[misc]
    """Files in a bucket."""

    def pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """Open a file at once, OSError when it is not there; give its bytes from `start` to before `end`."""
        if start >= end:
            return iter(())
        try:
            found = self.bucket.Object(self._normalize_name(name)).get(Range=f"bytes={start}-{end - 1}")
        except (ClientError, BotoCoreError) as error:
            raise OSError(str(error)) from error
        return self._read(found["Body"])

    def erase(self, folder: str) -> None:
        """Delete all that lies in a folder."""
        self.bucket.objects.filter(Prefix=f"{self._normalize_name(folder)}/").delete()

    def _read(self, body: Any) -> Iterator[bytes]:
        try:
            with closing(body):
                yield from body.iter_chunks(PIECE)
        except BotoCoreError as error:
            raise OSError(str(error)) from error


def files() -> Files:
    """Return the storage that the settings name."""
    return cast(Files, default_storage)
