"""`chartpost convert`: from one form of record to another, from files alone; needs no home and no database."""

import argparse


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `convert` command."""
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
    convert.add_argument(
        "--document",
        choices=("ccd", "referral", "discharge", "transfer"),
        default="ccd",
        help="kind of C-CDA (default ccd)",
    )
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
