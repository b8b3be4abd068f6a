"""Requests of the demo office, one in every state, each brought there by the same verbs people use."""

from datetime import timedelta

from chartpost.delivery import services as deliveries
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import models, queries
from chartpost.identity.types import Actor, PersonView, RowFilter
from chartpost.kernel import clock, jobs
from chartpost.law.access import Harm, ItemFacts
from chartpost.records import queries as records
from chartpost.records.types import Selection
from chartpost.rights import letters, services
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import Ask, Intake

CHECKS = {"person": True, "dates": True, "withheld": True, "readable": True}
AGES = {
    "received": 1,
    "verifying": 3,
    "needs_info": 9,
    "in_scope_check": 5,
    "retrieving": 6,
    "clinical_review": 8,
    "qa": 10,
    "ready": 12,
    "fee_estimated": 11,
    "fee_accepted": 13,
    "delivered": 12,
    "confirmed": 14,
    "closed": 40,
    "withdrawn": 20,
    "denied": 18,
    "no_records": 16,
    "redirected": 17,
    "extended": 14,
    "review_requested": 15,
}
"""State -> how many days ago the request of that state arrived."""

EXTENDS = "OR"
"""A state of the demo office without a limit of its own: there a request can be extended."""

WHOSE = (
    "rosa-alvarado",
    "terrence-boyd",
    "priya-raman",
    "grace-bennett",
    "harold-kim",
    "samuel-whitaker",
    "naomi-feldman",
    "patricia-novak",
    "gordon-pruitt",
    "ingrid-lindqvist",
)


def make(filed: dict[str, PersonView]) -> None:
    """Make every request."""
    maker = _Maker(filed)
    for number, (state, days) in enumerate(AGES.items()):
        person = filed[WHOSE[number % len(WHOSE)]]
        moment = clock.now() - timedelta(days=days)
        with clock.at(moment):
            maker.bring_to(state, person)
    maker.on_paper(filed["edith-marsh"])


