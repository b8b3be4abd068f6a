"""Connected apps as administrators see them: registered, looked at, changed, blocked."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartpost.desk.forms.apps import KIND_HINTS, KIND_WORDS, AppForm, EditForm
from chartpost.desk.pages import REFUSED, done, not_there, printable, problem, staff, staff_fresh
from chartpost.identity import app_words, queries_apps, services
from chartpost.identity.app_types import AppView
from chartpost.identity.errors import AppRefused, NotFound
from chartpost.identity.types import Actor, Subject
from chartpost.kernel.config import config

OFFICE = Subject("office")
SECRET = "desk_app_secret"  # noqa: S105 - slots of the session, one for each app


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One page of the apps with how many people use each; who they are is not shown."""
    staff(request, "app.register", OFFICE)
    text, before = printable(request.GET.get("text", "")), printable(request.GET.get("before", ""))
    apps, more = queries_apps.apps_page(text, before)
    users = queries_apps.accounts_letting_in(apps)
    context = {
        "rows": [(app, KIND_WORDS[app.kind], users.get(app.ref, 0)) for app in apps],
        "text": text,
        "more_url": _list(text, more) if more else "",
        "first_url": _list(text) if before else "",
    }
    return render(request, "desk/apps/index.html", context)


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register an app; its secret, if it has one, is shown once on the next page."""
    actor = staff_fresh(request, "app.register", OFFICE)
    form = AppForm(request.POST if request.method == "POST" else None)
    wrong = None
    if form.is_valid():
        try:
            app, secret = services.register_app(form.draft(), actor, reviewed=True)
        except AppRefused as error:
            wrong = _marked(form, error)
        else:
            request.session[_slot(app)] = secret
            return done(request, _("The app is registered."), _page(app))
    context = {"form": form, "problem": wrong, "title": _("Register an app"), "go": _("Register the app")}
    return render(request, "desk/apps/form.html", context | {"hints": KIND_HINTS}, status=_status(form.is_bound))


@require_safe
def detail(request: HttpRequest, ref: str) -> HttpResponse:
    """One app, with its client id, and its secret right after it was made; a look at the head alone leaves that."""
    staff(request, "app.register", OFFICE)
    app = _find(ref)
    secret = request.session.get(_slot(app), "") if request.method == "HEAD" else request.session.pop(_slot(app), "")
    context = _about(app) | {"secret": secret, "withdrawn": queries_apps.withdrawn(app.ref)}
    return render(request, "desk/apps/detail.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, ref: str) -> HttpResponse:
    """Change what is known of an app."""
    actor = staff_fresh(request, "app.register", OFFICE)
    app = _find(ref)
    form = EditForm(request.POST if request.method == "POST" else None, app=app)
    wrong = None
    if form.is_valid():
        try:
            services.edit_app(ref, form.draft(), actor)
        except AppRefused as error:
            wrong = _marked(form, error)
        else:
            return done(request, _("The app is saved."), _page(app))
    context = {"form": form, "problem": wrong, "title": app.name, "go": _("Save the app"), "app": app}
    return render(request, "desk/apps/form.html", context | {"hints": KIND_HINTS}, status=_status(form.is_bound))


@require_POST
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """Mark an app as looked at: people are told so before they let it in."""
    return _changed(request, ref, services.review_app, _("People now read that the office has looked at this app."))


@require_POST
def unreview(request: HttpRequest, ref: str) -> HttpResponse:
    """Take that mark back: people read that nobody has looked at the app, and staff cannot use it."""
    return _changed(request, ref, services.unreview_app, _("People now read that nobody here has looked at this app."))


@require_POST
def disable(request: HttpRequest, ref: str) -> HttpResponse:
    """Block an app: everybody's access through it ends within a second."""
    return _changed(
        request, ref, services.disable_app, _("The app is blocked. Nobody's record can be seen through it.")
    )


@require_POST
def enable(request: HttpRequest, ref: str) -> HttpResponse:
    """Let a blocked app ask again: who let it in must do so anew, and a program gets new tokens as it asks for them."""
    return _changed(request, ref, services.enable_app, _("The app may ask again. What it had before stays ended."))


