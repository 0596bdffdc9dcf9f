#!/bin/sh
# grass-location.sh CSV: a GRASS location beside the CSV, with the samples in it. Not timed.
set -e
location=${1%.csv}.grass
rm -rf "$location"
grass -c EPSG:3035 "$location" -e
tail -n +2 "$1" > "$location/points"
grass "$location/PERMANENT" --exec v.in.ascii input="$location/points" output=samples separator=comma x=1 y=2 \
    columns="x double precision, y double precision, value double precision" --o --q
