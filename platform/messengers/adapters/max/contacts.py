"""What stands in a shared contact: a name, a phone number, and whether MAX vouches that it is the person's own."""

import hashlib
import hmac
import re

from pydantic import BaseModel, ConfigDict

_TEL = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r"^FN[^:\r\n]*:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Contact(BaseModel):
    """A contact as MAX tells it: a card of the vCard kind and its signature."""

    model_config = ConfigDict(extra="ignore")

    vcf_info: str | None = None
    hash: str | None = None

    @property
    def card(self) -> str:
        """The card; some clients tell its line breaks as two characters."""
        return (self.vcf_info or "").replace("\\r\\n", "\r\n")

    @property
    def phone(self) -> str:
        """The number in it."""
        found = _TEL.search(self.card)
        digits = re.sub(r"[^0-9]", "", found[1]) if found else ""
        if len(digits) == 11 and digits.startswith("8"):
            digits = f"7{digits[1:]}"  # how people in Russia write it
        return f"+{digits}" if digits else ""

    @property
    def name(self) -> str:
        """Whose it is."""
        found = _NAME.search(self.card)
        return found[1].strip() if found else ""

    def words(self) -> str:
        """Return what there is to read."""
        return " ".join(part for part in (self.name, self.phone) if part)

    def is_own(self, token: str) -> bool:
        """Say whether MAX has signed the card for this bot: it does so with the sender's own number alone."""
        given = (self.hash or "").strip().lower().encode("utf-8", "replace")
        cards = {self.vcf_info or "", self.card}
        return bool(given) and any(
            hmac.compare_digest(
                hmac.new(token.encode(), card.encode("utf-8", "replace"), hashlib.sha256).hexdigest().encode(), given
            )
            for card in cards
        )
