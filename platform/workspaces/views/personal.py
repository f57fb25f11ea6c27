"""A person's own settings, the same in every workspace."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workspaces.access import signed_in
from workspaces.forms import PersonForm
from workspaces.models import User


@signed_in
@require_http_methods(["GET", "POST"])
def personal(request: HttpRequest) -> HttpResponse:
    """Show and save name, language and theme; password and e-mail have pages of their own."""
    assert isinstance(request.user, User)
    person = User.objects.get(pk=request.user.pk)  # a copy: the menu shows what is stored, not what was typed
    if not person.language:
        person.language = translation.get_language() or settings.LANGUAGE_CODE
    form = PersonForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        translation.activate(person.language)
        messages.success(request, _("Your settings are saved."))
        response = redirect("workspaces:personal")
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            person.language,
            max_age=31_536_000,
            samesite="Lax",
            secure=request.is_secure(),
        )
        return response
    return render(request, "workspaces/personal.html", {"form": form})
