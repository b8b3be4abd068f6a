"""The package of a request: built by a job, opened file by file, checked before release."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chartpost.delivery import queries as delivery
from chartpost.delivery.errors import DeliveryError
from chartpost.delivery.types import FORMATS, REFERRING, PartView, Referral
from chartpost.desk import words
from chartpost.desk.forms.steps import QaForm, ReferralForm
from chartpost.desk.pages import Step, find, note_read, request_page, staff
from chartpost.identity import queries as identity
from chartpost.kernel import blobs
from chartpost.rights import guards, items, services


class PackagePage(Step):
    """Build the package, and see its files."""

    title = _("Put the package together")
    lead = _("A package holds the chosen part of the record in the formats asked for.")
    button = _("Build the package")
    said = _("The package is being built.")
    template = "desk/steps/package.html"

    def form(self, data: Any = None) -> forms.Form:
        """Why and to whom the person is sent on, where a paper of the package says so."""
        if not REFERRING & set(self.row.formats):
            return forms.Form(data)
        said = asdict(delivery.referral(self.row.ref))
        return ReferralForm(data, initial=said, note="referral" in self.row.formats)

    def context(self) -> dict[str, Any]:
        """The package and its files."""
        return {
            "package": _package(self),
            "parts": _parts(self),
            "formats": FORMATS,
            "apart": self.row.items.exclude(decision="release").count(),
        }

    def act(self, form: forms.Form, /) -> None:
        """Ask for the package."""
        referral = Referral(**form.cleaned_data) if isinstance(form, ReferralForm) else None
        services.prepare(self.row.ref, self.actor, referral)

    def back(self) -> str:
        """Stay, to see it being built."""
        return request_page(self.row, "package")


class QaPage(Step):
    """The check before release (rulebook 8.3): open each file, look, tick."""

    title = _("Check the quality")
    lead = _("Open each file. A wrong page is far easier to stop here than to call back.")
    button = _("The package is good")
    said = _("The quality check is recorded.")
    form_class = QaForm
    template = "desk/steps/qa.html"

    def context(self) -> dict[str, Any]:
        """The files, and what is held back."""
        person = identity.person_by_id(self.row.person_id) if self.row.person_id else None
        found = {"package": _package(self), "parts": _parts(self), "referral": _referral(self)}
        return {**found, "person": person, "denied": len(items.denied(self.row))}

    def act(self, form: forms.Form, /) -> None:
        """Every check must be ticked."""
        ticked = set(form.cleaned_data["checks"])
        seen = self.request.POST.get("package_ref", "")
        services.pass_qa(self.row.ref, {name: name in ticked for name in words.QA_CHECKS}, self.actor, seen)


def _referral(step: Step) -> Referral | None:
    """Why and to whom, where a paper of the package says so."""
    return delivery.referral(step.row.ref) if REFERRING & set(step.row.formats) else None


def _parts(step: Step) -> list[tuple[PartView, Any]]:
    """The files of the package with their kinds in words."""
    package = _package(step)
    return [(part, words.FILES.get(part.format, part.format)) for part in package.parts] if package else []


def _package(step: Step) -> Any:
    return delivery.package(step.row.package_ref) if step.row.package_ref else None


@require_safe
def part(request: HttpRequest, ref: str, part_ref: str) -> HttpResponse | FileResponse:
    """One file of the package, with its entry in the ledger before it leaves."""
    row = find(ref)
    actor = staff(request, "package.open", guards.subject(row))
    try:
        found, package, blob = delivery.part(part_ref)
    except DeliveryError as error:
        raise Http404 from error
    if package.request_ref != row.ref or package.person_id != row.person_id:
        raise Http404(_now("This file belongs to another request."))
    why = f"release request {row.number}"
    note_read(
        actor, "package.open", row.person_id, f"package:{package.ref}", why, format=found.format, hash=found.sha256[:12]
    )
    stays = found.media_type == "application/pdf"
    return FileResponse(blobs.open(blob), as_attachment=not stays, filename=found.name, content_type=found.media_type)
