"""What the processes of a side hold and write, as Linux counts it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PROBES: Final = 100
PROBE_BYTES: Final = 8_192
_LISTENING: Final = "0A"


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of processes; what several share is counted once (PSS)."""
    return sum(_number(pid, "smaps_rollup", "Pss:") for pid in pids) * 1024


def written_bytes(pids: Iterable[int]) -> int:
    """Return what processes, and their children that have ended, caused to be written to disk."""
    return sum(_number(pid, "io", "write_bytes:") for pid in pids)


def cpu_s(pids: Iterable[int]) -> float:
    """Return the processor seconds of processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        try:
            stat = (PROC / str(pid) / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def machine_cpu_s() -> float:
    """Return the processor seconds that anybody has used since the machine began."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(
        int, (PROC / "stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _number(pid: int, file: str, name: str) -> int:
    """Return a number that Linux keeps of a process; 0 if it ended while we looked."""
    try:
        lines = (PROC / str(pid) / file).read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def with_children(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it ended while we looked
                continue
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family


def listening_on(port: int) -> int | None:
    """Return the process of this machine that listens on a TCP port, None if there is none."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for descriptor in PROC.glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target in sockets:
            return int(descriptor.parent.parent.name)
    return None


def open_files(pid: int, suffix: str) -> list[Path]:
    """Return the files of a kind that a process has open."""
    found = set()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        target = os.readlink(descriptor)
        if target.endswith(suffix):
            found.add(Path(target))
    return sorted(found)


def free_port() -> int:
    """Return a TCP port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def flush_ms(folder: Path) -> float:
    """Return what one small write with a flush costs on this disk: the median, milliseconds."""
    path = folder / "flush-probe"
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(PROBES):
            began = time.perf_counter()
            file.write(bytes(PROBE_BYTES))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return round(sorted(took)[PROBES // 2] * 1e3, 3)
