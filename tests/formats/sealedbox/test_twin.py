"""The browser's implementation passes the published vectors: run by Node, and by Chromium."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.formats.sealedbox import vectors
from tests.support.chromium import chromium

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "frontend"
V: dict[str, Any] = json.loads(vectors.FILE.read_text("ascii"))
PYTHON_ONLY = {"format", "parts"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("twin") / "twin.js"
    esbuild = FRONTEND / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--format=iife", "--target=es2022", "--log-level=error"]
    found = "--alias:hash-wasm=" + str(FRONTEND / "node_modules" / "hash-wasm")
    subprocess.run([esbuild, Path(__file__).with_name("twin.ts"), *options, found, f"--outfile={target}"], check=True)
    return target


def expect_all(found: dict[str, Any], kinds: set[str]) -> None:
    assert found["failed"] == []
    sizes = {kind: len(V[kind]["cases"] if kind == "tampered" else V[kind]) for kind in kinds}
    assert {kind: found["ran"].get(kind) for kind in kinds} == sizes
    assert found["words"] == 7776


def test_node(bundle: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.cjs"
    node = shutil.which("node") or "node"
    run.write_text(
        f"require({json.dumps(str(bundle))});"
        f"const all = JSON.parse(require('fs').readFileSync({json.dumps(str(vectors.FILE))}, 'utf8'));"
        "globalThis.checkVectors(all).then((found) => console.log(JSON.stringify(found)));"
    )
    done = subprocess.run([node, run], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    expect_all(json.loads(done.stdout), set(V) - PYTHON_ONLY)


@pytest.mark.browser
def test_chromium(bundle: Path) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.route(
            "https://sealed.example/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
        )
        page.goto("https://sealed.example/")
        page.add_script_tag(content=bundle.read_text())
        found = page.evaluate("all => globalThis.checkVectors(all)", V)
    expect_all(found, set(V) - PYTHON_ONLY)
