"""Opens a bundle with other people's readers and schemas, and says what they say.

    python validate.py BUNDLE --pycsw pycsw-2.6.2.tar.gz

ISO records are validated against the XML schemas of ISO/TS 19139 of 2007 (in the source distribution of pycsw 2.6.2), STAC against the
JSON schemas of STAC 1.1.0 (in the wheel of pystac) and read with pystac and its extensions, GeoJSON by the rules of RFC 7946, rasters and
vectors by gdalinfo and ogrinfo, GeoPackages by sqlite3. The JSON schemas of the STAC extensions are in no registry: what pystac's classes
read of them is compared with the files instead. Nothing is fetched. Exit status 0 when nothing is wrong, 1 when something is.
"""

import argparse
import hashlib
import importlib.resources
import json
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import jsonschema
import pystac
from lxml import etree
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

ISO = "pycsw-2.6.2/pycsw/plugins/profiles/apiso/schemas/ogc/iso/19139/20070417/gmx/gmx.xsd"


class Report:
    """What was looked at and what was wrong."""

    def __init__(self):
        self.looked, self.wrong = 0, 0

    def say(self, file, problems):
        self.looked += 1
        for problem in problems:
            self.wrong += 1
            print(f"WRONG {file}: {problem}")
        if not problems:
            print(f"ok    {file}")


def iso(bundle, pycsw, report):
    records = sorted(bundle.glob("metadata/iso/*.xml"))
    if not pycsw:
        report.say("metadata/iso", ["no --pycsw: the XML schemas are not at hand"] if records else [])
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(pycsw) as archive:
            archive.extractall(folder, members=[m for m in archive if m.name.endswith(".xsd")], filter="data")
        parser = etree.XMLParser(no_network=True, resolve_entities=False)
        schema = etree.XMLSchema(etree.parse(str(Path(folder, ISO)), parser))
        for record in records:
            tree = etree.parse(str(record), parser)
            schema.validate(tree)
            report.say(record.relative_to(bundle), [f"line {e.line}: {e.message}" for e in schema.error_log])


def schemas():
    """The validators of STAC 1.1.0 for Items and Collections, with nothing fetched."""
    resources = []
    root = importlib.resources.files("pystac.validation.jsonschemas")
    for folder in ("stac-spec/v1.1.0", "geojson"):
        for entry in root.joinpath(folder).iterdir():
            if entry.name.endswith(".json"):
                schema = json.loads(entry.read_text())
                # As published, the schema of the common members misspells its own name.
                schema["$id"] = re.sub("commonjson$", "common.json", schema["$id"])
                resources.append((schema["$id"].rstrip("#"), Resource.from_contents(schema, default_specification=DRAFT7)))
    registry = Registry().with_resources(resources)
    of = {name.rsplit("/", 1)[-1]: resource.contents for name, resource in resources}
    draft = lambda name: jsonschema.Draft7Validator(of[name], registry=registry)
    return {"Feature": draft("item.json"), "Collection": draft("collection.json"), "Catalog": draft("catalog.json")}


def stac(bundle, report):
    validators = schemas()
    for path in sorted(bundle.glob("metadata/stac/**/*.json")):
        value = json.loads(path.read_text())
        validator = validators.get(value.get("type"))
        if validator is None:
            report.say(path.relative_to(bundle), [f"type {value.get('type')}"])
            continue
        found = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]
        if not found and value["type"] == "Feature":
            found = item(bundle, pystac.Item.from_file(str(path)))
        report.say(path.relative_to(bundle), found)
    collection = bundle / "metadata/stac/collection.json"
    if collection.exists():
        items = list(pystac.Collection.from_file(str(collection)).get_items(recursive=True))
        listed = json.loads((bundle / "bundle.json").read_text())["mapsets"]
        ids = sorted(i.id for i in items)
        wanted = sorted(m["mapset_id"] for m in listed)
        report.say("metadata/stac/collection.json, read by pystac", [] if ids == wanted else [f"Items {ids}, mapsets {wanted}"])


def item(bundle, of):
    found = []
    for name, asset in of.assets.items():
        href = Path(asset.get_absolute_href())
        if bundle.resolve() not in href.resolve().parents or not href.is_file():
            found.append(f"asset {name} leads to no file of the bundle: {asset.href}")
            continue
        if FileExtension.has_extension(of) and asset.extra_fields.get("file:checksum"):
            file = FileExtension.ext(asset)
            if file.checksum != "1220" + hashlib.sha256(href.read_bytes()).hexdigest() or file.size != href.stat().st_size:
                found.append(f"asset {name}: checksum or size is not the file's")
        if href.suffix == ".tif":
            found += raster(name, asset, href)
    return found


