"""What an SMS centre does with a submit_sm: what it refuses, what stands on the phone, which receipt follows."""

import time

from lab.account import Arrival
from lab.platforms.sms import packets
from lab.platforms.sms.alphabets import LATIN1_CODING, UCS2_CODING, decoded, pieces
from lab.platforms.sms.bots import Bot, Chat, Sms
from lab.platforms.sms.packets import Submitted

OK = 0x00
MESSAGE_LENGTH, COMMAND_LENGTH, UNKNOWN_COMMAND, NOT_BOUND, BOUND_ALREADY = 0x01, 0x02, 0x03, 0x04, 0x05
SYSTEM_ERROR, WRONG_SOURCE, WRONG_NUMBER, WRONG_PASSWORD, UNKNOWN_SYSTEM = 0x08, 0x0A, 0x0B, 0x0E, 0x0F
QUEUE_FULL, THROTTLED, WRONG_VALIDITY = 0x14, 0x58, 0x62
_STATES = {"DELIVRD": 2, "UNDELIV": 5}


def submit(bot: Bot, told: Submitted, arrival: Arrival) -> tuple[int, str]:
    """Take one part, or not; return the status and the id under which it is known."""
    person = bot.person(told.to)
    arrival.text, arrival.to = decoded(told.data, told.coding), person.key if person else told.to
    if status := _refusal(bot, told):
        return status, ""
    if bot.line.full:
        return QUEUE_FULL, ""
    if not bot.may_send():
        return THROTTLED, ""
    name, bot.line.next_id = f"{bot.line.next_id:010d}", bot.line.next_id + 1
    chat = bot.chat(person) if person else None
    there = chat is not None and not chat.off
    if person and there and (text := _whole(bot, told)) is not None:
        arrival.text, arrival.sent = text, True
        bot.arrives(person, text, name)
    if told.receipt:
        _tell_receipt(bot, told, name, "DELIVRD" if there else "UNDELIV", person.key if person else "")
    return OK, name


def tell_received(bot: Bot, chat: Chat, sms: Sms) -> None:
    """Send what a person wrote, in as many parts as his phone makes of it."""
    source, parts = _digits(chat.person.phone), pieces(sms.text)
    for at, (data, coding) in enumerate(parts, 1):
        joined = len(parts) > 1
        header = bytes((6, 8, 4, sms.id >> 8 & 255, sms.id & 255, len(parts), at)) if joined else b""
        esm = packets.UDH if joined else 0
        bot.line.tell(packets.deliver_body(source, bot.sender, header + data, coding, esm, {}), chat.person.key)


def _refusal(bot: Bot, told: Submitted) -> int:
    if told.source != bot.sender:
        return WRONG_SOURCE
    if not (told.to.isdecimal() and 7 <= len(told.to) <= 15 and told.to[0] != "0"):
        return WRONG_NUMBER
    if len(told.validity) not in (0, 16):
        return WRONG_VALIDITY
    if told.in_payload:
        return OK  # the centre cuts it itself
    if told.coding in (UCS2_CODING, LATIN1_CODING):
        fits = len(told.header) + len(told.data) <= 140
    else:
        fits = len(told.data) + -(-len(told.header) * 8 // 7) <= 160
    return OK if fits else MESSAGE_LENGTH


def _whole(bot: Bot, told: Submitted) -> str | None:
    """Return the text that a phone shows by now; None while parts of it are missing."""
    if told.joins is None:
        return decoded(told.data, told.coding)
    reference, total, part = told.joins
    key = told.to, reference, total
    there = bot.line.parts.setdefault(key, {})
    there[part] = told.data
    if len(there) < total:
        return None
    del bot.line.parts[key]
    return decoded(b"".join(there[number] for number in sorted(there)), told.coding)  # a letter may be cut in two


def _tell_receipt(bot: Bot, told: Submitted, name: str, state: str, person: str) -> None:
    at, good = time.strftime("%y%m%d%H%M", time.gmtime()), state == "DELIVRD"
    words = (
        f"id:{name} sub:001 dlvrd:00{int(good)} submit date:{at} done date:{at} stat:{state} "
        f"err:{'000' if good else '027'} text:"
    )
    tlvs = {packets.RECEIPTED_ID: name.encode() + b"\0", packets.STATE: bytes((_STATES[state],))}
    body = packets.deliver_body(told.to, told.source, words.encode(), 0, packets.IS_RECEIPT, tlvs)
    bot.line.tell(body, person)


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())
