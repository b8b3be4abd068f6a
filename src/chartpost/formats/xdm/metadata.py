"""METADATA.XML: what a package says of its documents, as ebXML registry objects (IHE ITI TF-3 4.2, XDM for Direct).

Written with the limited metadata that Direct asks for: what is not known is left out, and the objects say so.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from chartpost.formats.numbers import LONG_DIGITS, whole
from chartpost.formats.xdm.errors import NotXdmError
from chartpost.formats.xdm.types import Document, Patient, Sender

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_NS = {"rim": RIM}
_TYPES = "urn:oasis:names:tc:ebxml-regrep:"
_LOINC = "2.16.840.1.113883.6.1"
_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_LIMITED_DOCUMENT = "urn:uuid:ab9b591b-83ab-4d03-8f5d-f93b1fb92e85"
_LIMITED_SET = "urn:uuid:5003a9db-8d8d-49e6-bf0c-990e34ac7707"
_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
_CLASS = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
_TYPE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_FORMAT = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
_CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
_PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_SET_PATIENT_ID = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
_SET_SOURCE_ID = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
_SET_UNIQUE_ID = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"
_CCDA = ("urn:hl7-org:sdwg:ccda-structuredBody:2.1", "1.3.6.1.4.1.19376.1.2.3")
_BY_MEDIA_TYPE = ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "1.3.6.1.4.1.19376.1.2.3")
_SEXES = {"male": "M", "female": "F", "other": "O"}


@dataclass(frozen=True)
class Named:
    """A document as it lies in the package: its file name, SHA-1 (hexadecimal) and size in bytes."""

    document: Document
    name: str
    sha1: str
    size: int


@dataclass(frozen=True)
class Entry:
    """A document as metadata describes it; `size` is None where it does not say."""

    uri: str
    title: str
    media_type: str
    code: str
    created: str
    language: str
    patient_id: str
    unique_id: str
    size: int | None
    sha1: str


def oid(identifier: str) -> str:
    """An OID for an OID or a UUID (the 2.25 arc, ITU-T X.667)."""
    try:
        return f"2.25.{uuid.UUID(identifier).int}"
    except ValueError:
        return identifier


def write(documents: Sequence[Named], sender: Sender, patient: Patient, moment: str) -> bytes:
    """METADATA.XML; `moment` is when the package is made (HL7 TS in UTC), and ids follow from it and the documents."""
    root = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={None: LCM})  # type: ignore[dict-item]
    objects = etree.SubElement(root, f"{{{RIM}}}RegistryObjectList", nsmap={None: RIM})  # type: ignore[dict-item]
    writer = _Writer(patient, sender)
    for number, named in enumerate(documents, 1):
        objects.append(writer.document(f"Document{number:02}", named))
    unique = uuid.uuid5(uuid.NAMESPACE_OID, "\n".join((sender.identifier, moment, *(n.sha1 for n in documents))))
    objects.append(writer.submission(moment, str(unique)))
    objects.append(writer.classification("SubmissionSet", node=_SET))
    for number in range(1, len(documents) + 1):
        objects.append(writer.member(f"Document{number:02}"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


class _Writer:
    """Registry objects with ids that count up."""

    def __init__(self, patient: Patient, sender: Sender) -> None:
        root, number = patient.identifier
        self._patient_id = f"{_escaped(number)}^^^&{oid(root)}&ISO"
        self._patient, self._sender, self._count = patient, sender, 0

    def document(self, name: str, named: Named) -> etree._Element:
        document = named.document
        slots = {
            "creationTime": [document.created],
            "languageCode": [document.language],
            "sourcePatientId": [self._patient_id],
            "sourcePatientInfo": list(self._about()),
            "URI": [named.name],
            "size": [str(named.size)],
            "hash": [named.sha1],
            "repositoryUniqueId": [oid(self._sender.identifier)],
        }
        found = _el("ExtrinsicObject", {"id": name, "objectType": _DOCUMENT, "mimeType": document.media_type,
                                        "status": f"{_TYPES}StatusType:Approved"})  # fmt: skip
        found.extend(_slots(slots))
        found.append(_name(document.title))
        found.append(self.classification(name, node=_LIMITED_DOCUMENT))
        found.append(self._author(name, _AUTHOR))
        found.extend(self._codes(name, document))
        found.append(self._external(name, _PATIENT_ID, self._patient_id, "XDSDocumentEntry.patientId"))
        found.append(self._external(name, _UNIQUE_ID, oid(document.unique_id), "XDSDocumentEntry.uniqueId"))
        return found

    def submission(self, moment: str, unique: str) -> etree._Element:
        name = "SubmissionSet"
        found = _el("RegistryPackage", {"id": name, "status": f"{_TYPES}StatusType:Submitted"})
        found.extend(_slots({"submissionTime": [moment]}))
        found.append(_name("Submission Set"))
        found.append(self.classification(name, node=_LIMITED_SET))
        found.append(self._author(name, _SET_AUTHOR))
        found.append(self._external(name, _SET_PATIENT_ID, self._patient_id, "XDSSubmissionSet.patientId"))
        found.append(self._external(name, _SET_SOURCE_ID, oid(self._sender.identifier), "XDSSubmissionSet.sourceId"))
        found.append(self._external(name, _SET_UNIQUE_ID, oid(unique), "XDSSubmissionSet.uniqueId"))
        return found

    def member(self, name: str) -> etree._Element:
        found = _el("Association", {"id": self._next(), "sourceObject": "SubmissionSet", "targetObject": name,
                                    "associationType": f"{_TYPES}AssociationType:HasMember"})  # fmt: skip
        found.extend(_slots({"SubmissionSetStatus": ["Original"]}))
        return found

    def classification(self, owner: str, **more: str) -> etree._Element:
        names = {"node": "classificationNode", "scheme": "classificationScheme", "code": "nodeRepresentation"}
        return _el(
            "Classification",
            {"id": self._next(), "objectType": f"{_TYPES}ObjectType:RegistryObject:Classification",
             "classifiedObject": owner, **{names[key]: value for key, value in more.items()}},
        )  # fmt: skip

    def _author(self, owner: str, scheme: str) -> etree._Element:
        found = self.classification(owner, scheme=scheme, code="")
        found.extend(_slots({"authorInstitution": [_escaped(self._sender.name)]}))
        return found

    def _codes(self, owner: str, document: Document) -> Iterator[etree._Element]:
        plain = document.media_type.partition(";")[0].strip().lower()
        form, scheme = _CCDA if plain in ("text/xml", "application/xml") else _BY_MEDIA_TYPE
        code, display = document.code
        level = document.confidentiality
        for kind, value, system, words in (
            (_CLASS, code, _LOINC, display),
            (_TYPE, code, _LOINC, display),
            (_FORMAT, form, scheme, form),
            (_CONFIDENTIALITY, level, "2.16.840.1.113883.5.25", level),
        ):
            found = self.classification(owner, scheme=kind, code=value)
            found.extend(_slots({"codingScheme": [system]}))
            found.append(_name(words))
            yield found

    def _external(self, owner: str, scheme: str, value: str, name: str) -> etree._Element:
        found = _el(
            "ExternalIdentifier",
            {"id": self._next(), "registryObject": owner, "identificationScheme": scheme, "value": value},
        )
        found.append(_name(name))
        return found

    def _about(self) -> Iterator[str]:
        person = self._patient
        yield f"PID-3|{self._patient_id}"
        yield f"PID-5|{_escaped(person.family)}^{_escaped(person.given)}^^^"
        if person.birth_date:
            yield f"PID-7|{person.birth_date.replace('-', '')}"
        yield f"PID-8|{_SEXES.get(person.sex, 'U')}"

    def _next(self) -> str:
        self._count += 1
        return f"id_{self._count}"


def _escaped(text: str) -> str:
    """Text as a component of an HL7 v2 field (HL7 v2.5 2.7)."""
    for sign, code in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\")):
        text = text.replace(sign, code)
    return "".join(sign for sign in text if sign.isprintable())


def _el(tag: str, attributes: Mapping[str, str]) -> etree._Element:
    return etree.Element(f"{{{RIM}}}{tag}", dict(attributes), nsmap={None: RIM})  # type: ignore[dict-item]


def _slots(values: Mapping[str, Iterable[str]]) -> Iterator[etree._Element]:
    for name, texts in values.items():
        slot = _el("Slot", {"name": name})
        found = etree.SubElement(slot, f"{{{RIM}}}ValueList")
        for text in texts:
            etree.SubElement(found, f"{{{RIM}}}Value").text = text
        yield slot


def _name(text: str) -> etree._Element:
    found = _el("Name", {})
    etree.SubElement(found, f"{{{RIM}}}LocalizedString", {"value": "".join(c for c in text if c.isprintable())})
    return found


def read(data: bytes) -> tuple[list[Entry], str]:
    """The documents that METADATA.XML names, and the sender's institution; raises NotXdmError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        seen = f"METADATA.XML broken at line {error.lineno or 0}"
        raise NotXdmError(seen, "well-formed XML", "ask the sender for the package again") from None
    if root.getroottree().docinfo.internalDTD is not None or etree.QName(root).namespace != LCM:
        raise NotXdmError("METADATA.XML of another kind", "an ebXML SubmitObjectsRequest", "ask the sender again")
    documents = [_entry(node) for node in root.iter(f"{{{RIM}}}ExtrinsicObject")]
    senders = [s for n in root.iter(f"{{{RIM}}}RegistryPackage") for s in _values(n, "authorInstitution")]
    return documents, senders[0].partition("^")[0] if senders else ""


