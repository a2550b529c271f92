# Read by the scripts beside it (". environment.sh"): gives them ROOT and prepare().
# POSIX sh. The scripts work from any folder, and on a machine that has Python 3.11 or newer and nothing else.

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
PYTHON=$ROOT/.venv/bin/python
NAME=scripts/$(basename -- "$0")

fail() {
    printf '%s: %s\n' "$NAME" "$*" >&2
    exit 1
}

# prepare GROUP: .venv exists and holds the package, editable, and that dependency group of pyproject.toml.
# A stamp keeps it to once for each state of pyproject.toml.
prepare() {
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        make_venv
    fi
    state=$(cksum <"$ROOT/pyproject.toml")
    for group in "$1" dev; do # dev includes the other groups
        if [ "$(cat "$ROOT/.venv/.installed-$group" 2>/dev/null)" = "$state" ]; then
            return
        fi
    done
    printf '%s: installing into .venv (once)\n' "$NAME" >&2
    install_group "$1" || fail "the installation failed; what pip or uv printed above says why"
    printf '%s\n' "$state" >"$ROOT/.venv/.installed-$1"
}

# uv from PATH, if it is new enough to know dependency groups.
has_uv() {
    uv pip install --help 2>/dev/null | grep -q -- '--group'
}

make_venv() {
    printf '%s: making .venv (once)\n' "$NAME" >&2
    rm -rf "$ROOT/.venv"
    if has_uv; then
        find_python 'import sys; sys.exit(sys.version_info < (3, 11))'
        uv venv --quiet --python "${found:->=3.11}" "$ROOT/.venv" ||
            fail "uv could not make a virtual environment with Python 3.11 or newer; what it printed above says why"
        return
    fi
    find_python 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
    if [ -n "$found" ]; then
        "$found" -m venv "$ROOT/.venv" || fail "$found could not make a virtual environment"
        return
    fi
    find_python 'import sys; sys.exit(sys.version_info < (3, 11))'
    if [ -n "$found" ]; then
        fail "$found has no venv module; install it (on Debian and Ubuntu: apt install python3-venv) or install uv, then run this again"
    fi
    find_python 'import sys; sys.exit(sys.version_info < (3, ))'
    if [ -n "$found" ]; then
        version=$("$found" -c 'import platform; print(platform.python_version())')
        fail "Python 3.11 or newer is needed, and the newest one on PATH is $found ($version); install one, or install uv, which brings its own"
    fi
    fail "Python 3.11 or newer is needed, and there is no Python on PATH that starts; install one, or install uv, which brings its own"
}

# find_python PROGRAM: sets found to the first Python on PATH that runs PROGRAM with success, else to nothing.
# A version manager's shim for a version that is not active exits with an error, so it is passed over.
find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        found=$(command -v "$name" || true)
        if [ -n "$found" ] && "$found" -c "$1" >/dev/null 2>&1; then
            return
        fi
    done
    found=
}

install_group() {
    (
        cd "$ROOT"
        if has_uv; then
            uv pip install --quiet --python "$PYTHON" --editable . --group "$1"
            return
        fi
        "$PYTHON" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m ensurepip >/dev/null || return 1
        # pip knows dependency groups from 25.1
        "$PYTHON" -m pip install --quiet --disable-pip-version-check 'pip>=25.1' || return 1
        "$PYTHON" -m pip install --quiet --disable-pip-version-check --editable . --group "$1"
    )
}
