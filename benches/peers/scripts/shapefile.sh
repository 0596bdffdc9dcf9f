#!/bin/sh
# shapefile.sh CSV: the shapefile that SAGA reads, beside the CSV. Not timed.
exec ogr2ogr -overwrite -f "ESRI Shapefile" "${1%.csv}.shp" "$1" -oo AUTODETECT_TYPE=YES -oo X_POSSIBLE_NAMES=x \
    -oo Y_POSSIBLE_NAMES=y -a_srs EPSG:3035 -lco SHPT=POINT