def _entry(node: etree._Element) -> Entry:
    size = (_values(node, "size") or [""])[0].strip()
    return Entry(
        uri="".join(_values(node, "URI")),
        title=_label(node),
        media_type=node.get("mimeType", "application/octet-stream"),
        code=_first(node, f"rim:Classification[@classificationScheme='{_TYPE}']/@nodeRepresentation"),
        created=(_values(node, "creationTime") or [""])[0],
        language=(_values(node, "languageCode") or [""])[0],
        patient_id=_first(node, f"rim:ExternalIdentifier[@identificationScheme='{_PATIENT_ID}']/@value"),
        unique_id=_first(node, f"rim:ExternalIdentifier[@identificationScheme='{_UNIQUE_ID}']/@value"),
        size=whole(size, LONG_DIGITS),
        sha1=(_values(node, "hash") or [""])[0].strip().lower(),
    )


def _values(node: etree._Element, name: str) -> list[str]:
    found = node.xpath(f".//rim:Slot[@name='{name}']/rim:ValueList/rim:Value/text()", namespaces=_NS)
    return [str(text) for text in found] if isinstance(found, list) else []


def _label(node: etree._Element) -> str:
    return _first(node, "rim:Name/rim:LocalizedString/@value")


def _first(node: etree._Element, path: str) -> str:
    found = node.xpath(path, namespaces=_NS)
    return str(found[0]) if isinstance(found, list) and found else ""
