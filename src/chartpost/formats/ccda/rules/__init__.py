"""What a C-CDA document of ours must hold, as tables, and the schema of CDA R2.

`header.txt`, `sections.txt`, `entries.txt` and `extension.txt` are the tables; `tables.py` says how they are read.
"""

from chartpost.formats.ccda.rules.check import template_faults
from chartpost.formats.ccda.rules.fault import Fault
from chartpost.formats.ccda.rules.schema import schema_faults

__all__ = ["Fault", "schema_faults", "template_faults"]
