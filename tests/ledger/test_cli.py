"""`chartpost ledger` as a person at a shell sees it."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chartpost.ledger import proofs, services
from chartpost.ledger.cli import add_parser
from chartpost.ledger.merkle import leaf_hash
from chartpost.ledger.note import verifier_from
from chartpost.ledger.types import Event
from tests.support.ledger import unguard

from .support import rows, run


@pytest.fixture
def chartpost(event: Event, sequence: Callable[[], int]) -> Callable[..., int]:
    """The command line, over a ledger of four entries."""
    for _ in range(4):
        services.append(event)
    sequence()
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())

    def call(*words: str) -> int:
        arguments = parser.parse_args(["ledger", *words])
        code: int = arguments.func(arguments)
        return code

    return call


def test_verify_says_that_all_is_well(chartpost: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert chartpost("verify") == 0
    out = capsys.readouterr().out
    assert "Entries in the tree: 4" in out and "The ledger is whole." in out


def test_verify_names_the_first_bad_row(chartpost: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    unguard()
    run("UPDATE ledger_leaf SET hash = %s WHERE seq >= 2", b"\x00" * 32)
    assert chartpost("verify") == 1
    assert "First bad row: leaf 2:" in capsys.readouterr().out


def test_prove_prints_a_proof_that_holds(chartpost: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    ref = rows("SELECT ref FROM ledger_entry ORDER BY id")[1][0]
    assert chartpost("prove", ref) == 0
    out, err = capsys.readouterr()
    verifier = verifier_from(err.removeprefix("Verifier key: "))
    assert ref.encode() in proofs.check(out, verifier)
    assert chartpost("prove", "--since", "4") == 0
    assert proofs.check_growth(capsys.readouterr().out, verifier) == (4, 4)
    assert chartpost("prove", "nobody") == 1
    assert "Seen: no entry" in capsys.readouterr().err


def test_export_can_be_checked_without_the_program(
    chartpost: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "ledger.jsonl"
    assert chartpost("export", "-o", str(target)) == 0
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    entries = [line for line in lines if line["kind"] == "entry"]
    assert [line["seq"] for line in entries] == [0, 1, 2, 3]
    assert all(leaf_hash(line["entry"].encode()).hex() == line["leaf"] for line in entries)
    assert verifier_from(lines[0]["verifier"]).open(lines[-1]["note"]).size == 4
    assert target.stat().st_mode & 0o077 == 0
    assert chartpost("export", "-o", str(target)) == 1
    assert "File exists" in capsys.readouterr().err
