"""E-mail, played: a house that takes letters by SMTP and keeps mailboxes open by IMAP."""

from lab.platforms.email.house import House as Platform

__all__ = ["Platform"]
