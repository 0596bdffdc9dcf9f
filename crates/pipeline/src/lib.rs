//! soilscope-core over rasters.
