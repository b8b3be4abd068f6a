"""AuditEvent: what the log says as FHIR says it."""

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.gateways.fhir import audit
from chartpost.identity.types import RowFilter
from chartpost.ledger import queries as ledger
from chartpost.ledger.actions import WORDS
from chartpost.ledger.types import NAMED_AT_MOST
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_attacks_log import HIV
from tests.gateways.fhir.test_writes import condition, entry, everyone, transaction

CODES = {
    "R": "record.read record.export subscription.notify shl.use export.file document.read share.open delivery.send",
    "E": "record.search person.search ledger.search export.start account.sign_in code.refuse",
    "C": "record.create record.import document.file message.send code.password",
    "U": "record.update record.label shl.stop person.verify account.password code.lock",
    "D": "record.delete grant.end package.expire share.revoke",
}


@pytest.mark.parametrize(("code", "action"), [(c, one) for c, some in CODES.items() for one in some.split()])
def test_each_action_is_what_it_does(code: str, action: str) -> None:
    """https://hl7.org/fhir/R4/valueset-audit-event-action.html"""
    assert action in WORDS
    assert audit.code_of(action) == code


def test_looks_are_no_changes() -> None:
    looks = {
        each for each, words in WORDS.items() if str(words).startswith(("Looked", "Opened", "Downloaded", "Export"))
    }
    assert len(looks) > 15
    assert {each for each in looks if audit.code_of(each) not in "RE"} == set()


def test_every_word_of_the_table_is_one_of_the_ledger() -> None:
    last = {action.rpartition(".")[2] for action in WORDS}
    assert audit._ACTIONS.keys() - WORDS.keys() - last == set()


def test_a_bundle_tells_which_entries_it_wrote_to_whom_they_are_about(pair: Pair) -> None:
    written = [condition(pair.mine), condition(pair.mine, code=HIV), condition(pair.others)]
    answer = everyone().post("", transaction(*(entry("POST", "Condition", one) for one in written)))
    first, hidden, others = ("/".join(e["response"]["location"].split("/")[-4:-2]) for e in answer.json["entry"])
    whole, part = pair.door(), pair.door(persons={pair.me.id: RowFilter(hidden_labels=int(Label.HIV))})
    for door, seen in ((whole, {first, hidden}), (part, {first})):
        events = [one["resource"] for one in door.get("AuditEvent").json["entry"]]
        event = next(one for one in events if one["subtype"][0]["code"] == "record.create")
        named = [one["what"]["reference"] for one in event["entity"]]
        assert (named[0], set(named[1:])) == (f"Patient/{pair.mine}", seen)
        assert others not in named


def test_a_long_bundle_tells_its_first_entries_and_how_many_there_were(pair: Pair) -> None:
    some = [entry("POST", "Condition", condition(pair.mine)) for _ in range(NAMED_AT_MOST + 1)]
    assert everyone().post("", transaction(*some)).status == 200
    told = ledger.for_person(pair.me.id)[0]
    assert (told.detail["count"], len(told.objects)) == (NAMED_AT_MOST + 1, 1 + NAMED_AT_MOST)