@require_POST
def let_in(request: HttpRequest, ref: str) -> HttpResponse:
    """Let a program ask for tokens again whose access staff had ended."""
    actor = staff_fresh(request, "app.register", OFFICE)
    app = _find(ref)
    if services.let_in_again(ref, actor):
        return done(request, _("The program is let in again. It can ask for records as before."), _page(app))
    messages.info(request, _("The access of this program was not ended. Nothing was changed."))
    return redirect(_page(app))


@require_POST
def secret(request: HttpRequest, ref: str) -> HttpResponse:
    """Make a new secret; the old one ends at once."""
    actor = staff_fresh(request, "app.register", OFFICE)
    app = _find(ref)
    try:
        request.session[_slot(app)] = services.new_app_secret(ref, actor)
    except AppRefused as error:
        return _shown(request, app, error)
    return done(request, _("The new secret is below. The old one has ended."), _page(app))


def _changed(request: HttpRequest, ref: str, change: Callable[[str, Actor], None], words: str) -> HttpResponse:
    """Make one change of an app, and say what it did."""
    actor = staff_fresh(request, "app.register", OFFICE)
    app = _find(ref)
    try:
        change(ref, actor)
    except AppRefused as error:
        return _shown(request, app, error)
    return done(request, words, _page(app))


def _shown(request: HttpRequest, app: AppView, error: AppRefused) -> HttpResponse:
    """The page of an app with what could not be done."""
    return render(request, "desk/apps/detail.html", _about(app) | {"problem": problem(error)}, status=REFUSED)


def _about(app: AppView) -> dict[str, Any]:
    minutes = config().access_token_minutes
    return {"app": app, "kind": KIND_WORDS[app.kind], "users": _users(app), "facts": _facts(app), "minutes": minutes}


def _marked(form: AppForm, error: AppRefused) -> dict[str, str] | None:
    """Mark the field a refusal is about; its three parts for the top of the page where it is about none."""
    if error.field not in form.fields:
        return problem(error)
    form.add_error(error.field, error.message)
    return None


def _slot(app: AppView) -> str:
    """Where a new secret waits to be shown: on the page of its own app, whichever is opened first."""
    return f"{SECRET}:{app.ref}"


def _find(ref: str) -> AppView:
    try:
        return queries_apps.app_by_ref(ref)
    except NotFound as error:
        not_there(error)


def _page(app: AppView) -> str:
    return reverse("desk:app", args=[app.ref])


def _status(bound: bool) -> int:
    return REFUSED if bound else 200


def _users(app: AppView) -> int:
    """How many accounts let the app in now."""
    return queries_apps.accounts_letting_in([app]).get(app.ref, 0)


def _list(text: str, before: str = "") -> str:
    asked = urlencode({name: value for name, value in (("text", text), ("before", before)) if value})
    return f"{reverse('desk:apps')}?{asked}" if asked else reverse("desk:apps")


def _facts(app: AppView) -> list[tuple[str, str]]:
    return [
        (_("Client id"), app.client_id),
        (_("Kind"), str(KIND_WORDS[app.kind])),
        (_("Addresses it may be sent back to"), "\n".join(app.redirect_uris)),
        (_("Start address"), app.launch_uri),
        (_("Scopes it may ask for"), "\n".join(app.allowed_scopes) or _("Any")),
        *_program_facts(app),
        (_("Site of the app"), app.home_uri),
        (_("Its privacy rules"), app.privacy_uri),
        (_("Whom to reach about it"), app.contact),
    ]


def _program_facts(app: AppView) -> list[tuple[str, str]]:
    """What only programs have that prove themselves by keys: the keys, and what one without a user does not get."""
    if app.kind not in {"asymmetric", "backend"}:
        return []
    names = _("Its public keys, by name (kid)"), "\n".join(app.kids)
    found = [(_("Address of its public keys"), app.jwks_uri) if app.jwks_uri else names]
    if app.kind == "backend":
        kept = app_words.sensitive_names(app.hidden_labels)
        found.append((_("Sensitive entries it does not get"), "\n".join(kept) or _("None chosen")))
    return found
