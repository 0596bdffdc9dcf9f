import sys, os, glob
os.environ["QT_QPA_PLATFORM"]="offscreen"
from qgis.core import QgsApplication, QgsRasterLayer, QgsVectorLayer, Qgis
app=QgsApplication([],False); app.initQgis()
b=sys.argv[1]; bad=0
print("QGIS", Qgis.QGIS_VERSION)
for f in sorted(glob.glob(b+"/rasters/**/*.tif",recursive=True)):
    l=QgsRasterLayer(f); ok=l.isValid() and l.crs().isValid()
    print(ok, os.path.relpath(f,b), l.crs().authid(), l.width(), l.height(), l.bandName(1)); bad+=not ok
    stat={"MEAN":"MEAN","SDEV":"SDEV","UNCT":"UNCT"}.get(f.rsplit("-",1)[-1][:-4]) 
    for q in glob.glob(b+"/styles/*.qml"):
        s=os.path.basename(q).split("_")[0]
        if (stat==s) or (stat is None and s in os.path.basename(f)):
            m,okk=l.loadNamedStyle(q); print("   style",os.path.basename(q),okk,l.renderer().type()); bad+=not okk
for f in sorted(glob.glob(b+"/vector/*.g*")):
    l=QgsVectorLayer(f); print(l.isValid(), os.path.relpath(f,b), l.featureCount(), l.crs().authid()); bad+=not l.isValid()
print("bad",bad); sys.exit(bool(bad))
