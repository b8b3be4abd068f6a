"""AuditEvent: what the log says as FHIR says it."""

import pytest

from chartpost.gateways.fhir import audit
from chartpost.ledger.actions import WORDS

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
