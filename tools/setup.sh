#!/bin/sh
# Makes a checkout ready to work: a Python environment in .venv, and the system's libraries.
#
#   tools/setup.sh            what `tipbrief` needs
#   tools/setup.sh --check    and what the checks and quick tests need
#   tools/setup.sh --dev      and a browser and Java, which further tests need
#   tools/setup.sh --listen   and LibreOffice, and the programs that `make listen`, and so `make test`, listens to
#
# Missing system packages are installed with apt where that may be done without a question (root, or
# sudo without a password). Elsewhere the exact command is printed, and nothing is changed.
# When all is there already, it says nothing and takes a fraction of a second.
set -eu
cd "$(dirname "$0")/.."

case "${1-}" in
    '') check= dev= listen= ;;
    --check) check=yes dev= listen= ;;
    --dev) check=yes dev=yes listen= ;;
    --listen) check=yes dev=yes listen=yes ;;
    *) echo "usage: tools/setup.sh [--check | --dev | --listen]" >&2; exit 2 ;;
esac

say() { echo "setup: $*" >&2; }
stop() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

if [ -n "$listen" ] && [ "$(uname)" != Linux ]; then
    say "the tests that listen need Linux, and are left out: its programs tell their pages by AT-SPI"
    listen=
fi

manager=
for name in apt-get dnf pacman zypper brew; do
    if has "$name"; then manager=$name; break; fi
done

# need APT DNF PACMAN ZYPPER BREW: one missing thing, under the name that each system has for it.
need() {
    case $manager in
        dnf) packages="$packages $2" ;;
        pacman) packages="$packages $3" ;;
        zypper) packages="$packages $4" ;;
        brew) packages="$packages ${5:-$1}" ;;
        *) packages="$packages $1" ;;
    esac
}

runs() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# The scripts in .venv name their own folder: after a move of the checkout it has to be made anew.
venv_is_ours() {
    [ -e .venv/made ] && grep -qF "$(pwd -P)/.venv" .venv/pyvenv.cfg && runs .venv/bin/python
}

# A .venv that works is kept, with whichever Python: `tipbrief doctor` says where another one would be faster.
find_python() {
    python=.venv/bin/python
    venv_is_ours || python=$(tools/python.sh)
}

# loads FILE NAME: the system library can be loaded, as WeasyPrint will do it.
loads() {
    "$python" -I -S - "$@" 2>/dev/null <<'PY'
import ctypes, sys
try:
    ctypes.CDLL(sys.argv[1])
except OSError:
    from ctypes.util import find_library
    ctypes.CDLL(find_library(sys.argv[2]) or sys.argv[1])
PY
}

# Java's compiler, for the veraPDF gate, where tests/verapdf/runner.py looks for it.
has_javac() {
    for folder in ${JAVA_HOME:+"$JAVA_HOME/bin"} /opt/homebrew/opt/openjdk/bin /usr/local/opt/openjdk/bin; do
        if [ -x "$folder/javac" ]; then return; fi
    done
    # Every Mac has a javac, which without a JDK only says that there is none.
    has javac && { [ "$(uname)" != Darwin ] || /usr/libexec/java_home >/dev/null 2>&1; }
}

# What tests/listen/desk.py starts. Browsers and screen readers of a Mac tell their pages in another way.
has_accessibility() {
    for folder in /usr/libexec /usr/libexec/at-spi2 /usr/lib/at-spi2-core /usr/lib; do
        if [ -x "$folder/at-spi-bus-launcher" ]; then return; fi
    done
    return 1
}
has_bindings() { /usr/bin/python3 -I -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null; }

