"""Secrets at rest: a JSON object encrypted with the installation's keys (MultiFernet), newest key first."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Return the cipher of the configured keys."""
    return _cipher(tuple(settings.SECRET_KEYS))


class SecretsUnreadableError(Exception):
    """The row was encrypted with a key that the installation no longer has."""


class EncryptedJSONField(_TextField):
    """A JSON object that is ciphertext in the database. It cannot be filtered on, and is left out of `repr`."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, Any]:
        """Decrypt; SecretsUnreadableError when no key fits."""
        if not value:
            return {}
        try:
            return dict(json.loads(cipher().decrypt(value.encode())))
        except InvalidToken as error:
            raise SecretsUnreadableError from error

    def get_prep_value(self, value: Mapping[str, Any] | None) -> str:
        """Encrypt."""
        if not value:
            return ""
        return cipher().encrypt(json.dumps(dict(value)).encode()).decode()

    def to_python(self, value: Any) -> Any:
        """Pass dictionaries through."""
        return value or {}
