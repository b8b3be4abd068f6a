"""What the request covers: sections and dates, entries left out, and what the right of access leaves out."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.steps import DecideForm, ReasonForm, ScopeForm
from chartpost.desk.pages import Step, note_read, request_page
from chartpost.desk.views.identity import requester_of
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import guard
from chartpost.identity.policies import mask
from chartpost.identity.types import RowFilter
from chartpost.law.access import GROUNDS, Harm, ItemFacts
from chartpost.law.rules import explain
from chartpost.records import queries as records
from chartpost.records.errors import RecordsError
from chartpost.records.types import Item, Selection
from chartpost.rights import services
from chartpost.rights.models import ItemDecision

PAGE = 100
DECIDABLE = ("in_scope_check", "retrieving", "clinical_review", "qa")


def selection_of(row: Any) -> Selection:
    """The scope chosen, or what was asked for when none was chosen yet."""
    if row.selection:
        return Selection.from_json(row.selection)
    asked = frozenset(Category[name] for name in row.categories if name in Category.__members__)
    return Selection(asked, row.date_from, row.date_to)


class ScopePage(Step):
    """Choose sections and dates; the program flags what the right leaves out (45 CFR 164.524(a)(1))."""

    title = _("Choose the scope")
    lead = _("This starts with what was asked for. No section chosen means the whole record.")
    button = _("Use this scope")
    said = _("The scope is chosen.")
    form_class = ScopeForm
    template = "desk/steps/scope.html"

    def initial(self) -> dict[str, Any]:
        """What was asked for, or chosen before."""
        chosen = selection_of(self.row)
        names = [c.name for c in chosen.categories]
        return {"categories": names, "date_from": chosen.date_from, "date_to": chosen.date_to}

    def context(self) -> dict[str, Any]:
        """How many entries each section has."""
        if self.row.person_id is None:
            return {"counts": []}
        rows = guard.rows(self.actor, "record.read", self.row.person_id)
        found = records.counts(self.row.person_id, rows)
        return {"counts": [(words.sections([c]), found[c]) for c in sorted(found) if c is not Category.PEOPLE]}

    def act(self, form: forms.Form, /) -> None:
        """Choose, keeping what was left out by hand."""
        given = form.cleaned_data
        chosen = Selection(
            frozenset(Category[name] for name in given["categories"]),
            given["date_from"],
            given["date_to"],
            selection_of(self.row).exclude,
        )
        services.choose_scope(self.row.ref, chosen, self.actor)


class EntriesPage(Step):
    """The entries of the scope, with their labels; staff can leave some out with a reason."""

    title = _("Entries in the scope")
    lead = _("Tick what should be left out, for example at the person's own wish. Everything else goes out.")
    button = _("Keep these choices")
    said = _("The choices are kept.")
    form_class = ReasonForm
    template = "desk/steps/entries.html"

    def form(self, data: Any = None) -> forms.Form:
        """A reason, needed only when something new is left out."""
        form = super().form(data)
        form.fields["reason"].required = bool(data and set(data.getlist("leave_out")) - selection_of(self.row).exclude)
        form.fields["reason"].label = _("Why are entries left out?")
        return form

    def context(self) -> dict[str, Any]:
        """One page of entries."""
        if self.row.person_id is None:
            raise Http404
        chosen = selection_of(self.row)
        rows = guard.rows(self.actor, "record.read", self.row.person_id)
        within = RowFilter(rows.hidden_labels, rows.categories & _mask(chosen), chosen.date_from, chosen.date_to)
        page = records.timeline(self.row.person_id, within, PAGE, self.request.GET.get("before", ""))
        why = f"release request {self.row.number}"
        note_read(self.actor, "record.read", self.row.person_id, f"request:{self.row.ref}", why, count=len(page.items))
        apart = set(self.row.items.exclude(decision="release").values_list("key", flat=True))
        lines = [
            (i, words.entry(i), words.labels(i.stored.labels), i.key in chosen.exclude, i.key in apart)
            for i in page.items
        ]
        return {"lines": lines, "next": page.next, "left_out": len(chosen.exclude)}

    def act(self, form: forms.Form, /) -> None:
        """Leave out what is ticked on this page; what is not shown here stays as it was."""
        post = self.request.POST
        chosen = selection_of(self.row)
        kept = chosen.exclude - frozenset(post.getlist("shown"))
        wanted = Selection(
            chosen.categories, chosen.date_from, chosen.date_to, kept | frozenset(post.getlist("leave_out"))
        )
        services.choose_scope(self.row.ref, wanted, self.actor)
        if form.cleaned_data["reason"]:
            text = _now("Left out by hand (%(n)d in all): %(reason)s")
            count = {"n": len(wanted.exclude), "reason": form.cleaned_data["reason"]}
            services.write_note(self.row.ref, text % count, self.actor)


class ExclusionsPage(Step):
    """Entries set apart: refused on a ground, outside the requester's right, or waiting for a reviewer."""

    action = "request.read"
    http_method_names = ("get", "head")
    title = _("Entries set apart")
    template = "desk/steps/exclusions.html"

    def context(self) -> dict[str, Any]:
        """Each entry with its labels, what was decided, by which rule."""
        reads = "reviewer" in self.actor.roles
        why = f"release request {self.row.number}"
        count = self.row.items.count()
        note_read(self.actor, "record.read", self.row.person_id, f"request:{self.row.ref}", why, count=count)
        may_decide = reads and self.row.state in DECIDABLE
        lines = _grouped([self._line(item) for item in self.row.items.order_by("decision", "key")])
        return {"lines": lines, "may_decide": may_decide, "others": self._others() if may_decide else []}

    def _line(self, item: ItemDecision) -> dict[str, Any]:
        rule = explain(GROUNDS[item.ground]) if item.ground else None
        resource_type, _sep, fhir_id = item.key.partition("/")
        return {
            "title": self._title(resource_type, fhir_id),
            "count": 1,
            "labels": words.labels(item.labels),
            "decision": words.DECISIONS.get(item.decision, (item.decision, "neutral")),
            "rule": rule,
            "reviewable": item.reviewable,
            "reason": item.reason,
            "href": request_page(self.row, "decide", kind=resource_type, fhir_id=fhir_id),
        }

    def _title(self, resource_type: str, fhir_id: str) -> str:
        """The entry in words; empty when this role may not see it."""
        assert self.row.person_id is not None
        rows = guard.rows(self.actor, "record.read", self.row.person_id)
        try:
            item = records.item(self.row.person_id, resource_type, fhir_id, rows)
        except RecordsError:
            return ""
        return _name(item)

    def _others(self) -> list[tuple[str, str]]:
        """Entries of the scope a reviewer may want to decide on, newest first."""
        assert self.row.person_id is not None
        chosen = selection_of(self.row)
        within = RowFilter(0, _mask(chosen), chosen.date_from, chosen.date_to)
        known = set(self.row.items.values_list("key", flat=True))
        page = records.timeline(self.row.person_id, within, PAGE)
        return [(_name(i), self._address(i)) for i in page.items if i.key not in known]

    def _address(self, item: Item) -> str:
        return request_page(self.row, "decide", kind=item.stored.type, fhir_id=item.stored.id)


