"""The settings that come from outside: environment variables, or the file `.env`. `.env.example` documents each."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent.parent


class Environment(BaseSettings):
    """What an installation decides. Names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(
        description="PostgreSQL as the app's role, which owns nothing and cannot bypass row-level security"
    )
    database_owner_url: str = Field(default="", description="PostgreSQL as the owner: used by `migrate` alone")
    redis_url: str = Field(description="Valkey or Redis: broker, cache, live updates")
    kaskad_secret_key: SecretStr = Field(description="signs sessions and links")
    kaskad_encryption_keys: SecretStr = Field(
        description="Fernet keys for stored secrets, newest first, comma-separated"
    )
    kaskad_base_url: str = "http://localhost:8000"
    kaskad_allowed_hosts: str = ""
    kaskad_debug: bool = False
    kaskad_media_root: Path = ROOT / "var" / "media"
    kaskad_email_url: str = "console:"
    kaskad_email_from: str = "Kaskad <kaskad@localhost>"
    kaskad_sign_up: Literal["open", "invitation"] = "open"
    kaskad_log_level: Literal["debug", "info", "warning", "error"] = "info"
