"""What each address of the program is about: the action the policy is asked for, and what the address names.

Every address must have a row here; a new page without one fails the suite. Whether somebody gets in is not written
here: it is worked out from `identity.policies`.
"""

from dataclasses import dataclass
from typing import Literal

About = Literal["public", "signed in", "open", "thing", "desk", "desk office", "setup"]


@dataclass(frozen=True)
class Row:
    """One address.

    `about`: public (anyone), signed in (any account), open (the record the reader has open), thing (a portal page of
    what a person owns), desk (a desk page of what a person owns), desk office (of the office).
    `kind` and `action` go to the policy; `names` fill the address, from the things of a person or of the office.
    """

    about: About
    action: str = ""
    kind: str = "record"
    names: dict[str, str] | None = None


def thing(action: str, kind: str, /, **names: str) -> Row:
    """A portal page of something a person owns."""
    return Row("thing", action, kind, names)


def desk(action: str, kind: str = "request", /, **names: str) -> Row:
    """A desk page of something a person owns."""
    return Row("desk", action, kind, names or {"ref": "request"})


def office(action: str, **names: str) -> Row:
    """A desk page of the office."""
    return Row("desk office", action, "office", names)


def open_record(action: str, **names: str) -> Row:
    """A portal page of the record that is open."""
    return Row("open", action, "record", names)


PUBLIC, SIGNED_IN = Row("public"), Row("signed in")
ASK = {"person_ref": "person"}
ENTRY = {"resource_type": "=Condition", "fhir_id": "fhir"}
CLINICAL = {"resource_type": "=DocumentReference", "fhir_id": "clinical"}
PERSON = {"ref": "person"}