def _grouped(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries this role may not see become one line per kind, with their number."""
    shown = [line for line in lines if line["title"]]
    hidden: dict[str, dict[str, Any]] = {}
    for line in lines:
        if not line["title"]:
            kind = repr((line["labels"], line["decision"], line["rule"], line["reason"]))
            first = hidden.setdefault(kind, {**line, "count": 0})
            first["count"] += 1
    return [*hidden.values(), *shown]


class DecidePage(Step):
    """A licensed professional decides about one entry; the rule table turns the finding into a ground."""

    action = "request.clinical_review"
    title = _("Decide about one entry")
    lead = _("A ground is something you may use, never something you must. It touches this entry alone.")
    button = _("Record my decision")
    said = _("Your decision is recorded.")
    form_class = DecideForm
    template = "desk/steps/decide.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The entry must be in this person's record, and the request still in work."""
        super().setup(request, *args, **kwargs)
        if self.row.person_id is None or self.row.state not in DECIDABLE:
            raise Http404
        try:
            self.item = records.item(self.row.person_id, kwargs["kind"], kwargs["fhir_id"], RowFilter())
        except (RecordsError, ValueError) as error:
            raise Http404 from error

    def context(self) -> dict[str, Any]:
        """The entry itself."""
        why = f"release request {self.row.number}"
        note_read(self.actor, "record.read", self.row.person_id, f"request:{self.row.ref}", why, count=1)
        return {"item": self.item, "labels": words.labels(self.item.stored.labels)}

    def act(self, form: forms.Form, /) -> None:
        """Record the finding."""
        given = form.cleaned_data
        facts = facts_of(given["finding"], requester_of(self.row))
        services.decide_item(self.row.ref, self.item.key, facts, given["reason"], self.actor)

    def back(self) -> str:
        """Back to the list of entries."""
        return request_page(self.row, "exclusions")


class AskReviewPage(Step):
    """Send the request to a licensed professional (45 CFR 164.524(a)(3))."""

    title = _("Send to clinical review")
    lead = _("A licensed professional looks at entries that may do harm. The clock runs on.")
    button = _("Send to clinical review")
    said = _("The request is in clinical review.")
    form_class = ReasonForm

    def act(self, form: forms.Form, /) -> None:
        """Ask for the review."""
        services.transition(self.row.ref, "ask_review", self.actor, reason=form.cleaned_data["reason"])


FINDINGS: dict[str, dict[str, Any]] = {
    "release": {"item": "entry"},
    "psychotherapy_notes": {"item": "psychotherapy_notes"},
    "litigation_compilation": {"item": "litigation_compilation"},
    "confidential_source": {"item": "confidential_source", "promise": True, "would_reveal": True},
    "life": {"item": "entry", "harm": Harm("licensed_professional", "life_or_physical_safety", "individual")},
    "other_person": {"item": "entry", "harm": Harm("licensed_professional", "substantial", "other_person_mentioned")},
    "representative": {"item": "entry", "harm": Harm("licensed_professional", "substantial", "individual")},
}


def facts_of(finding: str, requester: str) -> ItemFacts:
    """A finding of the form as the facts the law asks for."""
    return ItemFacts(requester=requester, **FINDINGS[finding])


def _mask(chosen: Selection) -> int:
    return mask(*chosen.categories) if chosen.categories else -1


def _name(item: Item) -> str:
    return f"{words.entry(item)}, {item.view.when}" if item.view.when else words.entry(item)
