"""How the panel's endpoints say no: one shape, `{code, message, fields}`, with words that a person can act on."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import Http404, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import BaseModel, ValidationError

from chatpanel import payloads, replying
from messengers import corrections, outbox, rules
from workspaces.access import TenantRequest

_P = ParamSpec("_P")
_Model = TypeVar("_Model", bound=BaseModel)
_View = Callable[Concatenate[TenantRequest, _P], HttpResponseBase]


class RefusedError(Exception):
    """The request cannot be done; nothing has changed."""

    def __init__(self, code: str, message: str, *, status: int = 409, **more: Any) -> None:
        """Take a code for programs, words for people, and what else the panel needs to ask its reader."""
        super().__init__(code)
        self.body = {"code": code, "message": message, "fields": {}, **more}
        self.status = status


def answers_in_json(view: _View[_P]) -> _View[_P]:
    """Turn what the domain raises into refusals."""

    @wraps(view)
    def wrapped(request: TenantRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (RefusedError, replying.TakenByOtherError, replying.NotAMemberError) as error:
            return _refuse(_known(error))
        except (outbox.NewerMessagesError, outbox.UnreachableError, outbox.NotRetriableError) as error:
            return _refuse(_known(error))
        except corrections.CorrectionRefusedError as error:
            return _refuse(RefusedError(error.reason, _correction_words(error), told=error.told))
        except Http404:
            return _refuse(RefusedError("not_found", _("There is no such conversation."), status=404))

    return wrapped


def read(model: type[_Model], body: bytes) -> _Model:
    """Read a JSON body; RefusedError that names the fields when it is not what was asked for."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid({str(part["loc"][0]) if part["loc"] else "": part["msg"] for part in error.errors()}) from error


def invalid(fields: dict[str, str]) -> RefusedError:
    """Return the refusal of a request whose fields are wrong."""
    refused = RefusedError("invalid", _("Please check what you have entered."), status=400)
    refused.body["fields"] = fields
    return refused


def _refuse(refused: RefusedError) -> JsonResponse:
    return JsonResponse(refused.body, status=refused.status)


def _correction_words(error: corrections.CorrectionRefusedError) -> str:
    known = _CORRECTIONS.get(error.told or error.reason)
    if known is None:
        return _("The messenger refuses this change. It says: “%(reason)s”.") % {"reason": error.told}
    return str(known)


_CORRECTIONS = {
    "not_yours": gettext_lazy("Only who wrote this message can change it."),
    "cannot": gettext_lazy("This messenger cannot change what has been sent."),
    "being_changed": gettext_lazy("A colleague is changing this message right now."),
    "deleted": gettext_lazy("This message has been taken back already."),
    "many_parts": gettext_lazy("This message left in several parts, which cannot be changed any more."),
    "not_sent": gettext_lazy("Only what has been sent can be changed."),
    "channel_off": gettext_lazy("The channel is switched off or needs attention."),
    "only_words": gettext_lazy("Only the words of a message can be changed."),
    "too_long": gettext_lazy("That is too long for one message of this messenger."),
    "too_late": gettext_lazy("So much time has passed that the messenger does not delete this message any more."),
    "not_now": gettext_lazy("The messenger is busy. Try again in a minute."),
    "unanswered": gettext_lazy("The messenger has not answered, so the message may have changed or not. Try again."),
    "unknown_message": gettext_lazy("The messenger did not say which message this is there, so it cannot be changed."),
    "unreachable": gettext_lazy("This person has blocked us: nothing can be changed any more."),
}


_TEMPLATES = {
    "template_pending": gettext_lazy("The messenger has not approved this template yet."),
    "template_rejected": gettext_lazy("The messenger has rejected this template. Choose another one."),
    "template_paused": gettext_lazy("The messenger has paused this template: people complained. Choose another one."),
    "template_disabled": gettext_lazy("The messenger has disabled this template. Choose another one."),
}


def _known(error: Exception) -> RefusedError:
    match error:
        case RefusedError():
            return error
        case replying.TakenByOtherError():
            name = str(error.assignee)
            message = _("%(name)s is answering here. Take the conversation over?") % {"name": name}
            return RefusedError("taken_by_other", message, assignee=payloads.person(error.assignee))
        case replying.NotAMemberError():
            return RefusedError("not_a_member", _("This person does not answer chats here any more."), status=400)
        case outbox.NewerMessagesError():
            newer = list(error.messages)
            count = len(newer)
            message = ngettext(
                "%(count)s new message has come. Send anyway?", "%(count)s new messages have come. Send anyway?", count
            ) % {"count": count}
            return RefusedError("newer_messages", message, messages=payloads.messages(newer))
        case outbox.UnreachableError(reason=rules.WINDOW_CLOSED):
            return RefusedError(
                "window_closed",
                _("Too much time has passed: the messenger lets nothing through until the person writes."),
            )
        case outbox.UnreachableError(reason=reason) if reason in _TEMPLATES:
            return RefusedError(reason, str(_TEMPLATES[reason]))
        case outbox.UnreachableError():
            return RefusedError("unreachable", _("This person has blocked us: messages do not arrive."))
        case outbox.NotRetriableError():
            return RefusedError(
                "not_retriable", _("This message is on its way or has arrived: there is nothing to retry.")
            )
    raise error
