#!/bin/sh
# Prints the Python with which tools/setup.sh makes .venv, or nothing where there is none that will do.
#
# Of those on PATH that are 3.11 or newer: one that can make a .venv without another package; that tipbrief is
# tested with; that was built for speed, with profile-guided optimisation (a system's own are, and one that was
# configured with --enable-optimizations: others take up to a third more time); and the newest of these.
set -eu

rank='
import importlib.util, sys, sysconfig
minor = sys.version_info[1]
if sys.version_info < (3, 11):
    sys.exit(1)
able = all(map(importlib.util.find_spec, ("ensurepip", "venv")))
tested = minor <= 14
fast = sys.base_prefix == "/usr" or "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
print(f"1{able:d}{tested:d}{fast:d}{minor:02d}", sys.executable)
'
best=0 python=
IFS=:
for folder in $PATH; do
    for name in python3 python3.11 python3.12 python3.13 python3.14 python3.15; do
        [ -x "$folder/$name" ] && found=$("$folder/$name" -c "$rank" 2>/dev/null) || continue
        if [ "${found%% *}" -gt "$best" ]; then
            best=${found%% *} python=${found#* }
        fi
    done
done
echo "$python"
