#!/bin/sh
# grass-out.sh CSV OUT: what v.surf.idw made, as a file. Not timed.
exec grass "${1%.csv}.grass/PERMANENT" --exec r.out.gdal input=idw output="$2/pred.tif" format=GTiff type=Float64 --o --q -c
