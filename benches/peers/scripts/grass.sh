#!/bin/sh
# grass.sh idw CSV CELLS OUT: v.surf.idw in a location made by grass-location.sh (not timed). It keeps an approximate index of
# samples by cell, so some cells have other neighbours; with -n, which is exact, it does not end in minutes.
set -e
cat > "$4/job.sh" <<X
g.region n=3000000 s=2000000 w=3500000 e=4500000 rows=$3 cols=$3
v.surf.idw input=samples column=value output=idw npoints=12 power=2 --o --q
X
exec grass "${2%.csv}.grass/PERMANENT" --exec sh "$4/job.sh"
