"""Codes of problems and failures, put into the reader's words. Called by pages and their endpoints."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.graph import Graph, KeywordTrigger, Problem, Trigger, WelcomeTrigger
from messengers import fit

_PROBLEMS: Mapping[str, Promise] = {
    "no_steps": gettext_lazy("The flow has no steps yet: add the first message."),
    "no_start": gettext_lazy("Choose the step with which the flow begins."),
    "no_trigger": gettext_lazy("Nothing starts this flow: add a keyword or the welcome trigger."),
    "same_id": gettext_lazy("Two parts of the flow have the same id. Remove one of them and add it again."),
    "unknown_trigger": gettext_lazy("This Kaskad does not know the trigger “%(type)s”. Remove it, or update Kaskad."),
    "no_phrases": gettext_lazy("Add at least one word or phrase."),
    "empty_phrase": gettext_lazy("There is an empty phrase here: fill it in or remove it."),
    "long_phrase": gettext_lazy("“%(phrase)s” is longer than %(limit)s words. Shorten it."),
    "unreachable": gettext_lazy("No step leads here, so nobody will see it."),
    "unknown_type": gettext_lazy("This Kaskad does not know the step “%(type)s”. Remove it, or update Kaskad."),
    "unreadable_step": gettext_lazy("This step cannot be read (%(field)s). Remove it and make it again."),
    "endless_loop": gettext_lazy("From here the messages go round for ever: let one of them wait for an answer."),
    "button_without_step": gettext_lazy("The button “%(button)s” leads nowhere: choose a step."),
    "empty_gap": gettext_lazy("Fill this gap of the template."),
    "long_gap": gettext_lazy("This is too long for a gap of the template."),
    "unreadable_gap": gettext_lazy("This gap cannot be read: %(why)s"),
    "no_template_file": gettext_lazy("The template wants a file above its words: attach one of its kind to the step."),
    "template_gone": gettext_lazy("The messenger has this template no more: choose another one."),
    "template_pending": gettext_lazy("The messenger has not approved this template yet."),
    "template_rejected": gettext_lazy("The messenger has rejected this template: choose another one."),
    "template_paused": gettext_lazy("The messenger has paused this template: people complained."),
    "template_disabled": gettext_lazy("The messenger has disabled this template: choose another one."),
    "template_changed": gettext_lazy("The template has other gaps by now: choose it anew and fill them."),
    "missing_target": gettext_lazy("It leads to a step that is not there any more: choose another one."),
    "empty_message": gettext_lazy("Write the text of the message, or attach a file."),
    "empty_button": gettext_lazy("Write the text of button %(number)s."),
    "bad_address": gettext_lazy("“%(button)s” needs a whole address, such as https://example.com."),
    "no_buttons": gettext_lazy("Add a button that leads on to a step."),
    "same_buttons": gettext_lazy("Two buttons say “%(button)s”: a written answer could mean either."),
    "missing_file": gettext_lazy("The file “%(file)s” is not there any more: attach it once more."),
    "missing_channel": gettext_lazy("The trigger names a channel that is not there any more: choose others."),
}

_FAILURES: Mapping[str, Promise] = {
    "too_many_steps": gettext_lazy("The steps went round in a circle, so Kaskad stopped."),
    "no_start": gettext_lazy("The flow had no first step."),
    "missing_step": gettext_lazy("The flow led to a step that was not there."),
    "unknown_type": gettext_lazy("The flow came to a step that this Kaskad does not know."),
    "unreadable_step": gettext_lazy("The flow came to a step that cannot be read."),
    "unfinished_step": gettext_lazy("The flow came to a step that was not finished."),
    "newer_format": gettext_lazy("The flow was made by a newer Kaskad. Update this one."),
    "unreadable_graph": gettext_lazy("The flow cannot be read."),
    "unreachable": gettext_lazy("The person has unsubscribed or blocked the channel."),
    "window_closed": gettext_lazy("The messenger lets nothing through so long after the person's last message."),
    "bad_template": gettext_lazy("A gap of the template could not be filled for this person."),
    "template_pending": gettext_lazy("The messenger has not approved this template yet."),
    "template_rejected": gettext_lazy("The messenger has rejected this template: choose another one."),
    "template_paused": gettext_lazy("The messenger has paused this template: people complained."),
    "template_disabled": gettext_lazy("The messenger has disabled this template: choose another one."),
    "internal": gettext_lazy("Kaskad made a mistake here. The details are in the server's log."),
}

_WARNINGS: Mapping[str, Promise] = {
    "cards_as_messages": gettext_lazy("The cards will come as separate messages."),
    "location_as_link": gettext_lazy("The place will come as a link to a map."),
    "caption_moved": gettext_lazy("The text will come as a message of its own, after the files."),
    "text_split": gettext_lazy("The text is long: it will come in %(parts)s messages."),
    "formatting_lost": gettext_lazy("Bold, italic and links inside the text will not be seen."),
    "file_too_large": gettext_lazy("The file “%(name)s” is too large there and will come as a link."),
    "file_too_long": gettext_lazy("“%(name)s” lasts longer than %(limit)s seconds and will come as a link."),
    "file_of_wrong_type": gettext_lazy("The file “%(name)s” is of a type that it does not take, and comes as a link."),
    "file_as_document": gettext_lazy("The file “%(name)s” will come as a document."),
    "file_as_link": gettext_lazy("The file “%(name)s” will come as a link."),
    "buttons_as_text": gettext_lazy("Buttons will come as lines of text: %(count)s."),
    "button_shortened": gettext_lazy("The button “%(text)s” will be cut to %(limit)s characters."),
}

_MODES: Mapping[str, Promise] = {
    "exact": gettext_lazy("is exactly"),
    "starts": gettext_lazy("starts with"),
    "contains": gettext_lazy("contains"),
}


def problem(found: Problem) -> dict[str, Any]:
    """Return a problem as the editor shows it."""
    text = str(_PROBLEMS[found.code]) if found.code in _PROBLEMS else _("Something is wrong here.")
    return {
        "node": found.node_id,
        "field": found.field,
        "code": found.code,
        "error": found.error,
        "text": text % dict(found.params),
    }


def failure(code: str) -> str:
    """Return why a run failed or stopped."""
    return str(_FAILURES[code]) if code in _FAILURES else _("Something went wrong here.")


def warning(found: fit.Warning) -> str:
    """Return what a message will lose in a messenger."""
    words = str(_WARNINGS[found.code]) if found.code in _WARNINGS else _("This message will look different there.")
    return words % dict(found.facts)


def triggers(graph: Graph) -> list[str]:
    """Return what starts a flow, a phrase for each trigger."""
    return [_trigger(one) for one in graph.triggers]


def _trigger(trigger: Trigger) -> str:
    match trigger:
        case WelcomeTrigger():
            return _("First contact")
        case KeywordTrigger():
            phrases = ", ".join(_("“%(phrase)s”") % {"phrase": phrase} for phrase in trigger.phrases[:3])
            more = _(" and %(count)s more") % {"count": len(trigger.phrases) - 3} if len(trigger.phrases) > 3 else ""
            return _("Message %(mode)s %(phrases)s") % {"mode": _MODES[trigger.mode], "phrases": phrases + more}
        case _:
            return _("An unknown trigger")