class _Maker:
    def __init__(self, filed: dict[str, PersonView]) -> None:
        self._filed = filed
        places = queries.facilities()
        self._facility = places[0].id
        self._more_time = next(place.id for place in places if place.state == EXTENDS)
        self.clerk, self.approver, self.reviewer = (self._actor(r) for r in ("clerk", "approver", "reviewer"))

    def _actor(self, role: str) -> Actor:
        return queries.actor_of(models.Account.objects.get(email=f"{role}@lakeside.example.org"), fresh=True)

    def _person_actor(self, person: PersonView) -> Actor:
        link = models.OwnLink.objects.filter(person_id=person.id, ended_at=None).select_related("account").get()
        return queries.actor_of(link.account)

    def bring_to(self, state: str, person: PersonView) -> None:
        """Take a new request of a person to a state."""
        place = self._more_time if state == "extended" else self._facility
        request = self._ask(person, "hand_over" if state.startswith("fee") else "portal", place)
        steps = _ROADS[state]
        for step in steps:
            getattr(self, f"_{step}")(request.ref, person)

    def on_paper(self, person: PersonView) -> None:
        """A request that came by mail, from somebody without an account."""
        ask = Ask(
            requester_name=person.name,
            subject_name=person.name,
            facility_id=self._facility,
            birth_date=person.birth_date,
            details="All my papers since the hip operation, please.",
            delivery="post",
            delivery_address={"address": "\n".join(person.address)},
        )
        services.intake(ask, Intake("mail", clock.now() - timedelta(days=2), signed=True), self.clerk)

    def _ask(self, person: PersonView, how: str, facility_id: int) -> AccessRequest:
        ask = Ask(
            requester_name=person.name,
            subject_name=person.name,
            facility_id=facility_id,
            person_id=person.id,
            birth_date=person.birth_date,
            formats=("pdf", "ccda", "fhir"),
            delivery=how,
            language=person.language if person.language in {"en", "es"} else "en",
            signed_name=person.name,
        )
        request = services.submit(ask, self._person_actor(person))
        letters.make(request.ref, "acknowledgement", request.language, self.clerk)
        return request

    def _start(self, ref: str, _: PersonView) -> None:
        services.transition(ref, "start_check", self.clerk)

    def _question(self, ref: str, _: PersonView) -> None:
        services.transition(ref, "ask_info", self.clerk, reason="Which years do you need?")
        services.write_message(ref, "Which years do you need? Please tell us in a message.", self.clerk)

    def _verify(self, ref: str, _: PersonView) -> None:
        services.verify_identity(ref, "portal sign-in with second step", "", self.clerk)

    def _scope(self, ref: str, _: PersonView) -> None:
        services.choose_scope(ref, Selection(), self.clerk)

    def _clinical(self, ref: str, _: PersonView) -> None:
        services.transition(ref, "ask_review", self.clerk, reason="A note may put someone at risk.")

    def _prepare(self, ref: str, _: PersonView) -> None:
        services.prepare(ref, self.clerk)
        jobs.run_waiting()

    def _check(self, ref: str, _: PersonView) -> None:
        services.pass_qa(ref, CHECKS, self.clerk)

    def _fee(self, ref: str, _: PersonView) -> None:
        services.quote(ref, {"method": "flat"}, self.clerk)
        letters.make(ref, "fee_estimate", "en", self.clerk)
        services.transition(ref, "quote_fee", self.clerk)

    def _accept(self, ref: str, person: PersonView) -> None:
        services.transition(ref, "accept_fee", self._person_actor(person))

    def _release(self, ref: str, person: PersonView) -> None:
        language = "es" if person.language == "es" else "en"
        letters.make(ref, "grant", language, self.clerk)
        request = AccessRequest.objects.get(ref=ref)
        if request.items.filter(decision="deny").exists():
            letters.make(ref, "partial_denial", language, self.clerk)
        services.transition(ref, "release", self.approver)

    def _arrived(self, ref: str, person: PersonView) -> None:
        request = AccessRequest.objects.get(ref=ref)
        deliveries.confirm(request.delivery_ref, arrived=True, problem="", actor=self._person_actor(person))

    def _close(self, ref: str, _: PersonView) -> None:
        services.transition(ref, "close", self.clerk)

    def _withdraw(self, ref: str, person: PersonView) -> None:
        services.transition(ref, "withdraw", self._person_actor(person), reason="I found my own copy.")

    def _deny(self, ref: str, person: PersonView) -> None:
        facts = ItemFacts(
            item="medical_record",
            harm=Harm(determined_by="licensed_professional", type="life_or_physical_safety", target="individual"),
        )
        note = records.timeline(person.id, RowFilter(), limit=1, categories=frozenset({Category.DOCUMENTS})).items[0]
        services.decide_item(ref, note.key, facts, "A risk to safety was found.", self.reviewer)
        services.set_ground(ref, "524(a)(3)(i)", True, "A risk to safety was found.", self.reviewer)
        letters.make(ref, "denial", "en", self.clerk)
        services.transition(ref, "deny", self.approver)

    def _ask_again(self, ref: str, person: PersonView) -> None:
        services.transition(ref, "ask_denial_review", self._person_actor(person))

    def _none(self, ref: str, _: PersonView) -> None:
        letters.make(ref, "not_held", "en", self.clerk)
        services.transition(ref, "no_records", self.clerk)

    def _elsewhere(self, ref: str, _: PersonView) -> None:
        letters.make(ref, "redirect", "en", self.clerk, holder="Northside Hospital", holder_contact="510-555-0199")
        services.transition(ref, "redirect", self.clerk, reason="The hospital keeps these records.")

    def _extend(self, ref: str, _: PersonView) -> None:
        request = AccessRequest.objects.get(ref=ref)
        promised = request.received_on + timedelta(days=50)
        letters.make(ref, "extension", "en", self.clerk, reason="Old papers must be scanned.", promised=promised)
        services.transition(ref, "extend", self.clerk, reason="Old papers must be scanned.", promised=promised)


_BUILT = ("verify", "scope", "prepare", "check")
_ROADS: dict[str, tuple[str, ...]] = {
    "received": (),
    "verifying": ("start",),
    "needs_info": ("start", "question"),
    "in_scope_check": ("verify",),
    "retrieving": ("verify", "scope"),
    "clinical_review": ("verify", "scope", "clinical"),
    "qa": ("verify", "scope", "prepare"),
    "ready": _BUILT,
    "fee_estimated": (*_BUILT, "fee"),
    "fee_accepted": (*_BUILT, "fee", "accept"),
    "delivered": (*_BUILT, "release"),
    "confirmed": (*_BUILT, "release", "arrived"),
    "closed": (*_BUILT, "release", "arrived", "close"),
    "withdrawn": ("start", "withdraw"),
    "denied": ("verify", "deny"),
    "no_records": ("verify", "none"),
    "redirected": ("verify", "elsewhere"),
    "extended": ("verify", "extend"),
    "review_requested": ("verify", "deny", "ask_again"),
}
