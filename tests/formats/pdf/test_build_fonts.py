"""The script that brings the fonts into the package."""

import runpy
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "scripts/build_fonts.py"), run_name="fonts")


def test_fonts_and_licences_are_copied(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    for package, names in SCRIPT["FONTS"].items():
        for name in (*names, SCRIPT["LICENCES"][package][0]):
            (modules / package / name).parent.mkdir(parents=True, exist_ok=True)
            (modules / package / name).write_text(name)
    written = SCRIPT["copy_fonts"](SCRIPT["find_modules"]([str(modules)]), tmp_path / "fonts")
    names = {path.name for path in written}
    assert {"SourceSans3_400Regular.ttf", "DejaVuSans-Bold.ttf", "SourceSans3-OFL.txt"} <= names
    assert (tmp_path / "fonts/DejaVuSans.ttf").read_text() == "ttf/DejaVuSans.ttf"


def test_missing_packages_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"dejavu-fonts-ttf not found in .*run `npm ci` first"):
        SCRIPT["find_modules"]([str(tmp_path)])
