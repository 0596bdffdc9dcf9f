//! Tests of soilscope-exchange: files in, files out.
