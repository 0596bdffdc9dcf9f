//! Files that no program wrote: one clear error, no panic, no end of the process.

use std::panic::catch_unwind;

use parquet::basic::{Compression, ZstdLevel};
use proptest::prelude::*;

use super::*;

/// Everything that is done with the bytes of a file; how often they were refused.
fn attempt(path: &Path) -> usize {
    let mut refused = 0;
    for outcome in [read_samples(path, &local("zinc")).map(drop), read_points(path, &local("")).map(drop)] {
        if let Err(error) = outcome {
            refused += 1;
            let text = error.to_string();
            assert!(text.contains("t.parquet") && !text.contains('\n') && text.len() < 4000, "{text}");
        }
    }
    refused
}

/// Points in two groups, of each compression; no CRS, for to look one up takes longer than all else.
fn originals() -> Vec<Vec<u8>> {
    const GEO: &str = r#"{"primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","crs":null}}}"#;
    let places = [[5.0, 50.0], [5.25, 50.5], [6.0, 51.0]];
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let all = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        zstd,
        Compression::LZ4_RAW,
        Compression::GZIP(Default::default()),
    ];
    all.into_iter().map(|how| of_points(Some(GEO), &places).compressed(how)).collect()
}

#[test]
fn what_is_cut_off_is_refused() {
    let bytes = &originals()[1];
    for length in 0..bytes.len() {
        let scratch = Scratch::new("t.parquet", &bytes[..length]);
        let error = read_samples(&scratch.path, &local("zinc")).unwrap_err().to_string();
        assert!(
            error.contains("t.parquet: cannot be read: it is not a Parquet file, or not a whole one ("),
            "{length}: {error}"
        );
    }
    let scratch = Scratch::new("t.parquet", "x,y,zinc\n0,0,1\n");
    let error = read_samples(&scratch.path, &local("zinc")).unwrap_err().to_string();
    assert!(error.contains("it is not a Parquet file, or not a whole one (Invalid Parquet file"), "{error}");
}

/// Every byte of every file in turn, to values that make counts huge, negative or nothing.
#[test]
fn no_byte_out_of_place_ends_the_process() {
    let (mut files, mut refused) = (0, 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    for (nth, bytes) in originals().into_iter().enumerate() {
        // All values of one file; a few of the others.
        let values: &[u8] = if nth == 0 { &[0x00, 0x01, 0x7f, 0x80, 0xff] } else { &[0xff] };
        for at in 0..bytes.len() {
            for &value in values.iter().filter(|&&value| value != bytes[at]) {
                let mut broken = bytes.clone();
                broken[at] = value;
                std::fs::write(&path, &broken).unwrap();
                let outcome = catch_unwind(|| attempt(&path));
                refused += outcome.unwrap_or_else(|_| panic!("file {nth}, byte {at} as {value}"));
                files += 1;
            }
        }
    }
    assert!(refused > files / 10, "{refused} refusals of {files} files");
}

/// Counts as large as their encoding allows, where bytes of counts are: lengths that memory could not hold.
#[test]
fn counts_beyond_memory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    for bytes in originals() {
        for at in 4..bytes.len() - 8 {
            for huge in
                [&[0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00]]
            {
                let mut broken = bytes.clone();
                let end = (at + huge.len()).min(broken.len() - 8);
                broken[at..end].copy_from_slice(&huge[..end - at]);
                std::fs::write(&path, &broken).unwrap();
                catch_unwind(|| attempt(&path)).unwrap_or_else(|_| panic!("byte {at}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_between_the_marks_are_refused(inside in prop::collection::vec(any::<u8>(), 0..400), length in 0..500_u32) {
        let bytes = [b"PAR1", &inside[..], &length.to_le_bytes(), b"PAR1"].concat();
        let scratch = Scratch::new("t.parquet", bytes);
        prop_assert!(read_samples(&scratch.path, &wanting("zinc")).is_err());
    }

    #[test]
    fn numbers_are_the_same_to_the_bit(rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..40)) {
        let rows: Vec<_> = rows.into_iter().filter(|r| r.0.is_finite() && r.1.is_finite() && r.2.is_finite()).collect();
        prop_assume!(!rows.is_empty());
        let table = Table {
            schema: "message m { required double x; required double y; optional double zinc; }",
            geo: None,
            rows: rows.len(),
            group: 7,
            columns: vec![
                Column::Double(rows.iter().map(|r| Some(r.0)).collect()),
                Column::Double(rows.iter().map(|r| Some(r.1)).collect()),
                Column::Double(rows.iter().map(|r| Some(r.2)).collect()),
            ],
        };
        let scratch = Scratch::new("t.parquet", table.bytes());
        let table = read_samples(&scratch.path, &local("zinc")).unwrap();
        prop_assert_eq!(table.coords().len(), rows.len());
        for (row, (coord, reading)) in rows.iter().zip(table.coords().iter().zip(table.analytes()[0].readings())) {
            prop_assert_eq!([row.0, row.1].map(f64::to_bits), coord.map(f64::to_bits));
            prop_assert_eq!(Reading::Measured(Measurement::Quantified(row.2)), *reading);
        }
    }
}
