"""Why a message did not arrive, in words: the codes of adapters and of the house.

The page of deliveries and the chats show them. What a messenger says in its own words is shown as it says it.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import Words

_BROKE = _("The connection broke during the call.")
_NO_FILE = _("A file of the message is not there any more.")
_LARGE = _("The file is too large for the messenger.")
_NO_SUCH_TEMPLATE = _("The messenger has not approved this template, or has it no more.")
_FILE_NOT_TAKEN = _("The messenger does not take this file.")
_MISTAKE = _("The messenger finds a mistake in the message.")
_TROUBLE = _("The messenger had an error of its own, again and again.")
_SILENT = _("The messenger did not answer.")
_BUSY = _("The operator's centre could not take it at the moment.")
_REFUSED = _("The provider refused it.")
_DAY = _("The account's limit for a day is used up.")
_UNKNOWN = _("The messenger does not know this person.")
_ACCOUNT = _("The messenger has blocked the channel's account.")
_COUNTRY = _("Messages to this person's country are not allowed.")
_NOT_ALLOWED = _("The messenger does not let us write to this person.")
_NUMBER = _("This is no phone number that gets such messages.")

WORDS: Mapping[str, Words] = {
    # the house
    "bad_template": _("A gap in the text could not be filled for this person."),
    "batch_stopped": _("The broadcast was stopped."),
    "channel_paused": _("The channel stood still."),
    "cut": _BROKE,
    "file_missing": _NO_FILE,
    "given_up": _("A colleague gave it up."),
    "lost_on_the_way": _BROKE,
    "person_took_over": _("A person took the conversation over meanwhile."),
    "same_person_twice": _("Another message to this person was on its way."),
    "sender_died": _("The sending process died during the call."),
    "sender_stalled": _("The sending process stood still during the call."),
    "timeout": _SILENT,
    "no_answer": _SILENT,
    "too_late": _("It became too late for it."),
    "unreadable_answer": _("The messenger's answer could not be read."),
    "unreadable_content": _("The message cannot be read by this version of Kaskad."),
    "unsubscribed": _("The person has unsubscribed."),
    "upload_awaited": _("Its file was still on the way to the messenger."),
    # the person
    "app_too_old": _("The person's app is too old for this message."),
    "blacklisted": _("The person stands on the community's blacklist."),
    "blocked": _("The person has blocked us."),
    "cannot_be_delivered": _("The provider cannot deliver to this number."),
    "country_not_allowed": _COUNTRY,
    "country_not_served": _COUNTRY,
    "country_restricted": _COUNTRY,
    "deactivated": _("The person's account is gone."),
    "deleted": _("The operator has deleted it."),
    "experiment_group": _("The messenger keeps such messages from this person for an experiment of its own."),
    "expired": _("The phone could not be reached in time."),
    "forbidden": _NOT_ALLOWED,
    "kicked": _("The bot was thrown out of the chat."),
    "kind_not_supported": _("The person's app does not show messages of this kind."),
    "mailbox_full": _("The person's mailbox is full."),
    "marketing_cap": _("This person has had enough advertising for today, the messenger says."),
    "never_started": _("The person has never started this bot."),
    "no_chat": _("There is no conversation with this person."),
    "no_such_address": _("There is no such mailbox."),
    "no_suitable_device": _("The person has no device that can show it."),
    "not_allowed": _("The person does not allow messages from the community."),
    "not_delivered": _("The operator could not deliver it to the phone."),
    "not_in_test_list": _("The channel's number is for tests, and this person is not on its list."),
    "not_mobile": _NUMBER,
    "not_registered": _UNKNOWN,
    "not_subscribed": _("The person is not subscribed to the bot."),
    "number_unavailable": _("The phone is not available."),
    "own_number": _("This is the channel's own number."),
    "pair_limit": _("There were too many messages to this person in a short time."),
    "phone_needed": _("The messenger wants the person's phone number for such a message."),
    "privacy": _("The person's privacy settings do not let us write."),
    "stopped_marketing": _("The person wants no advertising."),
    "switched_off": _("The phone is switched off or out of reach."),
    "too_many_unanswered": _("Too many messages to this person are left without an answer."),
    "undeliverable": _("The person has no account there, an old app, or has not accepted the messenger's terms."),
    "unknown_person": _UNKNOWN,
    "window_closed": _("Too much time had passed since the person's last message: the messenger lets nothing through."),
    "wrong_address": _("The address is wrong."),
    "wrong_number": _NUMBER,
    # the message
    "bad_message": _MISTAKE,
    "broadcast_not_allowed": _("The messenger lets this bot write in answer to people only."),
    "cut_within_letter": _("The connection to the mail server broke in the middle of this letter, each time."),
    "file_not_taken": _FILE_NOT_TAKEN,
    "file_refused": _FILE_NOT_TAKEN,
    "file_too_large": _LARGE,
    "files_not_allowed": _("Files are not allowed in this conversation."),
    "filtered": _("The operator took it for spam."),
    "flow_blocked": _("The messenger has blocked the form in this template."),
    "flow_throttled": _("The messenger lets few people have the form in this template at the moment."),
    "intent_refused": _("The messenger does not allow such a message without a subscription."),
    "keyboard_invalid": _("The messenger does not take these buttons."),
    "marketing_api_needed": _("The messenger wants advertising to be sent through another service of its own."),
    "missing_data": _MISTAKE,
    "no_such_template": _NO_SUCH_TEMPLATE,
    "not_allowed_here": _("The messenger does not allow this here."),
    "not_for_this_version": _("The person's app is too old for this message."),
    "payments_not_served": _("The messenger serves no payments here."),
    "photo_invalid": _FILE_NOT_TAKEN,
    "template_against_rules": _("Something in the template is against the messenger's rules."),
    "template_disabled": _("The messenger has disabled this template."),
    "template_gaps": _("The template has other gaps by now: fill it anew."),
    "template_paused": _("The messenger has paused this template: people complained."),
    "template_pending": _("The messenger has not approved this template yet."),
    "template_rejected": _NO_SUCH_TEMPLATE,
    "template_too_long": _("What fills the template makes it too long."),
    "text_or_sender_refused": _("The provider does not let this text, or this sender, through."),
    "too_big": _LARGE,
    "too_long": _("The text is too long for the messenger."),
    "too_old": _("The message is too old for that."),
    "upload_refused": _FILE_NOT_TAKEN,
    "wrong_data": _MISTAKE,
    "wrong_date": _MISTAKE,
    "wrong_length": _MISTAKE,
    "wrong_parameter": _MISTAKE,
    "wrong_parameters": _MISTAKE,
    # the channel
    "access_denied": _("The keys lack a right that sending needs."),
    "account_locked": _ACCOUNT,
    "account_suspended": _ACCOUNT,
    "already_bound": _BUSY,
    "attachment_not_ready": _("The messenger was still at work on the file."),
    "bind_refused": _("The operator's centre refused the session."),
    "blocked_by_meta": _ACCOUNT,
    "bot_blocked": _ACCOUNT,
    "bot_features_off": _("The community's messages, or its bot's abilities, are switched off."),
    "bot_not_found": _ACCOUNT,
    "bot_suspended": _ACCOUNT,
    "broadcast_failed": _TROUBLE,
    "captcha_needed": _("The messenger wants a person to solve a picture."),
    "daily_limit": _DAY,
    "display_name_needed": _("The messenger has not approved the number's name."),
    "failed": _("The messenger could not deliver it, and does not say why."),
    "flood_control": _("The messenger has had too much of the same in a short time."),
    "free_messages_used_up": _("The free messages of this month are used up."),
    "hook_missing": _("The messenger wants a webhook before the bot may write."),
    "internal_error": _TROUBLE,
    "ip_blocked": _("The provider has blocked this installation's address for a while."),
    "messages_not_allowed": _("The account does not allow messages from programs."),
    "messaging_limit": _("No more people may be written to first for now."),
    "no_money": _("There is no money left on the account."),
    "not_bound": _BUSY,
    "number_not_registered": _("The channel's number is not registered with the messenger."),
    "payment_needed": _("The messenger wants a way to be paid."),
    "permanent_error": _REFUSED,
    "queue_full": _BUSY,
    "rate_limit": _DAY,
    "refused": _REFUSED,
    "refused_by_provider": _REFUSED,
    "rights_missing": _("The keys lack a right that sending needs."),
    "spam_limit": _("The messenger holds the number back: people complained of spam."),
    "submit_failed": _BUSY,
    "system_error": _TROUBLE,
    "temporary_error": _BUSY,
    "throttled": _BUSY,
    "token_revoked": _("The channel's keys do not work any more."),
    "too_many_requests": _("The messenger found us too fast, again and again."),
    "upload_unreadable": _FILE_NOT_TAKEN,
    "wrong_sender": _("The account may not send under this sender's name."),
}
# A code may bear what the messenger said besides: "cannot_be_delivered (11)", "missing_data: text".
_BESIDES = re.compile(r" \(|: ")
_NUMBERED = re.compile(r"(?:status|error)_(\S+)")


def why(reason: str) -> str:
    """Return the words of a reason code, or what a messenger said as it said it."""
    if numbered := _NUMBERED.fullmatch(reason):
        return gettext("The messenger answered with error %(code)s.") % {"code": numbered[1]}
    return str(WORDS.get(_BESIDES.split(reason, maxsplit=1)[0], reason))


def all_words() -> dict[str, str]:
    """Return the words of every code in the reader's language."""
    return {code: str(words) for code, words in WORDS.items()}
