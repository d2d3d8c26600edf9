#!/bin/sh
# Build all documents of a publication in shards with GNU parallel, and gather them.
#   sh parallel.sh PUBLICATION OUT COUNT [options of parallel, such as --sshloginfile hosts]
# On other machines the folders have the same paths, and PARTS (by default parts) is a shared folder.
set -eu
publication=$1 out=$2 count=$3
shift 3
parts=${PARTS:-parts}
# One day for all shards, also past midnight; one core for each, since parallel runs one for each core.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(date +%s)}" TIPBRIEF_CORES=1
# A shard with a faulty document ends with 1. So does one that died, which runs again.
seq "$count" | parallel --retries 2 --env SOURCE_DATE_EPOCH --env TIPBRIEF_CORES "$@" \
    tipbrief build --all --publication "$publication" --shard "{}/$count" --out "$parts/{}" ||
    echo "some shards had problems: gather tells which documents" >&2
tipbrief gather "$parts"/* --publication "$publication" --out "$out"
