//! What several tests need.

pub(crate) mod good;
pub(crate) mod good_raster;
pub(crate) mod mutation;

/// What records, vectors and points the good bundle has besides.
pub(crate) fn records(root: &std::path::Path, bundle: &serde_json::Value) {
    for name in ["hotspots", "metadata_iso", "stac_item"] {
        good::put(root, bundle["mapsets"][0][name].as_str().unwrap(), "{}\n");
    }
}
