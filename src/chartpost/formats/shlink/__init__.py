"""SMART Health Links: the link, its payload, and files encrypted with its key.

HL7 "SMART Health Cards and Links" 1.0.0, https://hl7.org/fhir/uv/smart-health-cards-and-links/STU1/links-specification.html
"""

from chartpost.formats.shlink.errors import JweError, LinkError, ShlinkError, TooBigError
from chartpost.formats.shlink.jwe import decrypt, encrypt
from chartpost.formats.shlink.payload import LABEL_LONGEST, URL_LONGEST, Payload, parse, render

__all__ = [
    "LABEL_LONGEST",
    "URL_LONGEST",
    "JweError",
    "LinkError",
    "Payload",
    "ShlinkError",
    "TooBigError",
    "decrypt",
    "encrypt",
    "parse",
    "render",
]
