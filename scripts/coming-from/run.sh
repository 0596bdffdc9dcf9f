#!/bin/sh
# Runs gstat, GSTools and PyKrige on the cases of docs/coming-from.md and writes what they answer to peers.csv, beside this
# file; `cargo test` compares Soilscope with that. Run from the project's root. Needs Rscript with gstat and sp, and a Python
# (PEERS_PYTHON, by default one in a virtual environment that this makes under $TARGET) with gstools and pykrige.
set -eu
here=scripts/coming-from
venv=${TARGET:-target}/peers
python=${PEERS_PYTHON:-$venv/bin/python}
if ! "$python" -c 'import gstools, pykrige' 2>/dev/null; then
    if [ -n "${PEERS_PYTHON:-}" ]; then
        echo "peers: $python lacks gstools or pykrige" >&2
        exit 2
    fi
    python3 -m venv "$venv"
    "$python" -m pip install --quiet gstools==1.7.0 pykrige==1.7.3
fi
if ! Rscript -e 'library(gstat); library(sp)' >/dev/null 2>&1; then
    echo 'peers: R with gstat and sp is missing; on Debian: apt-get install r-cran-gstat r-cran-sp' >&2
    exit 2
fi

new=$(mktemp)
trap 'rm -f "$new"' EXIT
echo case,tool,item,value,variance >"$new"
Rscript "$here/peers.R" >>"$new"
"$python" "$here/peers.py" >>"$new"
# The whole tasks print `item number` lines.
task() {
    tool=$1
    shift
    lines=$("$@")
    echo "$lines" | while read -r item number; do echo "task,$tool,$item,$number,"; done >>"$new"
}
task gstat Rscript "$here/task-gstat.R"
task GSTools "$python" "$here/task-gstools.py"
task PyKrige "$python" "$here/task-pykrige.py"
cp "$new" "$here/peers.csv"
cat "$here/peers.csv"
