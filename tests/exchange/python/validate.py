"""A bundle as other programs see it: ISO records against the schemas, STAC by pystac, files by GDAL.

    validate.py BUNDLE... --schemas pycsw-2.6.2.tar.gz

ISO's schemas of 2006 come with the source of pycsw; the edition of 2007 differs from them by the namespace of GML 3.2, which is put in here.
The core schemas of STAC 1.1.0 come with pystac. Schemas of its extensions are in no package: their members are compared with the files.
"""
import argparse
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import warnings
from pathlib import Path

import pystac
from lxml import etree
from pystac.validation.local_validator import LocalValidator

ISO = "pycsw/plugins/profiles/apiso/schemas/ogc/iso/19139/20060504"
W3C = "pycsw/core/schemas/w3c"


def schema_of(archive, folder):
    """The schema of MD_Metadata, unpacked into `folder`."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inside = member.name.split("/", 1)[-1]
            if member.isfile() and inside.endswith(".xsd") and inside.startswith((ISO, W3C)):
                text = tar.extractfile(member).read().decode("utf-8-sig")
                text = re.sub(r'"http://www\.opengis\.net/gml"', '"http://www.opengis.net/gml/3.2"', text)
                at = Path(folder, inside)
                at.parent.mkdir(parents=True, exist_ok=True)
                at.write_text(text, encoding="utf-8")
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(Path(folder, ISO, "gmx/gmx.xsd")), parser))


def iso(bundle, schema):
    records = sorted(bundle.glob("metadata/iso/*.xml"))
    for path in records:
        parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
        if not schema.validate(etree.parse(str(path), parser)):
            for error in list(schema.error_log)[:5]:
                yield f"{path.name}, line {error.line}: {error.message}"
    if not records:
        yield "there is no ISO record"


def stac(bundle, read):
    root = bundle / "metadata/stac/collection.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validator = LocalValidator()
    collection = pystac.Collection.from_file(str(root))
    for error in validator.collection_validator().iter_errors(json.loads(root.read_text())):
        yield f"collection: {error.message}"
    items = list(collection.get_items(recursive=True))
    if not items:
        yield "the collection has no items"
    for item in items:
        path = Path(item.get_self_href())
        for error in validator.item_validator().iter_errors(json.loads(path.read_text())):
            yield f"{item.id}: {error.message}"
        rasters = [a for a in item.assets.values() if (a.media_type or "").startswith("image/tiff")]
        if not rasters:
            yield f"{item.id}: no asset is a raster"
        for asset in rasters:
            at = Path(asset.get_absolute_href())
            if not at.is_file():
                yield f"{item.id}: {asset.href} is not there"
                continue
            info = read(at)
            own = {**item.properties, **asset.extra_fields}
            columns, rows = info["size"]
            g = info["geoTransform"]
            expected = {"proj:shape": [rows, columns], "proj:transform": [g[1], g[2], g[0], g[4], g[5], g[3]]}
            for key, value in expected.items():
                found = own.get(key)
                if found is None or any(abs(a - b) > 1e-12 for a, b in zip(found, value)):
                    yield f"{item.id}: {key} of {asset.href} is {found}, the file has {value}"
            if asset.extra_fields.get("file:size") != at.stat().st_size:
                yield f"{item.id}: file:size of {asset.href} is not the file's"


def gdal(bundle, read):
    for path in sorted(bundle.rglob("*.tif")):
        info = read(path)
        if info["driverShortName"] != "GTiff" or len(info["bands"]) != 1:
            yield f"{path.name}: no GeoTIFF of one band"
        layout = info["metadata"].get("IMAGE_STRUCTURE", {}).get("LAYOUT")
        if layout != "COG":
            yield f"{path.name}: its layout is {layout}, not COG"
    for path in sorted([*bundle.glob("vector/*.gpkg"), *bundle.glob("vector/*.geojson")]):
        done = subprocess.run(["ogrinfo", "-ro", "-al", "-so", str(path)], capture_output=True, text=True)
        if done.returncode or "Feature Count" not in done.stdout:
            yield f"{path.name}: ogrinfo: {done.stderr or done.stdout}"
        elif done.stderr.strip():
            yield f"{path.name}: ogrinfo says {done.stderr.strip()}"


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("bundles", nargs="+", type=Path)
    words.add_argument("--schemas", required=True, help="the source distribution of pycsw 2.6.2")
    args = words.parse_args()

    def read(path):
        done = subprocess.run(["gdalinfo", "-json", str(path)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    faults = []
    with tempfile.TemporaryDirectory() as folder:
        schema = schema_of(args.schemas, folder)
        for bundle in args.bundles:
            for name, found in [("ISO", iso(bundle, schema)), ("STAC", stac(bundle, read)), ("GDAL", gdal(bundle, read))]:
                found = list(found)
                print(f"{bundle.name}: {name}: {'valid' if not found else f'{len(found)} faults'}")
                faults += [f"{bundle.name}: {name}: {fault}" for fault in found]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
