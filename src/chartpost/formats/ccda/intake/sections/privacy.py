"""Privacy markings: the engine takes their labels for the whole document; nothing else is made of them.

HL7 Data Segmentation for Privacy, CDA R2: Privacy Markings Section, Privacy Annotation.
"""

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node
from chartpost.formats.ccda.intake.security import ANNOTATION, PRIVACY_SECTION, annotations
from chartpost.formats.ccda.intake.table import Entry, Section


def marking(scope: Scope, node: Node) -> None:
    """A privacy annotation: understood where it holds a label known as such."""
    holder = node.getparent()
    if holder is None or not annotations(holder):
        scope.note("warning", "privacy-mark-unknown", node, "", "kept the words of the section")


SECTION = Section("privacy", (PRIVACY_SECTION,), ("57017-6",), (Entry((ANNOTATION,), marking, ("organizer",)),))
