"""What each action of the ledger means in plain words, in the reader's language.

A new action needs a row here; a test compares the table with the code.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, str | Promise] = {
    # looking
    "record.read": _("Looked at the record"),
    "record.download": _("Downloaded a copy of the record"),
    "subscription.notify": _("Told an app of a new entry"),
    "record.search": _("Searched in the record"),
    "record.export": _("Exported the record"),
    "document.read": _("Opened a document"),
    "letter.read": _("Opened a letter"),
    "request.read": _("Looked at a request"),
    "package.open": _("Opened the copies for a request"),
    "access_log.read": _("Looked at the list of who looked"),
    "person.search": _("Looked for people; saw a list of names"),
    "person.read": _("Looked at contact details"),
    "queue.read": _("Looked at the list of requests"),
    "inbox.read": _("Looked at the inbox"),
    "ledger.search": _("Searched the ledger"),
    "ledger.verify": _("Checked the ledger"),
    "export.start": _("Asked for an export of many records"),
    "export.file": _("Downloaded a file of an export"),
    "export.stop": _("Ended an export"),
    "ledger.export": _("Exported the ledger"),
    # the record
    "record.import": _("Added to the record"),
    "record.create": _("Added to the record"),
    "record.update": _("Changed an entry of the record"),
    "record.label": _("Set what is sensitive"),
    "record.rebuild": _("Read a clinical document anew"),
    "record.replace": _("Put a newer version of a document in place of an older one"),
    "record.delete": _("Removed an entry from the record"),
    "record.join": _("Joined entries that are the same"),
    "record.answer": _("Said whether entries are the same"),
    "record.answer_undo": _("Took back an answer on whether entries are the same"),
    "document.upload": _("Added a document"),
    "document.file": _("Added a document"),
    "inbox.add": _("Put an item in the inbox"),
    "inbox.settle": _("Filed an item from the inbox"),
    # persons and accounts
    "person.add": _("Added a person"),
    "person.edit": _("Changed contact details"),
    "person.merge": _("Joined two records of one person"),
    "person.unmerge": _("Separated two records again"),
    "person.verify": _("Checked who the person is"),
    "account.sign_in": _("Signed in"),
    "account.sign_in_failed": _("Failed to sign in"),
    "account.sign_out": _("Signed out"),
    "account.add": _("Made an account"),
    "account.link": _("Connected an account to a person"),
    "account.match_ask": _("Asked to connect an account"),
    "account.match_settle": _("Answered a wish to connect an account"),
    "account.password": _("Changed a password"),
    "account.email": _("Changed an e-mail address"),
    "account.second_factor": _("Changed a second sign-in step"),
    "account.reset": _("Reset an account"),
    "account.close": _("Closed an account"),
    "account.disable": _("Blocked an account"),
    "account.end_session": _("Ended a session"),
    "invitation.make": _("Sent an invitation"),
    "invitation.use": _("Used an invitation"),
    "invitation.end": _("Took back an invitation"),
    "representative.add": _("Added somebody who may act for the person"),
    "representative.end": _("Ended somebody's right to act for the person"),
    "grant.give": _("Let somebody see the record"),
    "grant.end": _("Stopped letting somebody see the record"),
    # connected apps
    "app.register": _("Registered an app"),
    "app.edit": _("Changed what is known of an app"),
    "app.review": _("Marked an app as checked"),
    "app.unreview": _("Took back that an app was checked"),
    "app.disable": _("Blocked an app"),
    "app.enable": _("Let a blocked app ask again"),
    "app.admit": _("Let a program in again whose access had been ended"),
    "app.secret": _("Gave an app a new secret"),
    "app.approve": _("Let an app see the record"),
    "app.token": _("Got a key to the record"),
    "app.reuse": _("Used an old key again, so its access was ended"),
    "app.revoke": _("Ended an app's access to the record"),
    "app.grants": _("Looked at which apps can see the record"),
    # requests
    "request.submit": _("Sent in a request"),
    "request.intake": _("Took in a request on paper, by phone or in person"),
    "request.edit": _("Changed a request"),
    "request.assign": _("Gave a request to a member of staff"),
    "request.note": _("Wrote a note on a request"),
    "request.work": _("Worked on a request"),
    "request.verify": _("Checked who is asking"),
    "request.start_check": _("Began to check who is asking"),
    "request.ask_info": _("Asked for something that was missing"),
    "request.info_given": _("Received what was missing"),
    "request.identity_verified": _("Checked who is asking"),
    "request.set_scope": _("Chose what the request covers"),
    "request.no_records": _("Found no records for a request"),
    "request.redirect": _("Said who holds the records"),
    "request.ask_review": _("Asked a licensed professional to look"),
    "request.reviewed": _("A licensed professional looked"),
    "request.clinical_review": _("A licensed professional looked"),
    "request.records_chosen": _("Chose the records for a request"),
    "request.qa_passed": _("Checked the copies"),
    "request.quote": _("Told the fee"),
    "request.quote_fee": _("Told the fee"),
    "request.accept_fee": _("Agreed to the fee"),
    "request.decline_fee": _("Chose the free way instead of the fee"),
    "request.waive_fee": _("Dropped the fee"),
    "request.decide": _("Decided on a request"),
    "request.item": _("Decided on one part of a request"),
    "request.release": _("Released the copies"),
    "request.deny": _("Said no to a request"),
    "request.ask_denial_review": _("Asked for a second look at a no"),
    "request.review_denial": _("Took a second look at a no"),
    "request.review_upheld": _("A second look kept the no"),
    "request.review_granted": _("A second look changed the no to yes"),
    "request.confirm": _("Said the copies arrived"),
    "request.delivery_failed": _("The copies did not arrive"),
    "request.deliver_again": _("Made the copies ready to send again"),
    "request.send_more": _("Began to send what was still missing"),
    "request.extend": _("Took more time, with the reason in writing"),
    "request.withdraw": _("Took a request back"),
    "request.close": _("Closed a request"),
    "request.correct": _("Corrected a request"),
    "message.send": _("Sent a message"),
    "letter.make": _("Wrote a letter"),
    "letter.prepare": _("Wrote a letter"),
    "letter.send": _("Sent a letter"),
    # copies on their way
    "package.ask": _("Asked for the copies to be put together"),
    "package.build": _("Put the copies together"),
    "package.expire": _("Deleted copies whose time was over"),
    "package.recall": _("Deleted copies that held what became confidential"),
    "package.withdraw": _("Took back copies of two records that were not one person's"),
    "delivery.ask": _("Asked whether the copies arrived"),
    "media.make": _("Made a locked stick or disc"),
    "media.take": _("Took the files of a locked stick or disc"),
    "code.make": _("Made an access code"),
    "code.call": _("Asked to be called for a one-time password"),
    "code.password": _("Made a one-time password to say on the phone"),
    "code.open": _("Used an access code and a one-time password"),
    "code.refuse": _("A try with an access code was wrong"),
    "code.lock": _("Locked an access code after wrong tries"),
    "delivery.release": _("Released the copies"),
    "delivery.send": _("Sent the copies"),
    "delivery.post": _("Posted the copies"),
    "delivery.hand_over": _("Handed over the copies"),
    "delivery.open": _("Opened the copies"),
    "delivery.confirm": _("Said the copies arrived"),
    "delivery.fail": _("The copies did not arrive"),
    "delivery.receipt": _("Received proof that the copies arrived"),
    # sealed shares
    "share.make": _("Began to send sealed files"),
    "share.link": _("Made a link to sealed files"),
    "share.link_end": _("Took back a link to sealed files"),
    "share.send": _("Sent sealed files"),
    "share.tell": _("Said how the password will be told"),
    "share.open": _("Opened sealed files"),
    "share.receive": _("Received proof that sealed files arrived"),
    "share.refuse": _("Typed a wrong password for sealed files"),
    "share.link_seen": _("A mail gateway passed on a link to sealed files with its secret part"),
    "share.lock": _("Locked a link after ten wrong passwords"),
    "share.unlock": _("Let a locked link be tried again"),
    "share.extend": _("Gave sealed files more time"),
    "share.revoke": _("Took sealed files back"),
    "share.expire": _("Deleted sealed files whose time was over"),
    "share.pages": _("Began to serve other pages for sealed files"),
    "share.lose": _("Could not find sealed files after a restore"),
    "share.token": _("Gave a program a key to send sealed files"),
    "share.token_end": _("Took from a program its key to send sealed files"),
    "drop.make": _("Asked for files"),
    "drop.close": _("Stopped asking for files"),
    "drop.begin": _("Began to send files that were asked for"),
    "drop.arrive": _("Sent files that were asked for"),
    "drop.open": _("Opened files that were asked for"),
    # health links
    "shl.make": _("Made a health link to part of the record"),
    "shl.build": _("The files of a health link were put together"),
    "shl.use": _("Opened a health link"),
    "shl.refuse": _("Typed a wrong passcode for a health link"),
    "shl.lock": _("A health link was locked after ten wrong passcodes"),
    "shl.stop": _("Stopped a health link"),
    "shl.expire": _("A health link ended"),
    # the office
    "office.settings": _("Changed settings of the office"),
    "office.facility": _("Changed a place of the office"),
    "staff.add": _("Added a member of staff"),
    "staff.role_give": _("Gave a role to a member of staff"),
    "staff.role_end": _("Took a role from a member of staff"),
    "backup.make": _("Made a backup"),
    "backup.restore": _("Restored a backup"),
}
ROLES: dict[str, str | Promise] = {
    "person": _("patient or representative"),
    "representative": _("representative"),
    "staff": _("staff of this office"),
    "app": _("app"),
    "code": _("reader with an access code"),
    "system": _("the program itself"),
    "anonymous": _("not signed in"),
}
WHY: dict[str, str | Promise] = {
    "own access": _("To see their own record"),
    "representative access": _("To see the record of somebody they act for"),
    "release request": _("To answer a request for records"),
    "treatment": _("For treatment"),
    "operations": _("To run the office"),
    "import": _("To bring records in"),
    "privacy review": _("To check who looked"),
    "built again": _("To try again what had failed"),
}
INNER = frozenset(
    {
        "request.assigned",
        "request.assign",
        "request.note",
        "request.fee_quoted",
        "request.ground_chosen",
        "request.tie_person",
    }
)
"""Inner work of the office on a request: it shows nobody the record, and is not for lists of who looked."""
ECHOES = frozenset({"request.confirm", "request.delivery_failed", "delivery.release"})
"""The second entry of one deed, written by another room; lists of who looked show the first, by who did it."""
_NUMBER = re.compile(r"[A-Z]{1,4}-[0-9][0-9-]*")
_OPAQUE = re.compile(r"request [0-9a-z]{26}")
"""How copies for a request named it once: by its reference, which tells a reader nothing."""


def words(action: str) -> str:
    """An action in plain words; one without a row reads as its own name."""
    return str(WORDS.get(action, action.replace(".", ": ").replace("_", " ")))


def role(kind: str) -> str:
    """What kind of actor it was."""
    return str(ROLES.get(kind, kind))


def purpose(why: str) -> str:
    """A purpose in plain words; a request's number stays readable, other texts are shown as they are."""
    start, _space, number = why.rpartition(" ")
    if _OPAQUE.fullmatch(why):
        return purpose("release request")
    if _NUMBER.fullmatch(number):
        return f"{purpose(start or 'release request')} ({number})"
    return str(WHY.get(why, why))
