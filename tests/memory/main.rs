//! What reading samples takes of memory, by an allocator that counts, against what is stated beforehand.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one hands everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use soilscope_pipeline::samples::{Preparation, ReadOptions, Shape, memory_per_row, read_samples};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grown(more: usize) {
    let held = HELD.fetch_add(more, Ordering::Relaxed) + more;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call is the system allocator's, with the arguments that came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    /// Large blocks are moved by their pages, so that old and new are never there together.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size.checked_sub(layout.size()) {
            Some(more) => grown(more),
            None => _ = HELD.fetch_sub(layout.size() - size, Ordering::Relaxed),
        }
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The result, the most that was held meanwhile, and what is held afterwards, beyond what was before.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed) - before, HELD.load(Ordering::Relaxed) - before)
}

const ROWS: usize = 200_000;
/// Buffers, the first rows, the CRS: what does not grow with the rows.
const FIXED: usize = 6 << 20;

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn options(analytes: &[&str]) -> ReadOptions {
    let analytes = analytes.iter().map(|&a| a.to_owned()).collect();
    ReadOptions { analytes, crs: Some("local".to_owned()), ..ReadOptions::default() }
}

/// One test, for the allocator counts the whole process.
#[test]
fn memory_is_what_is_stated() {
    let folder = tempfile::tempdir().unwrap();
    let (mut wide, mut long, mut twice) =
        ("x,y,zinc,lead\n".to_owned(), "x,y,analyte,value\n".to_owned(), "x,y,zinc\n".to_owned());
    for i in 0..ROWS {
        let (x, y) = (1e5 + (i % 1000) as f64 * 1.25, 2e5 + (i / 1000) as f64 * 2.5);
        writeln!(wide, "{x},{y},{},<{}", i % 977, 1 + i % 7).unwrap();
        // A quarter is of the analyte that is asked for.
        writeln!(long, "{x},{y},{},{}", ["Zn", "Pb", "Cu", "Cd"][i % 4], i % 977).unwrap();
        writeln!(twice, "{x},{},{}", 2e5 + (i / 2000) as f64, i % 977).unwrap();
    }
    let [wide, long, twice] =
        [("wide.csv", &wide), ("long.csv", &long), ("twice.csv", &twice)].map(|(name, text)| file(&folder, name, text));
    for (path, analytes, shape, rows) in [
        (&wide, &["zinc"][..], Shape::Wide, ROWS),
        (&wide, &["zinc", "lead"], Shape::Wide, ROWS),
        (&long, &["Zn"], Shape::Long, ROWS / 4),
    ] {
        let stated = memory_per_row(shape, analytes.len());
        let (table, peak, held) = measured(|| read_samples(path, &options(analytes)).unwrap());
        let name = path.file_name().unwrap();
        // The room for rows whose number is not known beforehand may be a few hundredths too large.
        assert!(peak <= rows * stated.table * 11 / 10 + FIXED, "{name:?}: {peak} while reading");
        assert!(
            held <= rows * stated.table + FIXED / 4 && held >= rows * stated.table,
            "{name:?}: {held} in the table"
        );
        assert!(table.memory().abs_diff(held) < FIXED / 4, "{name:?}: {} of {held}", table.memory());
        let (prepared, peak, held) = measured(|| table.prepare(analytes[0], &Preparation::default()).unwrap());
        assert_eq!(prepared.samples.len(), rows);
        assert!(peak <= rows * stated.preparing + FIXED / 4, "{name:?}: {peak} while preparing");
        assert!(
            held <= rows * stated.prepared + FIXED / 4 && held >= rows * stated.prepared,
            "{name:?}: {held} prepared"
        );
        assert!(prepared.memory().abs_diff(held) < FIXED / 4, "{name:?}: {} of {held}", prepared.memory());
    }
    // Two at most places: what they are merged by comes on top, and is no multiple of the table.
    let table = read_samples(&twice, &options(&["zinc"])).unwrap();
    let (prepared, peak, _) = measured(|| table.prepare("zinc", &Preparation::default()).unwrap());
    assert!(prepared.samples.len() < ROWS);
    let stated = memory_per_row(Shape::Wide, 1);
    assert!(peak < ROWS * (stated.preparing + stated.table) + FIXED, "{peak} while merging");
}

/// `cargo test --release -p soilscope-pipeline --test memory -- --ignored --nocapture`: what ten million rows take, wide and long (of ten
/// analytes, one of which is wanted), in seconds and bytes, the process's own peak beside.
#[test]
#[ignore = "writes a gigabyte and takes a minute"]
fn ten_million_rows() {
    use std::io::Write;
    const MANY: usize = 10_000_000;
    let folder = tempfile::tempdir().unwrap();
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    for (name, header, shape, kept) in
        [("long.csv", "x,y,analyte,value", Shape::Long, MANY / 10), ("wide.csv", "x,y,zinc,lead", Shape::Wide, MANY)]
    {
        let path = folder.path().join(name);
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        writeln!(file, "{header}").unwrap();
        for i in 0..MANY {
            let [x, y, value] = [1e6 * uniform(), 1e6 * uniform(), 1e3 * uniform()];
            match shape {
                Shape::Long => writeln!(file, "{x:.1},{y:.1},A{},{value:.2}", i % 10).unwrap(),
                Shape::Wide => writeln!(file, "{x:.1},{y:.1},{value:.2},<{:.1}", 1.0 + value / 10.0).unwrap(),
            }
        }
        drop(file);
        let analyte = if shape == Shape::Long { "A3" } else { "zinc" };
        let stated = memory_per_row(shape, 1);
        let began = std::time::Instant::now();
        let (table, peak, held) = measured(|| read_samples(&path, &options(&[analyte])).unwrap());
        let (read, bytes) = (began.elapsed().as_secs_f64(), std::fs::metadata(&path).unwrap().len());
        let began = std::time::Instant::now();
        let (prepared, preparing, _) = measured(|| table.prepare(analyte, &Preparation::default()).unwrap());
        let ready = began.elapsed().as_secs_f64();
        println!(
            "{name}: {MANY} rows, {bytes} bytes, {kept} kept: read in {read:.1} s, peak {peak}, held {held} ({} a row stated); \
             prepared in {ready:.1} s, peak {preparing} more ({} a row stated), {} samples",
            stated.table,
            stated.preparing,
            prepared.samples.len()
        );
        assert!(peak <= kept * stated.table * 11 / 10 + FIXED, "{peak}");
        assert!(preparing <= kept * stated.preparing + FIXED, "{preparing}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM is not told here"));
}
