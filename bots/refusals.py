"""How the editor's endpoints say no: one shape, `{code, message, fields}`, in words that a person can act on."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import Http404, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, ValidationError

from bots import flows, payloads, wording
from bots.graph import NewerFormatError
from messengers.media import MediaRefusedError
from workspaces.access import TenantRequest

_P = ParamSpec("_P")
_Model = TypeVar("_Model", bound=BaseModel)
_View = Callable[Concatenate[TenantRequest, _P], HttpResponseBase]


class RefusedError(Exception):
    """The request cannot be done; nothing has changed."""

    def __init__(self, code: str, message: str, *, status: int = 409, **more: Any) -> None:
        """Take a code for programs, words for people, and what else the editor needs to ask its reader."""
        super().__init__(code)
        self.body = {"code": code, "message": message, "fields": {}, **more}
        self.status = status


def answers_in_json(view: _View[_P]) -> _View[_P]:
    """Turn what the domain raises into refusals."""

    @wraps(view)
    def wrapped(request: TenantRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            refused = RefusedError("not_found", _("This flow has been deleted."), status=404)
        except RefusedError as error:
            refused = error
        except (flows.ConflictError, flows.ProblemsError, flows.PeopleInsideError) as error:
            refused = _of_state(error)
        except (flows.EmptyNameError, flows.NeverPublishedError, NewerFormatError, MediaRefusedError) as error:
            refused = _of_request(error)
        return JsonResponse(refused.body, status=refused.status)

    return cast("_View[_P]", wrapped)


def read(model: type[_Model], body: bytes) -> _Model:
    """Read a JSON body; RefusedError that names the fields when it is not what was asked for."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        fields = {".".join(map(str, part["loc"])): part["msg"] for part in error.errors()}
        raise invalid(fields) from error


def invalid(fields: dict[str, str]) -> RefusedError:
    """Return the refusal of a request whose fields are wrong."""
    refused = RefusedError("invalid", _("Please check what you have entered."), status=400)
    refused.body["fields"] = fields
    return refused


def _of_state(error: Exception) -> RefusedError:
    match error:
        case flows.ConflictError():
            name = str(error.flow.updated_by) if error.flow.updated_by else _("Somebody")
            message = _("%(name)s has saved this flow meanwhile.") % {"name": name}
            return RefusedError("conflict", message, flow=payloads.described(error.flow))
        case flows.ProblemsError():
            found = [wording.problem(one) for one in error.problems]
            return RefusedError("problems", _("The flow is not finished yet."), problems=found)
        case flows.PeopleInsideError():
            words = ngettext("%(count)s person is in this flow.", "%(count)s people are in this flow.", error.count)
            return RefusedError("people_inside", words % {"count": error.count}, count=error.count)
    raise error


def _of_request(error: Exception) -> RefusedError:
    match error:
        case flows.EmptyNameError():
            return invalid({"name": _("A flow needs a name.")})
        case flows.NeverPublishedError():
            return RefusedError("never_published", _("This flow has not been published yet."))
        case MediaRefusedError():
            return RefusedError(error.code, error.text, status=400)
    return RefusedError("newer_format", wording.failure("newer_format"))
