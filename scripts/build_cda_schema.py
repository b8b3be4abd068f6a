"""Put the official HL7 CDA R2 schema where the tests find it: .cache/cda/CDA.xsd.

The schema is taken from a Maven artefact of the MDHT project by the ordinary `mvn` client and checked
against a pinned SHA-256. It is only needed to test what we write; nothing of it is kept in the repository
or shipped. Elements of the SDTC extension are not part of this schema: take them out before validating.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ARTIFACT = "org.openehealth.ipf.oht.mdht:ipf-oht-mdht-uml-cda:1.2.0.201212201425:jar"
SHA256 = "99352f3d71640e93b287ab5c7c8b9e5018ac7997d1ee4f41dd815be405264ebd"
FILES = (
    "CDA.xsd",
    "POCD_MT000040.xsd",
    "coreschemas/NarrativeBlock.xsd",
    "coreschemas/datatypes-base.xsd",
    "coreschemas/datatypes.xsd",
    "coreschemas/voc.xsd",
)
TARGET = Path(__file__).resolve().parents[1] / ".cache" / "cda"


def main() -> int:
    """Fetch, check and unpack; quick when it is already done. Exit code 0 or 1."""
    if all((TARGET / name).is_file() for name in FILES):
        print(f"CDA schema is in {TARGET}")
        return 0
    mvn = shutil.which("mvn")
    if mvn is None:
        print("seen: no mvn on the PATH; expected: Apache Maven; todo: apt-get install maven", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        jar = _fetch(mvn, Path(folder))
        if jar is None:
            return 1
        _unpack(jar)
    print(f"CDA schema is in {TARGET}")
    return 0


def _fetch(mvn: str, folder: Path) -> Path | None:
    command = [mvn, "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    jar = next(folder.glob("*.jar"), None)
    if done.returncode or jar is None:
        print(f"seen: mvn could not get {ARTIFACT}; todo: look at its output\n{done.stdout}", file=sys.stderr)
        return None
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != SHA256:
        print(f"seen: SHA-256 {found}; expected: {SHA256}; todo: do not use this file", file=sys.stderr)
        return None
    return jar


def _unpack(jar: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        for name in FILES:
            target = TARGET / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(f"samples/{name}"))


if __name__ == "__main__":
    raise SystemExit(main())
