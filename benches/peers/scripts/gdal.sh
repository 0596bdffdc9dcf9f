#!/bin/sh
# gdal.sh idw CSV CELLS OUT: gdal_grid, on two threads. It needs a radius: 20 km holds 12 samples at 100,000 in the square;
# with a smaller one cells stay empty, with a larger one it is slower.
set -e
cat > "$4/samples.vrt" <<X
<OGRVRTDataSource><OGRVRTLayer name="samples"><SrcDataSource>CSV:$2</SrcDataSource><SrcLayer>$(basename "$2" .csv)</SrcLayer>
<OpenOptions><OOI key="AUTODETECT_TYPE">YES</OOI></OpenOptions>
<GeometryType>wkbPoint</GeometryType><LayerSRS>EPSG:3035</LayerSRS>
<GeometryField encoding="PointFromColumns" x="x" y="y"/><Field name="value" src="value" type="Real"/></OGRVRTLayer></OGRVRTDataSource>
X
GDAL_NUM_THREADS=2 exec gdal_grid -q -a invdistnn:power=2:radius=20000:max_points=12 -zfield value -txe 3500000 4500000 -tye 3000000 2000000 \
    -outsize "$3" "$3" -ot Float64 -of GTiff "$4/samples.vrt" "$4/pred.tif"
