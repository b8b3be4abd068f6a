"""Small C-CDA documents for showing, and a look at the HTML that comes out."""

from html.parser import HTMLParser

from chartpost.formats.ccda.show import Shown, show

HEAD = """<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<title>Visit summary</title><code code="34133-9" displayName="Summary of episode note"/>
<effectiveTime value="20260305101500-0600"/><languageCode code="en-US"/>
<recordTarget><patientRole><id root="1.2.3" extension="7"/><patient><name><given>Ana</given><family>Ruiz</family></name>
<birthTime value="19860428"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><given>Kim</given><family>Doe</family></name></assignedPerson>
<representedOrganization><name>Bay Clinic</name></representedOrganization></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><name>Bay Health</name>
</representedCustodianOrganization></assignedCustodian></custodian>
<informationRecipient><intendedRecipient><receivedOrganization><name>Hill Practice</name></receivedOrganization>
</intendedRecipient></informationRecipient>
<documentationOf><serviceEvent><effectiveTime><low value="2025"/><high value="20260305"/></effectiveTime></serviceEvent>
</documentationOf>"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/q842iQAAAABJRU5ErkJggg=="


def document(*sections: str) -> bytes:
    """A document of some sections."""
    body = "".join(f"<component>{one}</component>" for one in sections)
    return f"{HEAD}<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>".encode()


def unstructured(media_type: str, content: str, more: str = 'representation="B64"') -> bytes:
    """A document whose body is a file."""
    text = f'<text mediaType="{media_type}" {more}>{content}</text>'
    return f"{HEAD}<component><nonXMLBody>{text}</nonXMLBody></component></ClinicalDocument>".encode()


def section(code: str, title: str, text: str = "", more: str = "") -> str:
    """A section."""
    return f'<section><code code="{code}"/><title>{title}</title><text>{text}</text>{more}</section>'


def media(name: str, media_type: str, content: str, more: str = 'representation="B64"') -> str:
    """An entry with a picture."""
    value = f'<value mediaType="{media_type}" {more}>{content}</value>'
    return f'<entry><observationMedia classCode="OBS" moodCode="EVN" ID="{name}">{value}</observationMedia></entry>'


def html(found: Shown) -> str:
    """All HTML of a document."""

    def of(parts: object) -> str:
        return "".join(part.html + of(part.inner) for part in parts)  # type: ignore[attr-defined]

    return of(found.parts)


def narrative(text: str, more: str = "") -> str:
    """The HTML of one narrative."""
    return html(show(document(section("1-1", "Notes", text, more))))


class Markup(HTMLParser):
    """Tags and attributes of some HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