def raster(name, asset, path):
    told = json.loads(run("gdalinfo", "-json", str(path)))
    projection = ProjectionExtension.ext(asset)
    x, a, b, y, d, e = told["geoTransform"]
    found = []
    if list(projection.shape or []) != told["size"][::-1]:
        found.append(f"asset {name}: proj:shape {projection.shape}, gdalinfo {told['size'][::-1]}")
    # gdalinfo writes sixteen digits, one less than a number may need.
    pairs = zip(list(projection.transform or [float("nan")] * 6), [a, b, x, d, e, y])
    if not all(abs(p - q) <= 1e-9 * abs(a) for p, q in pairs):
        found.append(f"asset {name}: proj:transform {projection.transform}, gdalinfo {[a, b, x, d, e, y]}")
    code = told.get("stac", {}).get("proj:epsg")
    if code and projection.code != f"EPSG:{code}":
        found.append(f"asset {name}: proj:code {projection.code}, gdalinfo EPSG:{code}")
    return found


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[:300]}")
    return done.stdout


def area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))


def geojson(text):
    value = json.loads(text)
    found = []
    if value.get("type") != "FeatureCollection" or "crs" in value:
        found.append("no FeatureCollection, or a crs member")
    if re.search(r"\.\d{8,}", re.sub(r'"properties":\s*\{[^}]*\}', "", text)):
        found.append("more than seven decimals")
    for feature in value.get("features", []):
        geometry = feature["geometry"] or {}
        polygons = {"Polygon": [geometry.get("coordinates")], "MultiPolygon": geometry.get("coordinates")}.get(geometry.get("type"), [])
        for polygon in polygons:
            for i, ring in enumerate(polygon):
                if len(ring) < 4 or ring[0] != ring[-1]:
                    found.append("a ring that is not closed")
                elif (area(ring) > 0) != (i == 0):
                    found.append("a ring the wrong way round")
                if any(abs(x) > 180 or abs(y) > 90 for x, y, *_ in ring) or any(abs(p[0] - q[0]) > 180 for p, q in zip(ring, ring[1:])):
                    found.append("a position off the globe, or an edge across longitude 180")
    return found


def geopackage(path):
    found = []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        ask = lambda what: database.execute(what).fetchall()
        if ask("PRAGMA integrity_check") != [("ok",)]:
            found.append("sqlite3: not whole")
        if ask("PRAGMA application_id") != [(0x47504B47,)] or ask("PRAGMA user_version")[0][0] < 10300:
            found.append("application id or user version")
        hotspots = [name for (name,) in ask("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]
        beside = path.with_suffix(".geojson")
        if beside.exists() and "hotspots" in hotspots:
            ids = sorted(i for (i,) in ask("SELECT hotspot_id FROM hotspots"))
            if ids != sorted(f["properties"]["hotspot_id"] for f in json.loads(beside.read_text())["features"]):
                found.append("other hotspots than in the GeoJSON")
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bundle", type=Path)
    arguments.add_argument("--pycsw", type=Path, help="the source distribution pycsw-2.6.2.tar.gz, for its XML schemas")
    options = arguments.parse_args()
    report, bundle = Report(), options.bundle
    iso(bundle, options.pycsw, report)
    stac(bundle, report)
    for path in sorted(bundle.rglob("*")):
        name = path.relative_to(bundle)
        try:
            if path.suffix in (".tif", ".tiff"):
                told = json.loads(run("gdalinfo", "-json", str(path)))
                report.say(name, [] if told["driverShortName"] == "GTiff" else [f"opens as {told['driverShortName']}"])
            elif path.suffix == ".geojson":
                report.say(name, geojson(path.read_text()) + [] * bool(run("ogrinfo", "-ro", "-so", "-al", str(path))))
            elif path.suffix == ".gpkg":
                report.say(name, geopackage(path) + [] * bool(run("ogrinfo", "-ro", "-so", "-al", str(path))))
        except (RuntimeError, sqlite3.Error, ValueError, subprocess.TimeoutExpired) as error:
            report.say(name, [str(error)])
    print(f"{report.looked} files looked at, {report.wrong} problems")
    return 1 if report.wrong or not report.looked else 0


if __name__ == "__main__":
    sys.exit(main())
