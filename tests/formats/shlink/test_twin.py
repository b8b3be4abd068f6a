"""The browser reads links and files as Python does: the same taken, the same refused, the same values."""

import base64
import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.formats.shlink.test_payload import GUIDE, KEY, URL, link_of

from chartpost.formats.shlink import LinkError, encrypt, parse
from chartpost.formats.shlink.text import b64u

ROOT = Path(__file__).resolve().parents[3]
ESBUILD = ROOT / "frontend" / "node_modules" / ".bin" / "esbuild"
TYPE = "application/fhir+json"
Twin = Callable[[list[dict[str, str]]], list[Any]]
pytestmark = pytest.mark.skipif(not ESBUILD.exists(), reason="the frontend is not installed: run make setup")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    target = tmp_path_factory.mktemp("twin") / "twin.mjs"
    source = Path(__file__).with_name("twin.ts")
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=error", f"--outfile={target}"]
    subprocess.run([str(ESBUILD), str(source), *options], check=True)

    def ask(asked: list[dict[str, str]]) -> list[Any]:
        lines = "".join(json.dumps(one) + "\n" for one in asked)
        done = subprocess.run(
            ["node", str(target)], input=lines, capture_output=True, text=True, check=True, env=dict(os.environ)
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def ours(link: str) -> Any:
    try:
        found = parse(link)
    except LinkError:
        return None
    flag = "".join(sorted(found.flag))
    return {"url": found.url, "key": b64u(found.key), "exp": found.exp, "flag": flag, "label": found.label}


def mutated(drawn: random.Random) -> str:
    """A good link with a few letters changed, cut or added, or a payload with odd values."""
    if drawn.random() < 0.5:
        text = list(drawn.choice([GUIDE, "https://viewer.example/#" + GUIDE, link_of(exp=1, flag="LP")]))
        for _ in range(drawn.randrange(1, 4)):
            place = drawn.randrange(len(text))
            text[place : place + drawn.randrange(2)] = drawn.choice(["", "A", "_", "#", " ", "%23", "=", "é", "."])
        return "".join(text)
    odd: list[Any] = [None, 1, 1.0, 2, -5, 1e300, "", "P", "UP", "LX", "x" * 90, True, [], {}, "https://b.example/?q=1"]
    odd += ["http://b.example/", URL, b64u(KEY), b64u(KEY)[:-1], "a\u0007b", " spaced "]
    names = drawn.sample(["url", "key", "exp", "flag", "label", "v", "more"], drawn.randrange(1, 4))
    return link_of(**{name: drawn.choice(odd) for name in names})


def test_both_read_links_alike(twin: Twin) -> None:
    drawn = random.Random(11)
    links = [GUIDE, link_of(v=1), link_of(v=2), "", *(mutated(drawn) for _ in range(3000))]
    differing = [
        (link, mine, theirs)
        for link, theirs in zip(links, twin([{"link": link} for link in links]), strict=True)
        if (mine := ours(link)) != theirs
    ]
    assert differing == []
    assert sum(ours(link) is not None for link in links) > 500, "many were good links"


def test_both_open_files_alike(twin: Twin) -> None:
    data = [b"", b"{}", "Salud ☤".encode() * 1000, random.Random(3).randbytes(70_000)]
    sealed = [encrypt(one, KEY, TYPE) for one in data]
    asked = [{"jwe": text, "key": b64u(KEY)} for text in sealed]
    found = [base64.b64decode(one["text"]) for one in twin(asked)]
    assert found == data
    cut = [text[:-3] for text in sealed] + [text.replace("..", ".x.") for text in sealed]
    cut += [text.replace("..", "..AAAA", 1) for text in sealed] + ["", "a.b.c", "...."]
    assert {json.dumps(one) for one in twin([{"jwe": text, "key": b64u(KEY)} for text in cut])} == {
        '{"refused": "tampered"}'
    }


def test_a_file_that_grows_without_end_is_stopped(twin: Twin) -> None:
    bomb = encrypt(bytes(257 * 1024 * 1024), KEY, TYPE)
    assert twin([{"jwe": bomb, "key": b64u(KEY)}]) == [{"refused": "big"}]