ROWS: dict[str, Row] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "set_language": PUBLIC,
    "setup:start": Row("setup"),
    "setup:facilities": Row("setup"),
    "setup:remove_facility": Row("setup"),
    "setup:mail": Row("setup"),
    "setup:recovery": Row("setup"),
    "setup:check": Row("setup"),
    "setup:account": Row("setup"),
    "setup:step": Row("setup", names={"name": "=office"}),
    "smart:configuration": PUBLIC,
    "smart:openid": PUBLIC,
    "smart:jwks": PUBLIC,
    "smart:style": PUBLIC,
    "smart:authorize": PUBLIC,
    "smart:consent": Row("signed in", names={"key": "=nothing"}),
    "smart:token": PUBLIC,
    "smart:introspect": PUBLIC,
    "smart:revoke": PUBLIC,
    "smart:register": PUBLIC,
    "smart:brands": PUBLIC,
    "smart:brand_logo": PUBLIC,
    "smart:developers": PUBLIC,
    "smart:console": PUBLIC,
    "portal:home": PUBLIC,
    "portal:rights": PUBLIC,
    "portal:protect": PUBLIC,
    "portal:who_can_see": PUBLIC,
    "portal:glossary": PUBLIC,
    "portal:help": PUBLIC,
    "portal:trust": PUBLIC,
    "portal:authority": PUBLIC,
    "portal:demo_mail": PUBLIC,
    "portal:stay": SIGNED_IN,
    "portal:code": PUBLIC,
    "portal:code_password": PUBLIC,
    "portal:code_files": PUBLIC,
    "portal:code_leave": PUBLIC,
    "portal:code_file": Row("public", names={"part_ref": "=0"}),
    "portal:welcome": SIGNED_IN,
    "portal:choose": SIGNED_IN,
    "portal:start": SIGNED_IN,
    "portal:ask": SIGNED_IN,
    "portal:account": SIGNED_IN,
    "portal:caregiver_invite": open_record("caregiver.invite"),
    "portal:caregiver_code": open_record("caregiver.invite"),
    "portal:caregiver_end": thing("representative.end", "person", ref="representation"),
    "portal:record": open_record("record.read"),
    "portal:timeline": open_record("record.read"),
    "portal:search": open_record("record.read"),
    "portal:compare": open_record("record.reconcile"),
    "portal:add": open_record("record.add"),
    "portal:add_file": open_record("record.add"),
    "portal:add_shared": PUBLIC,
    "portal:section": open_record("record.read", slug="=problems"),
    "portal:item": open_record("record.read", **ENTRY),
    "portal:document": open_record("record.read", **ENTRY, number="=1"),
    "portal:read": open_record("record.read", **CLINICAL, number="=0"),
    "portal:read_file": open_record("record.read", **CLINICAL, number="=0", place="=0"),
    "portal:requests": open_record("request.read"),
    "portal:downloads": open_record("record.download"),
    "portal:activity": open_record("access_log.read"),
    "portal:apps": open_record("app.grants.read"),
    "portal:app": thing("app.grants.read", "grant", ref="grant"),
    "portal:app_stop": thing("app.revoke", "grant", ref="grant"),
    "portal:ask_step": thing("request.submit", "record", **ASK, key="=what"),
    "portal:ask_keep": thing("request.submit", "record", **ASK, key="=what"),
    "portal:ask_check": thing("request.submit", "record", **ASK),
    "portal:ask_sign": thing("request.submit", "record", **ASK),
    "portal:ask_discard": thing("request.submit", "record", **ASK),
    "portal:request": thing("request.read", "request", ref="request"),
    "portal:receipt": thing("request.read", "request", ref="request"),
    "portal:request_message": thing("request.message", "request", ref="request"),
    "portal:request_withdraw": thing("request.withdraw", "request", ref="request"),
    "portal:request_fee": thing("request.message", "request", ref="request"),
    "portal:request_arrived": thing("request.confirm", "request", ref="request"),
    "portal:request_review": thing("request.message", "request", ref="request"),
    "portal:request_copy": thing("package.open", "request", ref="request", part_ref="released part"),
    "portal:letter": thing("letter.read", "letter", ref="letter"),
    "portal:package": thing("record.download", "package", ref="package"),
    "portal:package_file": thing("record.download", "package", ref="package", part_ref="part"),
    "desk:queue": office("queue.read"),
    "desk:request": desk("request.read"),
    "desk:step": desk("request.work"),
    "desk:assign": desk("request.work"),
    "desk:message": desk("request.message"),
    "desk:note": desk("request.read"),
    "desk:tie": desk("request.work"),
    "desk:way": desk("request.work"),
    "desk:identity": desk("request.work"),
    "desk:standing": desk("request.read"),
    "desk:ask_info": desk("request.work"),
    "desk:scope": desk("request.work"),
    "desk:entries": desk("request.work"),
    "desk:exclusions": desk("request.read"),
    "desk:decide": desk("request.clinical_review", ref="open request", kind="=Condition", fhir_id="therapy"),
    "desk:ask_review": desk("request.work"),
    "desk:package": desk("request.work"),
    "desk:part": desk("package.open", ref="request", part_ref="released part"),
    "desk:qa": desk("request.work"),
    "desk:fee": desk("request.work"),
    "desk:make_letter": desk("request.work"),
    "desk:release": desk("request.work"),
    "desk:deliveries": desk("request.work"),
    "desk:send_more": desk("request.work"),
    "desk:code_sheet": desk("request.work"),
    "desk:seal": desk("request.work"),
    "desk:seal_sheet": desk("request.work"),
    "desk:seal_end": desk("request.work"),
    "desk:media_make": desk("request.work"),
    "desk:media_sheet": desk("request.work"),
    "desk:media_box": desk("request.work"),
    "desk:media_disc": desk("request.work"),
    "desk:code_password": desk("request.work"),
    "desk:calls": office("request.work"),
    "desk:sheet": desk("request.work"),
    "desk:papers": desk("request.work"),
    "desk:extend": desk("request.work"),
    "desk:deny": desk("request.read"),
    "desk:denial_review": desk("request.work"),
    "desk:redirect": desk("request.work"),
    "desk:no_records": desk("request.work"),
    "desk:withdraw": desk("request.withdraw"),
    "desk:delivery_failed": desk("request.work"),
    "desk:letter": desk("letter.read", "letter", ref="letter"),
    "desk:person": desk("person.search", "person", **PERSON),
    "desk:invite": desk("person.invite", "person", **PERSON),
    "desk:representative": desk("representative.add", "person", **PERSON),
    "desk:end_representative": desk("representative.end", "person", **PERSON, rep="representation"),
    "desk:merge_choose": desk("person.merge", "person", **PERSON),
    "desk:merge": desk("person.merge", "person", **PERSON, other="twin"),
    "desk:unmerge": desk("person.merge", "person", **PERSON, merge_ref="merge"),
    "desk:launch": desk("app.approve", "record", **PERSON),
    "desk:compare": desk("record.reconcile", "record", **PERSON),
    "desk:upload": desk("document.upload", "record", **PERSON),
    "desk:document": desk("record.read", "record", **PERSON, rid="rid"),
    "desk:read": desk("record.read", "record", **PERSON, rid="clinical rid"),
    "desk:read_file": desk("record.read", "record", **PERSON, rid="clinical rid", place="=0"),
    "desk:section": desk("record.read", "record", **PERSON, section="=problems"),
    "desk:label": desk("record.label", "record", **PERSON, kind="=Condition", fhir_id="fhir"),
    "desk:intake": office("request.intake"),
    "desk:inbox": office("inbox.settle"),
    "desk:inbox_item": office("inbox.settle", ref="item"),
    "desk:match": office("inbox.settle", ref="match"),
    "desk:people": office("person.search"),
    "desk:letters": office("queue.read"),
    "desk:apps": office("app.register"),
    "desk:grants": office("app.grants.oversee"),
    "desk:my_grants": office("desk.open"),
    "desk:grant_end": desk("app.revoke", "grant", ref="grant"),
    "desk:app_new": office("app.register"),
    "desk:app": office("app.register", ref="app"),
    "desk:app_edit": office("app.register", ref="app"),
    "desk:app_review": office("app.register", ref="app"),
    "desk:app_unreview": office("app.register", ref="app"),
    "desk:app_secret": office("app.register", ref="app"),
    "desk:app_disable": office("app.register", ref="app"),
    "desk:app_enable": office("app.register", ref="app"),
    "desk:app_let_in": office("app.register", ref="app"),
    "desk:ledger": office("ledger.verify"),
    "desk:ledger_verify": office("ledger.verify"),
    "desk:rules": office("rules.read"),
    "desk:settings": office("office.settings"),
    "desk:office": office("office.settings"),
    "desk:parts": office("office.settings"),
    "desk:facility_new": office("office.settings"),
    "desk:facility": office("office.settings", ref="facility"),
    "desk:invite_staff": office("staff.manage"),
    "desk:end_role": office("staff.manage", ref="staff"),
    "desk:mail_test": office("office.settings"),
    "shl:viewer": PUBLIC,
    "shl:viewer_too": PUBLIC,
    "shl:link": Row("public", names={"token": "=nothing"}),
    "shl:file": Row("public", names={"location": "=nothing"}),
    "shl:links": SIGNED_IN,
    "shl:new": open_record("record.download"),
    "shl:stop": thing("share.manage", "share", ref="health link"),
    "sealed:send": open_record("share.send"),
    "sealed:send_new": SIGNED_IN,
    "sealed:shares": SIGNED_IN,
    "sealed:token_new": SIGNED_IN,
    "sealed:token_end": thing("share.manage", "share", ref="token"),
    "sealed:revoke": thing("share.manage", "share", share="share"),
    "sealed:end_link": thing("share.manage", "share", share="share", recipient="link"),
    "sealed:unlock": thing("share.manage", "share", share="share", recipient="link"),
    "sealed:drops": SIGNED_IN,
    "sealed:drop_new": SIGNED_IN,
    "sealed:drop": thing("share.manage", "share", drop="drop"),
    "sealed:drop_close": thing("share.manage", "share", drop="drop"),
    "sealed:drop_open": thing("share.manage", "share", drop="drop", share="share"),
    "sealed:drop_delete": thing("share.manage", "share", drop="drop", share="share"),
}
LIBRARY = ("account_", "mfa_", "usersessions_")
"""Addresses of the sign-in library: they only ever show the signed-in account itself; see tests/identity."""
