"""From a document to the files asked for: one for FHIR, one for each person otherwise."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from chartpost.formats.convert import to_fhir
from chartpost.formats.convert.errors import CannotMakeError
from chartpost.formats.convert.people import Share, by_person
from chartpost.formats.convert.types import Document, Notice, Result, Wish
from chartpost.formats.fhirjson.classify import category
from chartpost.formats.pdf.errors import PdfError


def make(document: Document, wish: Wish) -> Iterator[Result]:
    """The results in the order of the Patients; raises ConvertError."""
    if wish.target == "fhir":
        yield _fhir(document, wish)
        return
    if wish.target == "html" and document.original:
        yield _shown(document, wish)
        return
    if wish.target == "pdf":
        from chartpost.formats.convert import enclosed

        files = list(enclosed.beside(document))
        if not document.sections and [file.ending[-4:] for file in files] == [".pdf"]:
            yield replace(files[0], ending=".pdf", beside=False)  # a document that is nothing but a PDF
            return
        yield from _each(document, wish)
        yield from files
        return
    yield from _each(document, wish)


def _each(document: Document, wish: Wish) -> Iterator[Result]:
    shares, notices = by_person(document)
    for number, share in enumerate(shares):
        yield _one(document, share, wish, () if number else tuple(notices))


def _fhir(document: Document, wish: Wish) -> Result:
    counts = to_fhir.counts(document.entries)
    if wish.ndjson:
        return Result(".ndjson", to_fhir.ndjson(document.entries), counts)
    return Result(".fhir.json", to_fhir.bundle(document.entries), counts)


def _shown(document: Document, wish: Wish) -> Result:
    from chartpost.formats.convert import show_page

    return Result(".html", show_page.page(document.original, wish), {section.code: 1 for section in document.sections})


def _one(document: Document, share: Share, wish: Wish, notices: tuple[Notice, ...]) -> Result:
    counts = Counter(category(entry.resource).name.lower() for entry in share.others)
    if wish.target == "ccda":
        from chartpost.formats.convert import to_ccda

        data, left_out = to_ccda.write(share, wish)
        return Result(".ccda.xml", data, counts, (*notices, *left_out))
    if wish.target == "xdm":
        from chartpost.formats.convert import to_xdm

        data, left_out = to_xdm.write(document, share, wish)
        return Result(".xdm.zip", data, counts, (*notices, *left_out))
    from chartpost.formats.convert import to_paper

    try:
        if wish.target == "pdf":
            return Result(".pdf", to_paper.pdf(document, share, wish), counts, notices)
        return Result(".html", to_paper.page(document, share, wish), counts, notices)
    except PdfError as error:
        raise CannotMakeError(str(error), "a record that can be set as PDF", "try --to html") from error
