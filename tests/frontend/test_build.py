"""The sources of the frontend and what the build makes of them."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "chartpost" / "static" / "built"
CSS_LIMIT = 40 * 1024

built = pytest.mark.skipif(not (BUILT / "chartpost.css").exists(), reason="needs the built frontend (make setup)")


def test_lock_names_no_registry_and_pins_every_package_by_hash() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in entry for entry in packages.values())
    assert [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("link")] == []


def test_wanted_versions_are_exact() -> None:
    wanted = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_every_colour_has_a_light_and_a_dark_value() -> None:
    tokens = (FRONTEND / "sass" / "_tokens.scss").read_text()
    light, dark = (
        set(re.findall(r"(--[\w-]+):", part.split("\n}")[0])) for part in re.split(r"@mixin \w+ ", tokens)[1:3]
    )
    assert len(light) > 20
    assert light == dark


def test_components_use_tokens_not_colours_of_their_own() -> None:
    allowed = {"_chart.scss": 2, "_layout.scss": 1}  # the QR code's black and white; the focus ring on the dark header
    for path in (FRONTEND / "sass").rglob("*.scss"):
        if path.name in {"_tokens.scss", "_print.scss"}:
            continue
        found = re.findall(r"#[0-9a-f]{3,8}\b", path.read_text())
        assert len(found) <= allowed.get(path.name, 0), f"{path.name}: {found}"


@built
def test_styles_are_small_and_need_nothing_from_elsewhere() -> None:
    css = (BUILT / "chartpost.css").read_text()
    assert len(css.encode()) <= CSS_LIMIT
    addresses = re.findall(r"url\(\"?([^)\"]+)\"?\)", css)
    assert addresses
    assert all((BUILT / address).is_file() for address in addresses)
    assert "data:" not in css


@built
def test_scripts_evaluate_nothing() -> None:
    for path in (BUILT / "js").glob("*.js"):
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=", text), path.name
        assert "sourceMappingURL" not in text
