"""Requests made from a server's CapabilityStatement: every address it names, and many it does not."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from fhir_fuzz import bodies, values
from fhir_fuzz.judge import person_number

Resource = dict[str, Any]
JSON = "application/fhir+json"
_FORM = "application/x-www-form-urlencoded"
_COMMON = ("_id", "_lastUpdated", "_profile", "_security", "_tag", "_text", "_content", "_list", "_type", "_query")
_RESULT = ("_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_contained", "_format")
_ALSO = ("_pretty", "_cursor", "_has", "_filter", "_since", "_at", "_page", "_include:iterate", "_revinclude:iterate")
_MODIFIERS = (*[""] * 12, ":exact", ":contains", ":missing", ":not", ":text", ":in", ":identifier", ":Patient", ":x")
_OAUTH = ("token", "introspect", "revoke", "register", "authorize", "jwks.json", "none")
_RANGES = ("bytes=0-10", "bytes=-5", "bytes=9-1", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2", "bytes=99999999-")


@dataclass
class Ask:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Grammar:
    """Makes requests; the same chance makes the same ones."""

    def __init__(self, capability: Resource, resources: Sequence[Resource], chance: random.Random) -> None:
        rest = capability["rest"][0]
        self._types: list[str] = [r["type"] for r in rest["resource"]]
        self._params = {r["type"]: r.get("searchParam") or [] for r in rest["resource"]}
        self._operations = [f"${o['name']}" for r in rest["resource"] for o in r.get("operation") or ()]
        self._everyone = _by_type(resources)
        self._of_person: dict[int, dict[str, list[Resource]]] = {}
        for number in {person_number(r["id"]) for r in resources} - {None}:
            self._of_person[number] = _by_type([r for r in resources if person_number(r["id"]) == number])
        self._by_type, self._here = self._everyone, list(self._everyone)
        self._resources = resources
        self._chance = chance
        self.cursors: list[str] = []
        """Page links the server gave out, to be used again and spoiled."""

    def ask(self, number: int | None = None) -> Ask:
        """The next request; mostly about the person with this number, if there is one."""
        chance = self._chance
        near = self._of_person.get(number if number is not None else chance.choice(list(self._of_person)))
        self._by_type = near if near and chance.random() < 0.7 else self._everyone
        self._here = list(self._by_type)
        made = chance.choices(
            (self._search, self._read, self._write, self._bundle, self._operation, self._oauth, self._stray),
            (40, 15, 15, 5, 10, 5, 10),
        )[0]()
        made.headers = {**self._headers(), **made.headers}
        if chance.random() < 0.03:
            made.method = chance.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"))
        if chance.random() < 0.05:
            made.path = "/fhir/" + _path(values.spoiled(made.path[6:], chance))
        return made

    def _search(self) -> Ask:
        kind = self._type()
        pairs = [self._pair(kind) for _ in range(self._chance.choice((0, 0, 1, 1, 2, 2, 3, 8)))]
        if self._chance.random() < 0.5:
            pairs.insert(0, ("patient", self._place("Patient")))
        if self.cursors and self._chance.random() < 0.1:
            cursor = self._chance.choice(self.cursors)
            pairs.append(("_cursor", values.spoiled(cursor, self._chance) if self._chance.random() < 0.7 else cursor))
        said = _query(pairs)
        if self._chance.random() < 0.2:
            return Ask("POST", f"/fhir/{kind}/_search", {"Content-Type": _FORM}, said.encode())
        return Ask("GET", f"/fhir/{kind}?{said}")

    def _read(self) -> Ask:
        tail = self._chance.choice((*[""] * 9, "/_history", "/_history/1", "/_history/2", "/_history/x", "/none", "/*"))
        query = self._chance.choice(("", "", "?_summary=true", "?_elements=id,status", "?_format=xml", "?_pretty=true"))
        return Ask("GET", f"/fhir/{self._place()}{tail}{query}")

    def _write(self) -> Ask:
        chance, resource = self._chance, self._resource()
        kind = resource["resourceType"]
        headers = {"Content-Type": chance.choice((JSON, JSON, JSON, "application/json", "text/plain", "", _FORM))}
        method = chance.choice(("POST", "PUT", "PUT", "PATCH", "DELETE"))
        if method == "PATCH":
            headers["Content-Type"] = chance.choice(("application/json-patch+json", JSON))
            return Ask(method, f"/fhir/{self._place()}", headers, bodies.patch(chance))
        if method == "DELETE":
            return Ask(method, f"/fhir/{kind}/{chance.choice(('none', resource['id']))}")
        path = f"/fhir/{kind}/{resource['id']}" if method == "PUT" else f"/fhir/{kind}"
        if method == "PUT" and chance.random() < 0.2:
            path = f"/fhir/{kind}?{_query([self._pair(kind)])}"
        if method == "POST" and chance.random() < 0.3:
            headers["If-None-Exist"] = _query([self._pair(kind)])
        return Ask(method, path, headers, bodies.body(chance, resource))

    def _bundle(self) -> Ask:
        def address() -> tuple[str, str]:
            made = self._chance.choice((self._search, self._read, self._write))()
            return made.method, made.path[6:]

        return Ask("POST", "/fhir", {"Content-Type": JSON}, bodies.bundle(self._chance, self._resources, address))

    def _operation(self) -> Ask:
        chance = self._chance
        name = chance.choice((*self._operations, "$everything", "$validate", "$docref", "$export", "$meta", "$none"))
        where = chance.choice(("", f"/{self._type()}", f"/{self._place()}", "/Group/everyone", "/Patient"))
        if chance.random() < 0.6:
            patient = f"/{self._place('Patient')}"
            where, name = chance.choice(
                (
                    (patient, "$everything"),
                    ("/DocumentReference", f"$docref?patient={patient[1:]}"),
                    (f"/{self._type()}", "$validate"),
                    (chance.choice(("", "/Patient", "/Group/everyone")), "$export"),
                )
            )
        pairs = [self._pair(self._type()) for _ in range(chance.choice((0, 1, 2)))]
        pairs += chance.sample([("_type", "Patient,X"), ("_since", values.date(chance)), ("_outputFormat", "csv")], 1)
        path = f"/fhir{where}/{name}{'&' if '?' in name else '?'}{_query(pairs)}"
        if chance.random() < 0.5:
            return Ask("GET", path, {"Prefer": chance.choice(("respond-async", ""))})
        parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": self._resource()}]}
        return Ask("POST", path, {"Content-Type": JSON}, bodies.body(chance, parameters))

    def _oauth(self) -> Ask:
        chance = self._chance
        names = (
            "grant_type",
            "code",
            "client_id",
            "redirect_uri",
            "scope",
            "token",
            "refresh_token",
            "client_assertion",
        )
        words = ("authorization_code", "refresh_token", "client_credentials", "openid", "x", *values.EVIL)
        pairs = [(chance.choice(names), chance.choice(words)) for _ in range(chance.randrange(6))]
        path = f"/oauth/{chance.choice(_OAUTH)}"
        if chance.random() < 0.5:
            return Ask("GET", f"{path}?{_query(pairs)}")
        return Ask("POST", path, {"Content-Type": chance.choice((_FORM, "application/json"))}, _query(pairs).encode())

    def _stray(self) -> Ask:
        chance = self._chance
        odd = (
            "",
            "/",
            "//",
            "/metadata",
            "/_history",
            "/%00",
            "/%ff%fe",
            "/..",
            "/Patient/..%2f..%2f",
            "/.well-known/x",
        )
        path = chance.choice((*odd, f"/{self._place()}/{values.spoiled('$everything', chance)}", "/Patient" * 40))
        return Ask(chance.choice(("GET", "POST", "HEAD")), "/fhir" + _path(path), {}, chance.choice((None, b"", b"{}")))

    def _pair(self, kind: str) -> tuple[str, str]:
        chance, known = self._chance, self._params.get(kind) or []
        roll = chance.random()
        if roll < 0.15 or not known:
            name = chance.choice((*_COMMON, *_RESULT, *_ALSO))
            return name, self._of_result(name, kind)
        parameter = chance.choice(known)
        name = parameter["name"] + chance.choice(_MODIFIERS)
        if roll < 0.25:
            other = chance.choice(self._params.get(self._type()) or known)["name"]
            name = chance.choice(
                (f"{parameter['name']}.{other}", f"{parameter['name']}:Patient.{other}", f"{name}.{name}")
            )
            name = chance.choice((name, f"_has:{self._type()}:{parameter['name']}:{other}"))
        value = self._value(parameter["type"])
        return name, values.spoiled(value, chance) if chance.random() < 0.15 else value

    def _value(self, kind: str) -> str:
        chance = self._chance
        one = {
            "date": lambda: values.date(chance),
            "token": lambda: values.token(chance),
            "number": lambda: values.number(chance),
            "quantity": lambda: values.number(chance),
            "reference": lambda: chance.choice((self._place(), self._resource()["id"], self._place("Patient"))),
        }.get(kind, lambda: chance.choice((*values.WORDS, *values.EVIL)))
        return ",".join(one() for _ in range(chance.choice((1, 1, 1, 2, 20))))

    def _of_result(self, name: str, kind: str) -> str:
        chance, known = self._chance, [p["name"] for p in self._params.get(kind) or ()] or ["date"]
        if name.startswith(("_include", "_revinclude")):
            source = self._type()
            return chance.choice(
                (f"{source}:{chance.choice(known)}", "*", "Provenance:target", f"{kind}:*", f"{kind}:x:Y")
            )
        made = {
            "_sort": lambda: chance.choice(("", "-")) + chance.choice(known),
            "_count": lambda: chance.choice(("0", "1", "5", "1000", "100000", "-1", "x", "")),
            "_summary": lambda: chance.choice(("true", "false", "text", "data", "count", "x")),
            "_elements": lambda: ",".join(chance.sample(("id", "status", "code", "subject", "x.y", ""), 2)),
            "_total": lambda: chance.choice(("none", "estimate", "accurate", "x")),
            "_format": lambda: chance.choice(("json", "xml", "ttl", "application/fhir+xml", "")),
            "_has": lambda: "x",
        }.get(name, lambda: chance.choice((self._value("token"), self._value("date"), *values.EVIL)))
        return made()

    def _headers(self) -> dict[str, str]:
        chance = self._chance
        offered = {
            "Accept": chance.choice(
                (JSON, "application/json", "application/fhir+xml", "text/html", "*/*", "x", "a;q=x")
            ),
            "Prefer": chance.choice(("handling=lenient", "return=minimal", "return=OperationOutcome", "respond-async")),
            "If-Match": chance.choice(('W/"1"', 'W/"99"', "1", "*", "x")),
            "If-None-Match": chance.choice(('W/"1"', "*", '"')),
            "If-Modified-Since": chance.choice(("Sat, 21 Nov 2026 05:00:00 GMT", "yesterday", "")),
            "Range": chance.choice(_RANGES),
            "X-Provenance": chance.choice(("{}", '{"resourceType":"Provenance"}', "x")),
        }
        return {name: value for name, value in offered.items() if chance.random() < 0.12}

    def _type(self) -> str:
        return self._chance.choice(self._here if self._chance.random() < 0.8 else [*self._types, "None", "patient"])

    def _resource(self) -> Resource:
        return self._chance.choice(self._by_type[self._chance.choice(self._here)])

    def _place(self, kind: str = "") -> str:
        resource = self._chance.choice(self._by_type[kind]) if kind else self._resource()
        fhir_id = resource["id"] if self._chance.random() < 0.9 else self._chance.choice(("none", "x" * 65, "a_b", "$"))
        return f"{resource['resourceType']}/{fhir_id}"


def _by_type(resources: Sequence[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        found.setdefault(resource["resourceType"], []).append(resource)
    return found


def _query(pairs: Sequence[tuple[str, str]]) -> str:
    return urlencode([(_clean(n), _clean(v)) for n, v in pairs], quote_via=quote, safe="|,:")


def _path(text: str) -> str:
    return quote(_clean(text), safe="/%$?&=|,:.*_-")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
