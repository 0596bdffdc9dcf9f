"""Opens every raster, style and vector of a bundle in QGIS. By hand, for QGIS is large:

    apt-get install --no-install-recommends python3-qgis qgis-providers
    /usr/bin/python3 tests/exchange/python/open_in_qgis.py BUNDLE

Exit status 0 when QGIS takes all of them.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import Qgis, QgsApplication, QgsRasterLayer, QgsVectorLayer  # noqa: E402


def main(bundle):
    application = QgsApplication([], False)
    application.initQgis()
    print("QGIS", Qgis.QGIS_VERSION)
    faults = 0
    for path in sorted(bundle.glob("rasters/**/*.tif")):
        layer = QgsRasterLayer(str(path))
        fine = layer.isValid() and layer.crs().isValid()
        print("ok" if fine else "NOT", path.relative_to(bundle), layer.crs().authid(), layer.width(), "x", layer.height(), layer.bandName(1))
        faults += not fine
        stat = layer.bandName(1).split()[3] if fine else ""
        for style in sorted(bundle.glob(f"styles/{stat}_*.qml")):
            _, taken = layer.loadNamedStyle(str(style))
            print("   ", "ok" if taken else "NOT", style.relative_to(bundle), layer.renderer().type())
            faults += not taken
    for path in sorted([*bundle.glob("vector/*.geojson"), *bundle.glob("vector/*.gpkg")]):
        layer = QgsVectorLayer(str(path))
        print("ok" if layer.isValid() else "NOT", path.relative_to(bundle), layer.featureCount(), "features", layer.crs().authid())
        faults += not layer.isValid()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
