"""Copy the fonts that PDF documents are set in from npm packages into the Python package.

Run after `npm ci`. The fonts folder is not committed; wheels carry it.
Source Sans 3 is under the SIL Open Font License 1.1, DejaVu under the Bitstream Vera licence.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/chartpost/formats/pdf/fonts"
FONTS = {
    "@expo-google-fonts/source-sans-3": (
        "400Regular/SourceSans3_400Regular.ttf",
        "400Regular_Italic/SourceSans3_400Regular_Italic.ttf",
        "600SemiBold/SourceSans3_600SemiBold.ttf",
        "700Bold/SourceSans3_700Bold.ttf",
    ),
    "dejavu-fonts-ttf": ("ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf"),
}
LICENCES = {
    "@expo-google-fonts/source-sans-3": ("LICENSE_FONT", "SourceSans3-OFL.txt"),
    "dejavu-fonts-ttf": ("LICENSE", "DejaVu-LICENSE.txt"),
}


def find_modules(arguments: list[str]) -> Path:
    """Choose the node_modules folder: the first argument, else the one of the repository or its frontend."""
    candidates = [Path(arguments[0])] if arguments else [ROOT / "node_modules", ROOT / "frontend/node_modules"]
    for folder in candidates:
        if all((folder / package).is_dir() for package in FONTS):
            return folder
    looked = ", ".join(str(folder) for folder in candidates)
    sys.exit(f"build_fonts: {' and '.join(FONTS)} not found in {looked}; run `npm ci` first")


def copy_fonts(modules: Path, target: Path) -> list[Path]:
    """Copy each font file and its licence; returns the paths written."""
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for package, names in FONTS.items():
        licence, licence_name = LICENCES[package]
        pairs = [(name, Path(name).name) for name in names] + [(licence, licence_name)]
        for name, new_name in pairs:
            written.append(Path(shutil.copyfile(modules / package / name, target / new_name)))
    return written


if __name__ == "__main__":
    for path in copy_fonts(find_modules(sys.argv[1:]), TARGET):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
