"""What is committed belongs on every machine, and ships whole."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

# Written so that this file does not match itself.
MACHINE_PATHS: Final = re.compile(
    r"(?<![\w.)~-])/(?:roo[t]|wor[k]|Users|hom[e]/\w+|var/folder[s])/[\w.-]+|[A-Z]:\\Users\\"
)
REGISTRY_HOSTS: Final = re.compile(
    r"py[p]i\.org|python[h]osted\.org|npm[j]s\.(?:org|com)|deb[.]debian\.org|cr[a]tes\.io"
)
TEXT_MAX_BYTES: Final = 2_000_000


def _texts(paths):
    for path in paths:
        if path.stat().st_size <= TEXT_MAX_BYTES:
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_path_of_a_machine(committed, repository):
    faults = [
        f"{path.relative_to(repository)}: {found[0]}"
        for path, text in _texts(committed)
        for found in MACHINE_PATHS.finditer(text)
    ]

    assert [] == faults


def test_no_host_of_a_registry(committed, repository):
    faults = [
        f"{path.relative_to(repository)}: {found[0]}"
        for path, text in _texts(committed)
        for found in REGISTRY_HOSTS.finditer(text)
    ]

    assert [] == faults


def test_every_package_of_the_lock_has_a_hash(repository):
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())

    assert [] == [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


def test_the_wheel_holds_the_data_files(repository: Path, tmp_path: Path):
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert 0 == built.returncode, built.stderr

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        shipped = {name for name in wheel.namelist() if name.startswith("venule/")}
    src = repository / "src"
    expected = {
        path.relative_to(src).as_posix()
        for path in (src / "venule").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected == shipped


def test_every_verb_that_a_page_names_exists(committed, repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    faults = [
        f"{path.relative_to(repository)}: make {verb}"
        for path, text in _texts(committed)
        if path.suffix in {".md", ".yml"}
        for verb in re.findall(r"(?:`|^\s*)make ([a-z]+)\b", text, re.MULTILINE)
        if verb not in verbs
    ]

    assert [] == faults
