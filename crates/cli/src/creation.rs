//! `--co`: creation options of rasters.

use anyhow::{Result, bail};

/// Creation options of the COG driver with which it would write another grid than the map's.
const REGRIDDING: [&str; 7] =
    ["TILING_SCHEME", "ZOOM_LEVEL", "ZOOM_LEVEL_STRATEGY", "TARGET_SRS", "RES", "EXTENT", "ALIGNED_LEVELS"];

/// The options as names and values.
pub(crate) fn options(co: &[String]) -> Result<Vec<(String, String)>> {
    co.iter()
        .map(|option| match option.split_once('=') {
            Some((name, _)) if REGRIDDING.iter().any(|r| r.eq_ignore_ascii_case(name)) => {
                bail!("--co {option} would move the cells: use --cell, --bounds, --like and --out-crs, or gdalwarp afterwards")
            }
            Some((name, value)) if !name.is_empty() => Ok((name.to_ascii_uppercase(), value.to_owned())),
            _ => bail!("--co takes NAME=VALUE, as COMPRESS=ZSTD, not '{option}'"),
        })
        .collect()
}
