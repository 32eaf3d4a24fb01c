"""Make .venv from the hash-locked requirements, once per state of the lock files.

Runs with whatever Python the machine has, so it keeps to old syntax and the standard library.
"""

import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HERE, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed.json")
OLDEST = (3, 11)


def main(level):
    if sys.version_info < OLDEST:
        return fail(
            "Python %d.%d or newer is needed and this is %s: name one with PYTHON=/path/to/python3."
            % (OLDEST + (sys.version.split()[0],))
        )
    wanted = {name: fingerprint(name) for name in ("base", "dev")}
    installed = read_stamp()
    if installed is not None and installed.get(level) == wanted[level]:
        return 0
    if installed is None or subprocess.call([VENV_PYTHON, "-m", "pip", "--version"], **SILENT):
        problem = make_venv()
        if problem:
            return fail(problem)
    print("Installing the locked dependencies (about a minute the first time) ...")
    sys.stdout.flush()
    code = subprocess.call(
        [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
        + ["--no-input", "--require-hashes", "-r", requirements(level)]
    )
    if code:
        return fail("The dependencies could not be installed: see what pip says above.")
    # The development lock holds everything of the other, at the same versions.
    done = wanted if level == "dev" else {"base": wanted["base"]}
    with open(STAMP, "w") as file:
        json.dump(dict(done, python=python_identity()), file)
    return 0


def make_venv():
    """Make the environment afresh; return what is wrong, if anything is."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        return (
            "This Python has no venv module: install it (on Debian and Ubuntu: "
            "apt-get install python3-venv) or name another one with PYTHON=..."
        )
    print("Making the environment .venv ...")
    sys.stdout.flush()
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return "The environment .venv could not be made: %s" % error
    return None


def read_stamp():
    """What was installed, or None when it was for another Python or never finished."""
    try:
        with open(STAMP) as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    if found.get("python") != python_identity() or not os.access(VENV_PYTHON, os.X_OK):
        return None
    return found


def python_identity():
    # The checkout is part of it: the programs of an environment hold its full path.
    return "%d.%d %s" % (sys.version_info[0], sys.version_info[1], VENV)


def requirements(level):
    return os.path.join(HERE, "requirements", level + ".txt")


def fingerprint(level):
    with open(requirements(level), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def fail(line):
    sys.stderr.write(line + "\n")
    return 1


SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
