"""What becomes of a message, as each provider counts it and posts it."""

import hashlib
import time

from lab.platforms.viber_business.accounts import Bot

SENT, DELIVERED, SEEN, NOBODY = "sent", "delivered", "seen", "nobody"
_SMSC = {SENT: 0, DELIVERED: 1, SEEN: 2, NOBODY: 20}
_AERO = {SENT: (3, "send"), DELIVERED: (1, "delivery"), SEEN: (1, "read"), NOBODY: (2, "not delivered")}


def tell(bot: Bot, phone: str, name: str, what: str) -> None:
    """Note a state, and post it."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    bot.told[digits, name] = _SMSC[what]
    if bot.provider == "smsaero":
        number, word = _AERO[what]
        bot.post({"id": name, "status": str(number), "extendStatus": word})
        return
    state, at = str(_SMSC[what]), str(int(time.time()))
    mark = hashlib.md5(f"{name}:{digits}:{state}:{bot.hook_secret}".encode(), usedforsecurity=False).hexdigest()
    bot.post({"id": name, "phone": digits, "status": state, "ts": at, "err": "0", "md5": mark})
