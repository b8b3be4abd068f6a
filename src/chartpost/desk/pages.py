"""What every page of the desk shares: finding its request, asking the policy, answering, showing what went wrong."""

from collections.abc import Callable
from typing import Any, NoReturn

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from chartpost.desk.words import Word
from chartpost.identity import guard
from chartpost.identity.services import event
from chartpost.identity.types import Actor, Subject
from chartpost.kernel.errors import ChartpostError
from chartpost.law.errors import LawError
from chartpost.ledger import services as ledger
from chartpost.rights import guards, queries
from chartpost.rights.errors import RightsError
from chartpost.rights.models import AccessRequest

REFUSED = 422
"""The answer to a step that a rule or a missing fact does not allow; nothing was changed."""

LONGEST_WORDS = 100
"""Letters of what somebody looks for."""


def find(ref: str) -> AccessRequest:
    """The request of an address; Http404 when there is none."""
    try:
        return queries.request(ref)
    except RightsError as error:
        raise Http404 from error


def staff(request: HttpRequest, action: str, subject: Subject) -> Actor:
    """The member of staff behind a page, when the policy allows `action`.

    The desk is asked for first: a person may read their own record and request, but not on these pages.
    """
    guard.require(request, "desk.open", Subject("office"))
    return guard.require(request, action, subject)


def staff_fresh(request: HttpRequest, action: str, subject: Subject) -> Actor:
    """As `staff`, for dangerous steps: who did not sign in within five minutes does so again."""
    guard.require(request, "desk.open", Subject("office"))
    return guard.require_fresh(request, action, subject)


def not_there(error: ChartpostError) -> NoReturn:
    """Turn "no such thing" of a room into a page not found."""
    raise Http404 from error


def problem(error: ChartpostError | LawError) -> dict[str, str]:
    """An error of a room in its three parts, for the error summary of a page."""
    if isinstance(error, ChartpostError):
        return {"seen": error.seen, "expected": error.expected, "todo": error.todo}
    return {"seen": str(error), "expected": "", "todo": _("Correct it, then try again.")}


def note_read(actor: Actor, action: str, person_id: int | None, thing: str, why: str, **detail: str | int) -> None:
    """Write one read into the ledger before its page leaves."""
    ledger.note_read(event(actor, action, person_id, thing, why, "desk", **detail))


def request_page(row: AccessRequest, name: str = "request", **more: str) -> str:
    """The address of a page of a request."""
    return reverse(f"desk:{name}", kwargs={"ref": row.ref, **more})


def printable(text: str) -> str:
    """Words to look for, as they came in an address or a form: short, and without letters no database keeps."""
    return "".join(letter for letter in text[:LONGEST_WORDS] if letter.isprintable()).strip()


def done(request: HttpRequest, text: str, to: str) -> HttpResponseRedirect:
    """Say what was done and go on."""
    messages.success(request, text)
    return HttpResponseRedirect(to)


class Step(View):
    """One small page of the request workbench: shows a form, takes one step, goes back to the request.

    A subclass names its `action` (policy), `template`, `form_class` and `said`, and writes `act`.
    """

    action = "request.work"
    template = "desk/steps/form.html"
    title: Word = ""
    lead: Word = ""
    button: Word = ""
    said: Word = ""
    form_class: type[forms.Form] = forms.Form
    row: AccessRequest
    actor: Actor

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the request and ask the policy before anything else."""
        super().setup(request, *args, **kwargs)
        guard.require(request, "desk.open", Subject("office"))
        self.row = find(kwargs["ref"])
        self.actor = staff(request, self.action, guards.subject(self.row))

    def get(self, request: HttpRequest, **_kwargs: str) -> HttpResponse:
        """The form."""
        return self.page(request, self.form())

    def post(self, request: HttpRequest, **_kwargs: str) -> HttpResponse:
        """Take the step, or say what is wrong with it."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=REFUSED)
        try:
            self.act(form)
        except (ChartpostError, LawError) as error:
            return self.page(request, form, status=REFUSED, problem=problem(error))
        return done(request, str(self.said), self.back())

    def form(self, data: Any = None) -> forms.Form:
        """The form, filled with what was posted or with what is known."""
        return self.form_class(data) if data is not None else self.form_class(initial=self.initial())

    def initial(self) -> dict[str, Any]:
        """What the form starts with."""
        return {}

    def context(self) -> dict[str, Any]:
        """What the template needs besides the form."""
        return {}

    def act(self, form: forms.Form, /) -> None:
        """Take the step; raises an error of the rooms below."""
        raise NotImplementedError

    def back(self) -> str:
        """Where to go when it is done."""
        return request_page(self.row)

    def page(self, request: HttpRequest, form: forms.Form, status: int = 200, **more: Any) -> HttpResponse:
        """The page."""
        self.row.refresh_from_db()
        words = {"title": self.title, "lead": self.lead, "button": self.button}
        context = {"row": self.row, "form": form, **words, **self.context(), **more}
        return render(request, self.template, context, status=status)


def attempt(work: Callable[[], object]) -> dict[str, str] | None:
    """Do a thing; what went wrong in its three parts, or None."""
    try:
        work()
    except (ChartpostError, LawError) as error:
        return problem(error)
    return None
