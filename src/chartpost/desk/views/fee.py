"""The fee of a request: worked out from facts by the rules, shown line by line, told in a letter."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.common import cents
from chartpost.desk.forms.steps import FeeForm, PaymentForm
from chartpost.desk.pages import REFUSED, Step, attempt, done, request_page
from chartpost.identity import queries as identity
from chartpost.law.fees import REASON_RULES
from chartpost.law.rules import explain
from chartpost.rights import fees, letters, services


class FeePage(Step):
    """Work out the fee (45 CFR 164.524(c)(4)); tell it to the person with its letter."""

    title = _("Fee")
    lead = _("Type what was done. The rules say what may be charged; you never type the total.")
    button = _("Work out the fee")
    said = _("The fee is worked out.")
    template = "desk/steps/fee.html"

    def form(self, data: Any = None) -> forms.Form:
        """The facts, and what makes a copy free by the law of this state."""
        return FeeForm(data, initial=self.initial(), free_when=fees.free_facts(self.row))

    def initial(self) -> dict[str, Any]:
        """The office's method, or what was typed before."""
        office = identity.office()
        facts = self.row.fee.get("facts", {})
        method = facts.get("method") or (office.fee_method if office else "flat")
        kept = {name: facts.get(name) for name in ("labor_minutes", "pages", "free_when")}
        return {"method": method, **kept}

    def context(self) -> dict[str, Any]:
        """The quote, its reasons in words with their rules."""
        fee = self.row.fee
        reasons = [(words.FEE_REASONS.get(code, code), explain(REASON_RULES[code])) for code in fee.get("reasons", ())]
        may_tell = bool(fee.get("allowed")) and self.row.state == "ready"
        paid = sum(int(one["cents"]) for one in fee.get("payments", ()))
        owed = int(fee.get("charged_cents") or 0) - paid
        return {
            "fee": fee,
            "reasons": reasons,
            "may_tell": may_tell,
            "owed": owed,
            "payment": PaymentForm(initial={"amount": f"{owed / 100:.2f}", "how": "check"}),
        }

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Work it out, or tell it to the person."""
        if "paid" in request.POST:
            return self._pay(request)
        if "tell" not in request.POST:
            return super().post(request, **kwargs)
        error = attempt(self._tell)
        if error:
            return self.page(request, self.form(), status=REFUSED, problem=error)
        return done(request, _now("The person was told the fee."), request_page(self.row))

    def act(self, form: forms.Form, /) -> None:
        """Keep the quote."""
        services.quote(self.row.ref, _facts(form.cleaned_data), self.actor)

    def back(self) -> str:
        """Stay, to show what it comes to."""
        return request_page(self.row, "fee")

    def _pay(self, request: HttpRequest) -> HttpResponse:
        form = PaymentForm(request.POST)
        if not form.is_valid():
            return self.page(request, self.form(), status=REFUSED, payment=form)
        amount, how = cents(form.cleaned_data["amount"]), form.cleaned_data["how"]
        error = attempt(lambda: services.mark_paid(self.row.ref, amount, how, self.actor))
        if error:
            return self.page(request, self.form(), status=REFUSED, payment=form, problem=error)
        return done(request, _now("The payment is recorded."), self.back())

    @transaction.atomic
    def _tell(self) -> None:
        letters.make(self.row.ref, "fee_estimate", self.row.language, self.actor)
        services.transition(self.row.ref, "quote_fee", self.actor)


def _facts(given: dict[str, Any]) -> dict[str, Any]:
    supplies = [[item, cents(given[item])] for item in ("paper", "disc") if given[item]]
    facts: dict[str, Any] = {
        "method": given["method"],
        "labor_minutes": given["labor_minutes"] or 0,
        "supplies": supplies,
        "postage_cents": cents(given["postage"]),
        "pages": given["pages"] or 0,
        "free_when": given.get("free_when", []),
        "waived": given["waived"],
    }
    return facts | ({"flat_cents": cents(given["flat"])} if given["flat"] is not None else {})
