"""`chartpost convert`: read each input, make what is asked for, say what was understood."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from chartpost.delivery.command import files, report
from chartpost.delivery.command.files import STANDARD, Given
from chartpost.delivery.errors import FileError
from chartpost.formats.ccda.errors import CcdaError
from chartpost.formats.convert import MOST_BYTES, ConvertError, Document, Result, Wish, make, take, take_lines
from chartpost.kernel import clock
from chartpost.kernel.errors import ChartpostError

SMALL = 1024 * 1024
"""Files up to this many bytes are read whole, whatever they are."""


def run(arguments: argparse.Namespace) -> int:
    """0 when every input was read and written, 1 when one was not or, with --strict, not all of it understood."""
    _check(arguments)
    inputs = list(files.given(arguments.files))
    if arguments.report and any(Path(arguments.report) in found.paths for found in inputs):
        raise FileError(seen="a report over an input", expected="another file", todo="Choose another name.")
    wish = Wish(
        target=arguments.to,
        created=clock.now().replace(microsecond=0),
        language=arguments.language,
        zone=arguments.zone or None,
        custodian=arguments.custodian,
        ndjson=arguments.ndjson,
        document=arguments.document,
    )
    place = _Place(arguments, several=len(inputs) > 1 or any(Path(name).is_dir() for name in arguments.files))
    told = [one for found in inputs for one in _one(found, wish, place)]
    if not told:
        raise FileError(seen="an empty folder", expected="a folder with files to convert", todo="Check the name.")
    _tell(told, arguments)
    if any(one.refused for one in told):
        return 1
    return 1 if arguments.strict and not all(one.whole for one in told) else 0


def _check(arguments: argparse.Namespace) -> None:
    try:
        ZoneInfo(arguments.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FileError(
            seen=f"--zone {arguments.zone}", expected="a time zone such as America/Chicago", todo="Correct it."
        ) from error


def _one(found: Given, wish: Wish, place: "_Place") -> Iterator[report.Input]:
    """What became of each document of an input."""
    streamed = _streamed(found, wish, place) if wish.target == "fhir" and len(found.paths) == 1 else None
    if streamed:
        yield streamed
        return
    try:
        documents = _taken(found, wish)
    except (ConvertError, CcdaError, ChartpostError) as error:
        refused = report.Input(found.name)
        refused.refuse(error.seen, error.expected, error.todo)
        yield refused
        return
    for number, document in enumerate(documents):
        told = report.start(document)
        stem = found.stem if len(documents) == 1 else f"{found.stem}-{number + 1}"
        try:
            results = list(make(document, wish))
            own = [result for result in results if not result.beside]
            several = len(own) > 1 or len(documents) > 1
            for result, name in zip(results, _names(stem, results), strict=True):
                told.add(result, place.put(name, result, several=several) if result.ending else "")
        except (ConvertError, CcdaError, ChartpostError) as error:
            told.refuse(error.seen, error.expected, error.todo)
        yield told


def _streamed(found: Given, wish: Wish, place: "_Place") -> report.Input | None:
    """What became of a C-CDA file too large to be held; None for other files."""
    (path,) = found.paths
    try:
        size = path.stat().st_size
        if not path.is_file() or not SMALL < size <= MOST_BYTES:
            return None
        from chartpost.formats.convert.streaming import Streamed, is_large

        with path.open("rb") as stream:
            if not is_large(stream, size):
                return None
            run = Streamed(stream, found.name, wish.zone, wish.ndjson)
            ending = ".ndjson" if wish.ndjson else ".fhir.json"
            where = place.put(f"{found.stem}{ending}", Result(ending, b"", {}), several=False, pieces=run.pieces())
    except OSError:
        return None
    except (CcdaError, ChartpostError) as error:
        refused = report.Input(found.name)
        refused.refuse(error.seen, error.expected, error.todo)
        return refused
    told = report.start(run.document())
    told.resources = dict(sorted(run.counts.items()))
    told.made.append(report.Made(where, run.size, run.digest, dict(sorted(run.counts.items()))))
    return told


def _taken(found: Given, wish: Wish) -> list[Document]:
    if len(found.paths) > 1:
        return [take_lines((files.read(path, MOST_BYTES) for path in found.paths), found.name)]
    return take(files.read(next(iter(found.paths), None), MOST_BYTES), found.name, wish.zone)


def _names(stem: str, results: list[Result]) -> Iterator[str]:
    """File names; people are told apart by number, since no name of a person stands in one."""
    own = [result for result in results if not result.beside]
    for result in results:
        number = f"-{own.index(result) + 1}" if len(own) > 1 and not result.beside else ""
        yield f"{stem}{number}{result.ending}"


class _Place:
    """Where results go: a folder, one file, or standard output."""

    def __init__(self, arguments: argparse.Namespace, *, several: bool) -> None:
        self._out, self._force = arguments.output, arguments.force
        self._folder = bool(self._out) and (self._out.endswith("/") or Path(self._out).is_dir())
        if several and not self._folder:
            if not self._out or self._out == STANDARD or Path(self._out).exists():
                raise FileError(
                    seen="several inputs and no folder for what is made of them",
                    expected="a folder",
                    todo="Name one with -o DIR/.",
                )
            self._folder = True
        self._used = False

    def put(self, name: str, result: Result, *, several: bool, pieces: Iterable[bytes] | None = None) -> str:
        """Write a result and say where; to standard output, what goes beside another is left out. Raises FileError.

        `pieces` are written in place of the result's own bytes.
        """
        data = [result.data] if pieces is None else pieces
        if self._folder:
            return files.put(str(Path(self._out) / name), data, force=self._force)
        if result.beside:
            return self._beside(result)
        if several or self._used:
            raise FileError(
                seen="more than one result for one file",
                expected="a folder: there are several people or documents in it",
                todo="Name one with -o DIR/.",
            )
        self._used = True
        return files.put(self._out, data, force=self._force)

    def _beside(self, result: Result) -> str:
        if not self._out or self._out == STANDARD:
            return ""
        out = Path(self._out)
        return files.put(str(out.with_name(out.stem + result.ending)), [result.data], force=self._force)


def _tell(told: list[report.Input], arguments: argparse.Namespace) -> None:
    if arguments.report:
        data = orjson.dumps(report.as_json(told, arguments.to), option=orjson.OPT_INDENT_2)
        files.write(Path(arguments.report), [data, b"\n"], force=True)
    for one in told:
        if one.refused or not arguments.quiet:
            sys.stderr.write("".join(f"{line}\n" for line in report.as_lines(one)))
