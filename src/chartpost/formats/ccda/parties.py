"""Who a document is from: plain values the caller gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A US postal address (C-CDA R2.1 AD.US.FIELDED)."""

    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = "US"


@dataclass(frozen=True)
class Organization:
    """A custodian: who keeps the record and answers for it.

    `identifier` is an OID or UUID of the organisation's own; `npi` its ten-digit NPI where it has one.
    """

    name: str
    identifier: str
    phone: str = ""
    address: Address = Address()
    npi: str = ""


@dataclass(frozen=True)
class Author:
    """Who made the document: a person with a name, or else the software by itself."""

    given: str = ""
    family: str = ""
    npi: str = ""
    software: str = "Chartpost"
    model: str = "Chartpost records office"


@dataclass(frozen=True)
class Recipient:
    """Who a document is written to: a person with a name, an organisation, or both."""

    given: str = ""
    family: str = ""
    organization: str = ""
    npi: str = ""
    phone: str = ""
    address: Address = Address()
