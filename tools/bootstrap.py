"""Makes both Python environments from the lock files. Standard library only; any Python 3.8+ runs it.

`.venv` (Python 3.11 or newer) holds the service, `.venv-rasa` (Python 3.10) the Rasa engine. A stamp in each
environment holds the digest of its lock file, so that a second run with nothing changed takes no time.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED_GB = 8


class Problem(Exception):
    """Something is missing on this machine; the message says what to do."""


def say(text):
    print(f"[setup] {text}", flush=True)


def version_of(python):
    """(major, minor) that `python` really runs, or None: a pyenv shim may exist and still not work."""
    try:
        out = subprocess.run(
            [str(python), "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(int(part) for part in out.split())


def candidates(minors):
    for minor in minors:
        found = shutil.which(f"python3.{minor}")
        if found:
            yield found
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        yield from sorted(pyenv.glob(f"3.{minor}.*/bin/python"), reverse=True)
        if shutil.which("uv"):
            found = subprocess.run(["uv", "python", "find", f"3.{minor}"], capture_output=True, text=True, check=False)
            if found.returncode == 0 and found.stdout.strip():
                yield found.stdout.strip()
    yield sys.executable


def find_python(minors, purpose):
    for candidate in candidates(minors):
        version = version_of(candidate)
        if version and version[0] == 3 and version[1] in minors:
            return Path(candidate)
    wanted = " or ".join(f"3.{minor}" for minor in minors)
    raise Problem(
        f"Python {wanted} (with venv) was not found; {purpose} needs it. "
        f"Install it, e.g. `apt install python3.{minors[0]} python3.{minors[0]}-venv`, "
        f"`pyenv install 3.{minors[0]}` or `uv python install 3.{minors[0]}`, then run `make setup` again."
    )


def check_machine():
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        raise Problem(
            "No C compiler was found; some packages are built here. Install one, e.g. `apt install build-essential`."
        )
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB and not (ROOT / ".venv").exists():
        raise Problem(
            f"{free:.1f} GB of disk are free in {ROOT}, {NEEDED_GB} GB are needed. "
            "Free some space and run `make setup` again."
        )


def digest(paths):
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def run(command, log):
    with log.open("a") as out:
        done = subprocess.run(
            [str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, check=False
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Problem(
            f"`{' '.join(str(part) for part in command)}` failed. The end of {log.relative_to(ROOT)}:\n{tail}"
        )


def environment(name, minors, locks, purpose, pip="pip", editable=False):
    home = ROOT / name
    stamp = home / ".isee-lock"
    wanted = digest([*locks, ROOT / "pyproject.toml"] if editable else locks)
    python = home / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and version_of(python):
        say(f"{name} is current")
        return
    base = find_python(minors, purpose)
    log = ROOT / "var" / "logs" / f"setup{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    if not version_of(python) or version_of(python)[1] not in minors:
        say(f"{name}: creating with {base}")
        shutil.rmtree(home, ignore_errors=True)
        run([base, "-m", "venv", home], log)
    run([python, "-m", "pip", "install", "-q", "-U", pip], log)
    lines = [line.lstrip() for lock in locks for line in lock.read_text().splitlines()]
    count = sum(1 for line in lines if "==" in line and not line.startswith("#"))
    say(
        f"{name}: installing {count} packages from {' and '.join(str(lock.relative_to(ROOT)) for lock in locks)} "
        f"(some minutes the first time; log: {log.relative_to(ROOT)})"
    )
    # Python compiles the modules that are really imported by itself; compiling all of them here takes a minute.
    chosen = [part for lock in locks for part in ("-r", lock)]
    run([python, "-m", "pip", "install", "--no-compile", *chosen], log)
    if editable:
        run([python, "-m", "pip", "install", "--no-deps", "-e", "."], log)
    stamp.write_text(wanted)
    say(f"{name} is ready")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    args = parser.parse_args()
    needs = ROOT / "requirements"
    service = [needs / "service.lock"] + (
        [needs / "dev.lock"] if args.dev or (ROOT / ".venv" / ".isee-dev").exists() else []
    )
    try:
        check_machine()
        with ThreadPoolExecutor() as both:
            made = [
                both.submit(environment, ".venv", (11, 12, 13), service, "the service", editable=True),
                both.submit(environment, ".venv-rasa", (10,), [needs / "rasa.lock"], "the Rasa engine", pip="pip<24.1"),
            ]
        for each in made:
            each.result()
        if len(service) > 1:
            (ROOT / ".venv" / ".isee-dev").touch()
    except Problem as problem:
        print(f"\n[setup] {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
