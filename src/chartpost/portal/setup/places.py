"""States and time zones to choose from, in the words people use for them."""

from django.utils.translation import gettext_lazy as _

STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands|"
    "PR Puerto Rico|VI U.S. Virgin Islands"
)
STATE_CHOICES = [("", _("Choose a state")), *((row[:2], row[3:]) for row in STATES.split("|"))]
"""The states, the District of Columbia and the territories, by USPS code."""

ZONE_CHOICES = [
    ("", _("Choose a time zone")),
    ("America/New_York", _("Eastern time (New York)")),
    ("America/Detroit", _("Eastern time (Detroit)")),
    ("America/Indiana/Indianapolis", _("Eastern time (Indianapolis)")),
    ("America/Kentucky/Louisville", _("Eastern time (Louisville)")),
    ("America/Chicago", _("Central time (Chicago)")),
    ("America/Denver", _("Mountain time (Denver)")),
    ("America/Boise", _("Mountain time (Boise)")),
    ("America/Phoenix", _("Mountain time, no daylight saving (Phoenix)")),
    ("America/Los_Angeles", _("Pacific time (Los Angeles)")),
    ("America/Anchorage", _("Alaska time (Anchorage)")),
    ("America/Adak", _("Aleutian time (Adak)")),
    ("Pacific/Honolulu", _("Hawaii time (Honolulu)")),
    ("America/Puerto_Rico", _("Atlantic time (Puerto Rico, Virgin Islands)")),
    ("Pacific/Guam", _("Chamorro time (Guam, Northern Marianas)")),
    ("Pacific/Pago_Pago", _("Samoa time (Pago Pago)")),
]
"""IANA time zone names with what people call them."""


def state_name(code: str) -> str:
    """A state's name by its USPS code."""
    return str(dict(STATE_CHOICES).get(code, code))


def zone_name(zone: str) -> str:
    """What people call a time zone."""
    return str(dict(ZONE_CHOICES).get(zone, zone))
