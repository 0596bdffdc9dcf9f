#!/bin/sh
# Fails where a crate has come to depend, through whatever path, on what it must not know: files, projections, threads.
set -eu

cd "$(dirname "$0")/.."

forbid() { # forbid CRATE NAME...: none of the names may stand in the crate's tree of normal dependencies
    crate=$1
    shift
    tree=$(cargo tree -p "$crate" -e normal --all-features --locked --prefix none)
    for name in "$@"; do
        if printf '%s\n' "$tree" | grep -q "^$name v"; then
            echo "layers: error: $crate depends on $name; this is how:" >&2
            cargo tree -p "$crate" -e normal --all-features --locked -i "$name" >&2
            exit 1
        fi
    done
    echo "layers: $crate is free of $*"
}

forbid soilscope-core gdal gdal-sys proj proj-sys rayon
forbid soilscope-assess gdal gdal-sys proj proj-sys rayon
# Its wheel needs nothing of the machine.
forbid soilscope-py gdal gdal-sys proj proj-sys soilscope-pipeline

# The judge reads as a stranger: what makes bundles would forgive itself.
if grep -rnE 'crate::(pack|privacy|import|long|verify)\b|use crate::\{[^}]*\b(pack|privacy|import|long|verify)\b' crates/exchange/src/check crates/exchange/src/check.rs >&2; then
    echo 'layers: error: the judge of bundles uses what makes them (the lines above)' >&2
    exit 1
fi
echo 'layers: the judge of bundles is free of what makes them'
