"""Writes the GeoParquet files beside this script from data/meuse.csv, by programs that are not ours.

Made once, with pyarrow 26.0.1 and geopandas 1.2.0, and committed; tests only read them:

    pip install pyarrow==26.0.1 geopandas==1.2.0
    python tests/samples/geoparquet/make.py

meuse_wkb.parquet    all samples, GeoParquet 1.0: geometries as WKB, the CRS as PROJJSON with its code; `lead` as 32-bit whole numbers,
                     `site` as categories (a dictionary), `copper` as decimals, `sampled` as dates; Snappy, as geopandas does by itself
meuse_point.parquet  twelve samples in longitude and latitude, GeoParquet 1.1: geometries as pairs of numbers, a struct of bounds beside
                     them, `zinc` as text with limits and a missing value, one missing place without a value; Zstandard, row groups of five
"""

import decimal
import pathlib

import geopandas
import pandas

HERE = pathlib.Path(__file__).resolve().parent
meuse = pandas.read_csv(HERE.parents[2] / "data" / "meuse.csv")

table = meuse[["zinc", "cadmium"]].copy()
table["lead"] = meuse["lead"].astype("int32")
table["copper"] = [decimal.Decimal(int(value)).quantize(decimal.Decimal("0.01")) for value in meuse["copper"]]
table["site"] = pandas.Categorical([f"class {soil}" for soil in meuse["soil"]])
table["sampled"] = pandas.to_datetime("1990-06-01").date()
places = geopandas.points_from_xy(meuse["x"], meuse["y"], crs="EPSG:28992")
geopandas.GeoDataFrame(table, geometry=places).to_parquet(
    HERE / "meuse_wkb.parquet", index=False, geometry_encoding="WKB", schema_version="1.0.0"
)

few = meuse.head(12)
zinc = [str(value) for value in few["zinc"]]
zinc[3], zinc[5], zinc[7] = "<200", None, None
degrees = geopandas.GeoSeries(geopandas.points_from_xy(few["x"], few["y"], crs="EPSG:28992")).to_crs("EPSG:4326")
degrees[7] = None
geopandas.GeoDataFrame({"zinc": zinc, "elev": few["elev"].astype("float32")}, geometry=degrees).to_parquet(
    HERE / "meuse_point.parquet",
    index=False,
    geometry_encoding="geoarrow",
    schema_version="1.1.0",
    write_covering_bbox=True,
    compression="zstd",
    row_group_size=5,
)