# Collects in $packages what this machine lacks.
look() {
    packages=
    find_python
    if [ -z "$python" ]; then
        need "python3 python3-venv" python3 python python3 python
    elif [ "$python" != .venv/bin/python ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian and Ubuntu keep this part of Python in a package of its own.
        need "${python##*/}-venv" python3 python python3 python
    fi
    if [ -z "$python" ] || ! loads libpangoft2-1.0.so.0 pangoft2-1.0; then
        need libpangoft2-1.0-0 pango pango libpango-1_0-0 pango
    fi
    if [ -z "$python" ] || ! loads libharfbuzz-subset.so.0 harfbuzz-subset; then
        need libharfbuzz-subset0 harfbuzz harfbuzz libharfbuzz-subset0 harfbuzz
    fi
    if [ -n "$check" ]; then
        has pdftoppm || need poppler-utils poppler-utils poppler poppler-tools poppler
        has mutool || need mupdf-tools mupdf mupdf-tools mupdf mupdf-tools
    fi
    if [ -n "$dev" ]; then
        has chromium || need chromium chromium chromium chromium chromium
        has parallel || need parallel parallel parallel gnu_parallel parallel
        has_javac || need default-jdk-headless java-devel jdk-openjdk java-devel openjdk
    fi
    if [ -n "$listen" ]; then
        has firefox-esr || has firefox || need firefox-esr firefox firefox MozillaFirefox
        has orca || need orca orca orca orca
        has Xvfb || need xvfb xorg-x11-server-Xvfb xorg-server-xvfb xorg-x11-server-Xvfb
        has dbus-daemon || need dbus dbus-daemon dbus dbus-1-daemon
        has soffice || need libreoffice-writer-nogui libreoffice-writer libreoffice-still libreoffice-writer
        has xdotool || need xdotool xdotool xdotool xdotool
        has_accessibility || need at-spi2-core at-spi2-core at-spi2-core at-spi2-core
        has_bindings || need "python3-gi gir1.2-atspi-2.0" python3-gobject python-gobject \
            "python3-gobject typelib-1_0-Atspi-2_0"
    fi
    packages=${packages# }
}

apt() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi >/dev/null
}

install_packages() {
    if [ "$manager" = apt-get ] && { [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }; then
        say "installing $packages"
        # From old lists come old packages: a Firefox that tells less of a PDF than the one of today.
        apt update || say "apt-get could not fetch the lists of packages; those that are here may be old"
        # shellcheck disable=SC2086  # several names
        apt install --no-install-recommends $packages || stop "apt-get could not install $packages"
        return
    fi
    case $manager in
        apt-get) command="sudo apt-get update && sudo apt-get install --no-install-recommends $packages" ;;
        dnf) command="sudo dnf install $packages" ;;
        pacman) command="sudo pacman -S --needed $packages" ;;
        zypper) command="sudo zypper install $packages" ;;
        brew) command="brew install $packages" ;;
        *) stop "these packages are missing (Debian's names): $packages" ;;
    esac
    stop "some system packages are missing. Run this, and then the same make command again:
    $command"
}

look
if [ -n "$packages" ]; then
    install_packages
    look
    if [ -z "$python" ]; then stop "Python 3.11 or newer is needed; this system's package is older"; fi
    if [ -n "$packages" ]; then stop "still not found after the installation: $packages"; fi
fi

# What .venv was made from: when that is the same as now, there is nothing to do.
run=$(cksum pyproject.toml requirements.txt)
all=$(cksum pyproject.toml requirements.txt requirements-dev.txt)
if [ -n "$check" ]; then made=.venv/made-dev now=$all; else made=.venv/made now=$run; fi
if [ "$python" = .venv/bin/python ] && [ "$(cat $made 2>/dev/null)" = "$now" ]; then exit 0; fi

if [ "$python" != .venv/bin/python ]; then
    # It would be emptied, and it is another checkout's.
    if [ -L .venv ]; then stop "the .venv here is a link to $(readlink .venv), which is not ours: remove the link"; fi
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
say "installing Python packages into .venv"
pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install "$@"; }
pip --require-hashes -r requirements.txt ${check:+-r requirements-dev.txt}
pip --no-deps --no-build-isolation --no-index --editable .
echo "$run" >.venv/made
if [ -n "$check" ]; then echo "$all" >.venv/made-dev; fi
