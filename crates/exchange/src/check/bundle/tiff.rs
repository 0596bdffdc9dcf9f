//! The tags of a TIFF as they stand in the file, where GDAL would hide something: order of directories and data, tiles, text of nodata.

use std::collections::BTreeMap;

/// One image file directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Where it begins, in bytes from the file's begin.
    pub at: u64,
    /// Columns.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// Width and height of its tiles; `None` where it is in strips.
    pub tile: Option<[u64; 2]>,
    /// Tag 259.
    pub compression: u64,
    /// Tag 254, bit 0: a smaller version of another image.
    pub reduced: bool,
    /// Tag 254, bit 2: a mask.
    pub mask: bool,
    /// Where its first data (tile or strip) begins; `None` where all are absent.
    pub data: Option<u64>,
}

/// What a TIFF's tags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiff {
    /// Its directories, in the order of their chain.
    pub directories: Vec<Directory>,
    /// Text of GDAL_NODATA (42113), trimmed of its closing zero.
    pub nodata: Option<String>,
    /// Text of GDAL_METADATA (42112).
    pub metadata: Option<String>,
    /// Texts of all other ASCII tags of the first directory (who made it, where, with what), by tag.
    pub texts: BTreeMap<u16, String>,
}
