"""Large documents, made as they are read: memory is bounded, and too large ones are refused at once."""

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.formats.ccda_intake.papers import PROBLEMS, RESULTS, paper, problem, result, section

from chartpost.formats.ccda import TooLargeError
from chartpost.formats.ccda.intake import Run, convert

MEGABYTE = 1 << 20


class Endless(io.RawIOBase):
    """A file that says it has so many bytes, and counts those that are read of it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.at, self.given = size, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self.size - self.at)
        buffer[:count] = b" " * count
        self.at += count
        self.given += count
        return count


def test_a_gigabyte_is_refused_without_reading_it() -> None:
    file = Endless(1 << 30)
    began = time.process_time()
    with pytest.raises(TooLargeError, match="bytes"):
        convert(file)  # type: ignore[arg-type]
    assert file.given <= 300 * MEGABYTE
    assert time.process_time() - began < 5


def parts(sections: int, results: int) -> Iterator[bytes]:
    head, _, tail = paper("@").partition("@")
    padding = "<paragraph>" + "Said at length. " * 40_000 + "</paragraph>"
    one = section(RESULTS, *(result(test=f"{n}-{n % 10}") for n in range(results)), text=padding)
    yield head.encode()
    for _ in range(sections):
        yield one.encode()
    yield tail.encode()


MEASURE = """
import resource, sys
from chartpost.formats.ccda.intake import Run
made = 0
with open(sys.argv[1], "rb") as stream:
    for one in Run(stream).resources():
        made += 1
print(made, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def measured(path: Path) -> tuple[int, int]:
    """Resources made of a file in a process of its own, and the most memory it had, in MB."""
    words = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    made, most = done.stdout.split()
    return int(made), int(most)


def test_the_memory_of_a_large_document_is_that_of_its_largest_section(tmp_path: Path) -> None:
    small, large = tmp_path / "small.xml", tmp_path / "large.xml"
    small.write_bytes(b"".join(parts(15, 60)))
    large.write_bytes(b"".join(parts(45, 60)))
    assert large.stat().st_size > 24 * MEGABYTE
    few, less = measured(small)
    many, more = measured(large)
    assert many > 2.9 * few
    assert more < less + 30


def test_a_section_of_many_entries_takes_time_in_proportion() -> None:
    def took(count: int) -> float:
        data = paper(section(PROBLEMS, *(problem(str(n)) for n in range(count)))).encode()
        began = time.process_time()
        assert sum(one["resourceType"] == "Condition" for one in Run(data).resources()) == count
        return time.process_time() - began

    took(100)
    assert took(4000) < 12 * took(1000)
