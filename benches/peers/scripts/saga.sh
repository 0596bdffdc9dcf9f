#!/bin/sh
# saga.sh WORK CSV CELLS OUT: on two threads. It reads a shapefile beside the CSV, made by `shapefile.sh` (not timed), computes
# a variogram of its own before it kriges (kept small: every 50th sample), and its grids hold 32-bit numbers.
# Its "variance" leaves out the Lagrange multiplier, so it is not that of ordinary kriging, and is not compared.
set -e
work=$1 samples=${2%.csv}.shp out=$4
cell=$(awk "BEGIN { printf \"%.6f\", 1000000 / $3 }")
grid="-TARGET_USER_SIZE $cell -TARGET_USER_XMIN 3500000 -TARGET_USER_XMAX 4500000 -TARGET_USER_YMIN 2000000
    -TARGET_USER_YMAX 3000000 -TARGET_USER_FITS 1 -SEARCH_RANGE 1"
model='ifelse(gt(x,50000),400,100+300*(1.5*x/50000-0.5*(x/50000)^3))'
kriging="exec saga_cmd -c=2 -f=s statistics_kriging 0 -POINTS $samples -FIELD value $grid -TQUALITY 1 -VAR_MAXDIST 100000
    -VAR_NCLASSES 15 -VAR_NSKIP 50 -VAR_MODEL $model -PREDICTION $out/pred.sgrd -VARIANCE $out/other.sgrd"
case $work in
local) $kriging -SEARCH_POINTS_ALL 0 -SEARCH_POINTS_MIN 1 -SEARCH_POINTS_MAX 32 ;;
global) $kriging -SEARCH_POINTS_ALL 1 ;;
idw) exec saga_cmd -c=2 -f=s grid_gridding 1 -POINTS "$samples" -FIELD value $grid -TARGET_OUT_GRID "$out/pred.sgrd" \
        -SEARCH_POINTS_ALL 0 -SEARCH_POINTS_MIN 1 -SEARCH_POINTS_MAX 12 -DW_WEIGHTING 1 -DW_IDW_POWER 2 ;;
*) echo "saga.sh: no $work" >&2; exit 2 ;;
esac
