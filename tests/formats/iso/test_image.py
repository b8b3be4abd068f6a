"""Images of discs, read back by other people's programs: pycdlib always, 7-Zip and isoinfo where they are there."""

import io
import shutil
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pycdlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartpost.formats import iso

MOMENT = datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC)
SECTOR = 2048
FILES = {
    "OPEN-ME.html": b"<!DOCTYPE html>",
    "OPEN-ME.htm": b"another whose short name is the same",
    "records.cps": bytes(range(256)) * 20_000,
    "LÉAME.txt": "Lea esto: ñandú\r\n".encode(),
    "empty.dat": b"",
    "whole.bin": bytes(SECTOR),
    "IHE_XDM/SUBSET01/METADATA.XML": b"<x/>",
    "IHE_XDM/SUBSET01/DOC00001.XML": b"<y/>",
    **{f"many/picture number {n:03}.dcm": str(n).encode() for n in range(120)},
}


def entry(path: str, data: bytes) -> iso.Entry:
    return iso.Entry(path, len(data), lambda: [data])


def image(files: dict[str, bytes]) -> bytes:
    entries = [entry(path, data) for path, data in files.items()]
    data = b"".join(iso.write_image(entries, volume="HEALTH_RECORDS", moment=MOMENT))
    assert len(data) == iso.image_size(entries)
    return data


def read_back(data: bytes) -> dict[str, bytes]:
    """Every file by its Joliet name, by pycdlib."""
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(data))
    found = {}
    for folder, _, names in disc.walk(joliet_path="/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            out = io.BytesIO()
            disc.get_file_from_iso_fp(out, joliet_path=path)
            found[path.lstrip("/")] = out.getvalue()
    disc.close()
    return found


def test_every_file_comes_back_by_its_long_name() -> None:
    assert read_back(image(FILES)) == FILES


def test_short_names_are_plain_and_each_once() -> None:
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(image(FILES)))
    names = [child.file_identifier().decode() for child in disc.list_children(iso_path="/")]
    assert names[2:] == sorted(names[2:])
    assert {"OPEN_ME.HTM;1", "OPEN_ME1.HTM;1", "RECORDS.CPS;1", "L_AME.TXT;1", "IHE_XDM"} <= set(names)
    out = io.BytesIO()
    disc.get_file_from_iso_fp(out, iso_path="/MANY/PICTU119.DCM;1")
    assert out.getvalue() == b"119"


def test_the_same_files_give_the_same_bytes_and_no_name_of_this_machine() -> None:
    data = image(FILES)
    assert data == image(FILES)
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(data))
    assert disc.pvd.volume_identifier.strip() == b"HEALTH_RECORDS"
    assert disc.pvd.application_identifier.text.strip() == b"CHARTPOST"
    assert disc.pvd.preparer_identifier.text.strip() == b""


@pytest.mark.skipif(shutil.which("7z") is None, reason="7-Zip is not installed")
def test_7zip_unpacks_the_same(tmp_path: Path) -> None:
    (tmp_path / "disc.iso").write_bytes(image(FILES))
    subprocess.run(["7z", "x", "-y", f"-o{tmp_path}/out", str(tmp_path / "disc.iso")], check=True, capture_output=True)
    out = tmp_path / "out"
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert found == FILES


@pytest.mark.skipif(shutil.which("isoinfo") is None, reason="isoinfo is not installed")
def test_isoinfo_sees_both_sets_of_names(tmp_path: Path) -> None:
    disc = tmp_path / "disc.iso"
    disc.write_bytes(image(FILES))

    def told(*words: str) -> str:
        return subprocess.run(["isoinfo", *words, "-i", str(disc)], check=True, capture_output=True).stdout.decode(
            "latin-1"
        )

    assert "Joliet with UCS level 3 found" in told("-d")
    assert "/OPEN_ME.HTM;1" in told("-f")
    assert "/OPEN-ME.html" in told("-J", "-f")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.lists(
            st.text("abcABC.-_ é", min_size=1, max_size=12).filter(lambda t: t.strip(". ")), min_size=1, max_size=3
        ).map("/".join),
        st.binary(max_size=5000),
        max_size=12,
    )
)
def test_any_names_and_sizes_come_back(files: dict[str, bytes]) -> None:
    try:
        data = image(files)
    except iso.IsoError as error:
        assert error.seen == "a name that is used twice"
        return
    assert read_back(data) == files


@pytest.mark.parametrize(
    "path", ["", "/x", "a//b", "a/../b", "x" * 65, "a:b", "a*b", "what?", "a\\b", "😀", ".", "1/2/3/4/5/6/7/8"]
)
def test_names_a_disc_cannot_carry_are_refused(path: str) -> None:
    with pytest.raises(iso.IsoError, match="Expected"):
        image({path: b"x"})


def test_a_file_that_is_a_folder_too_is_refused() -> None:
    for pair in (("a", "a/b"), ("a/b", "a"), ("a", "a")):
        with pytest.raises(iso.IsoError, match="twice"):
            iso.image_size([entry(path, b"") for path in pair])


def test_a_file_too_large_for_a_disc_is_refused_before_the_first_byte() -> None:
    with pytest.raises(iso.IsoError, match="use a stick"):
        iso.image_size([iso.Entry("records.cps", iso.LARGEST + 1, list)])


@pytest.mark.parametrize("data", [b"shorter", b"longer than it said"])
def test_a_file_that_changes_while_it_is_written_stops_the_image(data: bytes) -> None:
    def read() -> Iterable[bytes]:
        return [data]

    with pytest.raises(iso.IsoError, match="changed"):
        b"".join(iso.write_image([iso.Entry("a.txt", 10, read)], volume="X", moment=MOMENT))


@pytest.mark.parametrize("volume", ["", "lower", "A" * 17, "A-B"])
def test_a_volume_has_a_plain_name(volume: str) -> None:
    with pytest.raises(iso.IsoError, match="volume"):
        iso.write_image([], volume=volume, moment=MOMENT)


def test_files_are_read_while_the_image_is_written_and_one_at_a_time() -> None:
    seen: list[str] = []

    def reader(name: str) -> Callable[[], Iterable[bytes]]:
        def read() -> Iterable[bytes]:
            seen.append(name)
            yield b"x"

        return read

    pieces = iso.write_image([iso.Entry(n, 1, reader(n)) for n in "ab"], volume="X", moment=MOMENT)
    while b"x" not in next(pieces):
        assert seen == []
    assert seen == ["a"]
