"""Values of search parameters and other words, well-formed and not."""

import random

WORDS = ("laboratory", "vital-signs", "active", "final", "order", "male", "8302-2", "female", "en", "true", "completed")
SYSTEMS = ("http://loinc.org", "http://snomed.info/sct", "urn:ietf:rfc:3986", "", "http://unitsofmeasure.org")
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap", "zz")
DATES = ("2010", "2015-06", "2015-06-31", "2020-02-29", "2020-02-29T10:00:00Z", "2020-02-29T10:00:00+14:00", "0000")
DATES_TOO = (
    "9999-12-31",
    "10000-01-01",
    "2020-13-01",
    "now",
    "2020-02-29T25:00",
    "-1",
    "2020-02-29T10:00:00.123456789Z",
)
EVIL = (
    "",
    "a" * 5000,
    ",".join(str(n) for n in range(1000)),
    "|" * 300,
    ",,,,",
    "\\",
    "\\,\\|\\$",
    "(a+)+$",
    ".*" * 200,
    "%",
    "_",
    "'; DROP TABLE records_resource; --",
    '" OR 1=1',
    "\x00",
    "\ud7ff\uffff\U0010ffff",
    "e\u0301" * 50,
    "\u202e\u200b",
    "1e400",
    "NaN",
    "-0.0",
    "9" * 400,
    "0.0000000000000000000000000000000000001",
    "5.4|http://unitsofmeasure.org|mg",
    "5.4||",
    "urn:uuid:",
    "Patient/",
    "/Patient/1",
    "https://other.example.org/fhir/Patient/1",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "<script>",
    "true",
    "null",
    "[]",
    "{}",
)


def date(chance: random.Random) -> str:
    """A date with a prefix, or something like one."""
    return chance.choice(PREFIXES) + chance.choice((*DATES, *DATES_TOO))


def token(chance: random.Random) -> str:
    """A token with or without its system."""
    word = chance.choice(WORDS)
    return chance.choice((word, f"{chance.choice(SYSTEMS)}|{word}", f"|{word}", f"{chance.choice(SYSTEMS)}|"))


def number(chance: random.Random) -> str:
    """A number or quantity with a prefix."""
    plain = f"{chance.choice(PREFIXES)}{chance.choice((0, 1, -1, 5.4, 120, 1e10, '5.40', '.5', '1e2'))}"
    return chance.choice((plain, f"{plain}|http://unitsofmeasure.org|{chance.choice(('mg', 'kg', 'mm[Hg]', '?', ''))}"))


def spoiled(text: str, chance: random.Random) -> str:
    """A text with one thing about it changed."""
    at = chance.randrange(len(text) + 1)
    return chance.choice(
        (
            text[:at],
            text[at:],
            text[:at] + chance.choice("\x00\n\t\"'%|,$\\é\u2028:/?#&=+ ") + text[at:],
            text * 3,
            text.swapcase(),
            text[::-1],
            chance.choice(EVIL),
        )
    )
