"""The settings that come from outside: environment variables, or the file `.env`. `.env.example` documents each.

A setting that is unknown, missing or malformed is named in words: a typo must not become a silent default.
"""

import difflib
import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import local_places

ROOT = Path(__file__).resolve().parent.parent.parent

# Read by docker-compose.yml from the same file, not by Kaskad.
COMPOSE_SETTINGS = {"KASKAD_DOMAIN", "KASKAD_DB_APP_PASSWORD", "KASKAD_DB_OWNER_PASSWORD"}
# Read before there are settings, and by the tests.
OTHER_SETTINGS = {"KASKAD_ENV_FILE", "KASKAD_CHROMIUM"}

_REASONS = {
    "literal_error": "must be {expected}",
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


class SettingsError(Exception):
    """Settings are wrong. The message names each, in words."""


def _scheme(*allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and urlsplit(value).scheme not in allowed:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}:' for scheme in allowed)}")
        return value

    return AfterValidator(check)


def _names_a_database(value: str) -> str:
    if value and not urlsplit(value).path.strip("/"):
        raise ValueError("must end with the name of a database, as in postgresql://user:password@host/kaskad")
    return value


def _fernet_keys(value: SecretStr) -> SecretStr:
    for key in value.get_secret_value().split(","):
        try:
            Fernet(key.strip())
        except ValueError:
            raise ValueError("must be keys of 32 bytes in URL-safe base64, divided by commas") from None
    return value


DatabaseUrl = Annotated[str, _scheme("postgresql", "postgres"), AfterValidator(_names_a_database)]
RedisUrl = Annotated[str, _scheme("redis", "rediss", "unix")]
WebUrl = Annotated[str, _scheme("http", "https")]
ScannerUrl = Annotated[str, _scheme("tcp", "unix")]
EmailUrl = Annotated[str, _scheme("console", "smtp", "smtps")]
Port = Annotated[int, Field(ge=0, le=65535)]


def _are_networks(value: str) -> str:
    for network in filter(None, map(str.strip, value.split(","))):
        try:
            ip_network(network)
        except ValueError:
            raise ValueError("must be networks divided by commas, as in 10.1.0.0/16,192.168.7.4/32") from None
    return value


class Environment(BaseSettings):
    """What an installation decides. Names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    kaskad_var: Path = ROOT / "var"
    database_url: DatabaseUrl = ""
    database_owner_url: DatabaseUrl = ""
    redis_url: RedisUrl = ""
    kaskad_secret_key: SecretStr
    kaskad_encryption_keys: Annotated[SecretStr, AfterValidator(_fernet_keys)]
    kaskad_host: str = "127.0.0.1"
    kaskad_port: Port = 8000
    kaskad_demo_port: Port = 8010
    kaskad_base_url: WebUrl = ""
    kaskad_lab_url: WebUrl = ""
    kaskad_lab_port: Port = 8020
    kaskad_allowed_hosts: str = ""
    kaskad_debug: bool = False
    kaskad_media_root: Path = Path()
    kaskad_s3_bucket: str = ""
    kaskad_s3_endpoint: WebUrl = ""
    kaskad_s3_region: str = ""
    kaskad_s3_access_key: str = ""
    kaskad_s3_secret_key: SecretStr = SecretStr("")
    kaskad_clamd: ScannerUrl = ""
    kaskad_email_url: EmailUrl = "console:"
    kaskad_email_from: str = "Kaskad <kaskad@localhost>"
    kaskad_private_networks: Annotated[str, AfterValidator(_are_networks)] = ""
    kaskad_sign_up: Literal["open", "invitation"] = "open"
    kaskad_log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _fall_back_to_this_machine(self) -> Self:
        if not self.database_url:
            place = local_places.postgres_place(self.kaskad_var)
            self.database_url = place.url(local_places.APP_ROLE)
            self.database_owner_url = self.database_owner_url or place.url(local_places.OWNER_ROLE)
        self.redis_url = self.redis_url or local_places.valkey_url(self.kaskad_var)
        self.kaskad_base_url = (self.kaskad_base_url or f"http://localhost:{self.kaskad_port}").rstrip("/")
        self.kaskad_lab_url = self.kaskad_lab_url.rstrip("/")
        if self.kaskad_media_root == Path():
            self.kaskad_media_root = self.kaskad_var / "media"
        return self


def read_environment() -> Environment:
    """Return the settings, or raise SettingsError naming all that is wrong."""
    own_file = os.environ.get("KASKAD_ENV_FILE")
    file = Path(own_file) if own_file else ROOT / ".env"
    if own_file and not file.exists():
        raise SettingsError(f"Kaskad cannot start: KASKAD_ENV_FILE names {file}, and there is no such file.")
    var = Path(os.environ.get("KASKAD_VAR") or dotenv_values(file).get("KASKAD_VAR") or ROOT / "var")
    complaints = [_unknown(name, file) for name in _unknown_names(file)]
    environment = None
    try:
        environment = Environment(_env_file=(var / "keys.env", file))
    except ValidationError as error:
        complaints += [_wrong(one) for one in error.errors()]
    if environment is None or complaints:
        lines = "\n".join(f"  {line}" for line in complaints)
        raise SettingsError(
            f"Kaskad cannot start: its settings need mending.\n{lines}\n"
            f"Settings come from the environment and from {file}; .env.example explains each."
        )
    return environment


def setting_names() -> set[str]:
    """Return every setting that may be given, in upper case."""
    return {name.upper() for name in Environment.model_fields} | COMPOSE_SETTINGS | OTHER_SETTINGS


def _unknown_names(file: Path) -> list[str]:
    given = {name for name in os.environ if name.startswith("KASKAD_")}
    given |= {name.upper() for name in dotenv_values(file)}
    return sorted(given - setting_names())


def _unknown(name: str, file: Path) -> str:
    where = f" (in {file.name})" if name in {key.upper() for key in dotenv_values(file)} else ""
    near = difflib.get_close_matches(name, setting_names(), n=1)
    return f"{name}{where} is not a setting." + (f" Did you mean {near[0]}?" if near else "")


def _wrong(error: Any) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "The settings"
    if error["type"] == "missing":
        return f"{name} is not set. `make install` makes one for this machine; a server gives it in .env."
    context = error.get("ctx", {})
    reason = str(context["error"]) if error["type"] == "value_error" else _REASONS.get(error["type"], error["msg"])
    return f"{name} {reason.format(**context)}."
