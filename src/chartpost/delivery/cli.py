"""`chartpost convert`, from files alone and without a home, and `chartpost export`, from the record of this home."""

import argparse


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `convert` and `export` commands."""
    _add_export(
        commands.add_parser("export", help="write a person's record to a file; the ledger keeps that it was done")
    )
    _add_convert(commands.add_parser("convert", help="turn C-CDA and FHIR files into one another, PDF or a web page"))


def _add_convert(convert: argparse.ArgumentParser) -> None:
    convert.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="C-CDA XML, FHIR JSON or NDJSON (also .gz), zips such as XDM, folders of these; - for standard input",
    )
    convert.add_argument("--to", required=True, choices=("fhir", "ccda", "pdf", "html", "xdm"), help="what to make")
    convert.add_argument(
        "-o",
        "--output",
        default="",
        metavar="OUT",
        help="a file, or a folder where several are made; - for standard output",
    )
    convert.add_argument("--force", action="store_true", help="write over files that are there")
    _add_document(convert)
    convert.add_argument("--ndjson", action="store_true", help="FHIR as one resource on each line, not as a Bundle")
    convert.add_argument("--language", choices=("en", "es"), default="en", help="of pages and PDF (default en)")
    convert.add_argument(
        "--zone", default="", metavar="ZONE", help="time zone of times that name none, such as America/Chicago"
    )
    convert.add_argument(
        "--custodian", default="", metavar="NAME", help="who answers for the document, where the file names nobody"
    )
    convert.add_argument(
        "--report", default="", metavar="FILE", help="write what was understood and what was not as JSON"
    )
    convert.add_argument("--strict", action="store_true", help="exit code 1 too when anything was not understood")
    convert.add_argument("-q", "--quiet", action="store_true", help="no report on standard error, only errors")
    convert.set_defaults(func=_convert)


def _convert(arguments: argparse.Namespace) -> int:
    from chartpost.delivery.command.convert import run

    return run(arguments)


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("person", metavar="PERSON", help="reference of the person, as in the address of their page")
    export.add_argument(
        "--as", dest="form", required=True, choices=("ccda", "pdf", "fhir", "xdm", "media"),
        help="C-CDA, PDF, FHIR, an XDM package, or the locked files of a stick or disc",
    )  # fmt: skip
    export.add_argument(
        "-o", "--output", required=True, metavar="FILE",
        help="a file, or - for standard output; fhir to a .zip brings the documents along, media to an .iso is a disc",
    )  # fmt: skip
    export.add_argument("--force", action="store_true", help="write over a file that is there")
    _add_document(export)
    export.add_argument(
        "--category", action="append", default=[], metavar="NAME", help="this section alone; may be repeated"
    )
    export.add_argument("--from", dest="since", default="", metavar="DAY", help="entries from this day on (2026-01-31)")
    export.add_argument("--to", dest="until", default="", metavar="DAY", help="entries up to this day")
    export.add_argument("--language", choices=("en", "es"), default="en", help="of PDF and README (default en)")
    export.add_argument(
        "--reason", default="", metavar="TEXT", help="why the person is sent on, for referral and transfer"
    )
    export.add_argument(
        "--recipient", default="", metavar="NAME", help="whom a referral or transfer is written to: first and last name"
    )
    export.add_argument("--recipient-office", default="", metavar="NAME", help="their office or hospital")
    export.add_argument(
        "--why", choices=("access", "treatment", "payment", "operations", "law"), default="access",
        help="purpose, as the ledger keeps it (default access)",
    )  # fmt: skip
    export.set_defaults(func=_export)


def _export(arguments: argparse.Namespace) -> int:
    import django

    django.setup()
    from chartpost.delivery.command.export import run

    return run(arguments)


def _add_document(parser: argparse.ArgumentParser) -> None:
    kinds = ("ccd", "referral", "discharge", "transfer")
    parser.add_argument("--document", choices=kinds, default="ccd", help="kind of C-CDA (default ccd)")
