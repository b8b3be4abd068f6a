"""The set-up pages: one thing each; back works; nothing is set up until the last page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chartpost.identity import queries, services
from chartpost.identity.signin import sign_in
from chartpost.portal.setup import forms, summary
from chartpost.portal.setup.answers import Answers
from chartpost.portal.setup.finish import SetupOver, finish
from chartpost.portal.setup.steps import PHASES, after, before, by_name, missing, needed

View = Callable[..., HttpResponse]


def with_code(view: View) -> View:
    """Let in only those who hold the newest link, while the office is not set up."""

    @wraps(view)
    def guarded(request: HttpRequest, code: str, **rest: str) -> HttpResponse:
        if queries.is_set_up() or not services.setup_code_good(code):
            return over(request)
        return view(request, code, Answers(request), **rest)

    return guarded


def over(request: HttpRequest) -> HttpResponse:
    """The link is wrong, old or used up: say how to get a new one."""
    return render(request, "setup/over.html", {"set_up": queries.is_set_up()}, status=410)


@require_http_methods(["GET", "HEAD"])
@with_code
def start(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """What will be asked, and how far it got."""
    next_page = missing(answers) or by_name("check")
    return render(request, "setup/start.html", {"begun": answers.has("office"), "next": next_page.href(code)})


@require_http_methods(["GET", "HEAD", "POST"])
@with_code
def step(request: HttpRequest, code: str, answers: Answers, name: str) -> HttpResponse:
    """A page that is one form."""
    if name not in forms.FORMS:
        return redirect("setup:start", code=code)
    form = forms.FORMS[name](posted(request), initial=_initial(name, answers))
    if request.method == "POST" and form.is_valid():
        if name == "fees" and answers.of("fees") != form.cleaned_data:
            answers.put("figures", {})
        answers.put(name, form.answers() if isinstance(form, forms.Figures) else form.cleaned_data)
        return redirect(after(name, answers).href(code))
    hints = forms.METHOD_HINTS if name == "fees" else {}
    return page(request, code, answers, name, "setup/form.html", {"form": form, "option_hints": hints})


@require_http_methods(["GET", "HEAD", "POST"])
@with_code
def facilities(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """The places given so far, and a form for one more; at least one is needed."""
    form = forms.Facility(posted(request))
    if request.method == "POST" and form.is_valid():
        given = answers.facilities
        if form.cleaned_data not in given:
            answers.put("facilities", [*given, form.cleaned_data])
        return redirect("setup:facilities", code=code)
    known = summary.facilities(answers)
    going_on = after("facilities", answers).href(code) if known else ""
    more = {"form": form, "known": known, "going_on": going_on, "adding": not known or "more" in request.GET}
    return page(request, code, answers, "facilities", "setup/facilities.html", more)


@require_POST
@with_code
def remove_facility(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """Take a place away again, by its number in the list."""
    number = request.POST.get("number", "")
    answers.put("facilities", [f for n, f in enumerate(answers.facilities) if str(n) != number])
    return redirect("setup:facilities", code=code)


@require_http_methods(["GET", "HEAD"])
@with_code
def check(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """Everything answered so far, each with a way to change it."""
    open_page = missing(answers)
    if open_page:
        return redirect(open_page.href(code))
    return page(request, code, answers, "check", "setup/check.html", {"facts": summary.facts(code, answers)})


@require_http_methods(["GET", "HEAD", "POST"])
@with_code
def account(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """The first staff account; making it sets up the office and uses up the link."""
    open_page = missing(answers)
    if open_page:
        return redirect(open_page.href(code))
    form = forms.Account(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = finish(code, answers, form.cleaned_data, form.chosen_roles())
        except SetupOver:
            return over(request)
        answers.forget()
        sign_in(request, made)
        messages.success(request, _("Your office is set up. Now add a second sign-in step to your account."))
        return redirect("mfa_index")
    return page(request, code, answers, "account", "setup/account.html", {"form": form})


def page(
    request: HttpRequest, code: str, answers: Answers, name: str, template: str, more: dict[str, Any]
) -> HttpResponse:
    """One page of the set-up with its place in the whole."""
    this = by_name(name)
    back = before(name, answers) if this in needed(answers) else None
    context: dict[str, Any] = {
        "step": this,
        "labels": PHASES,
        "number": PHASES.index(this.phase) + 1,
        "back": back.href(code) if back else reverse("setup:start", args=[code]),
        "code": code,
    }
    return render(request, template, {**context, **more})


def posted(request: HttpRequest) -> QueryDict | None:
    """What was posted, even when it was nothing; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def _initial(name: str, answers: Answers) -> dict[str, Any]:
    known = answers.of(name)
    if name == "figures" and known:
        return {"labor": f"{known['labor_cents'] / 100:.2f}"}
    if name == "fees" and not known:
        return {"fee_method": "flat"}
    return known
