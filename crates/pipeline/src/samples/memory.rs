//! What a row of samples takes of memory, so that a run can be planned before its file is read.

use soilscope_core::Coord;
use soilscope_core::censored::Measurement;

use super::input::Input;
use super::prepare::Prepared;
use super::source::Shape;
use super::table::{Reading, SampleTable};
use crate::Result;

/// Bytes that a row of samples takes.
///
/// Rows are those that are kept: all of a wide file, of a long one those of the analytes that were asked for. A file of text or Parquet
/// itself takes nothing, for it is read as it is walked over (but what comes through a pipe is held whole, and so are
/// features that GDAL reads).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowMemory {
    /// In a [`SampleTable`], while it is read and afterwards.
    pub table: usize,
    /// While one analyte is made ready by [`SampleTable::prepare`], beside the table; 8 less where no two rows share a place. Rows that
    /// do are also listed, in some 100 bytes for each such place, which is more only where most places are shared.
    pub preparing: usize,
    /// In what became of it, [`Prepared`].
    pub prepared: usize,
}

/// Bytes of a reading: its record and what was reported.
const READING: usize = size_of::<u32>() + size_of::<Reading>();
/// Bytes of a place: where, and on which line.
const PLACE: usize = size_of::<Coord>() + size_of::<usize>();
/// Bytes of a sample: place, value, line, record, measurement.
const SAMPLE: usize = size_of::<Coord>() + size_of::<f64>() + 2 * size_of::<usize>() + size_of::<Measurement>();
/// Bytes by which a sample is known while it is prepared: the number of its reading, and twice that of its place.
const NUMBERS: usize = 3 * size_of::<u32>();

/// What a row takes in a table of `analytes` (of a long one they share the rows), without columns that are kept as text: these take 24
/// bytes a row and column, and their text.
///
/// # Examples
/// ```
/// use soilscope_pipeline::samples::{Shape, memory_per_row};
/// let row = memory_per_row(Shape::Wide, 1);
/// // A table of a million rows, one analyte of it made ready:
/// assert_eq!((row.table + row.preparing) * 1_000_000, 112_000_000);
/// ```
pub fn memory_per_row(shape: Shape, analytes: usize) -> RowMemory {
    let readings = match shape {
        Shape::Wide => analytes,
        Shape::Long => 1,
    };
    RowMemory { table: PLACE + readings * READING, preparing: SAMPLE + NUMBERS, prepared: SAMPLE }
}

/// Memory that a process may take, and what it holds before a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that the process may take in all.
    pub limit: u64,
    /// Bytes that it holds already.
    pub held: u64,
}

/// Bytes of a cell of text that is kept, beside what is longer than this.
const TEXT: usize = size_of::<String>() + 16;

/// Refuses samples that would not fit: `rows` that are kept with `texts` columns of text, `analytes` as columns of a wide file or in
/// rows of a long one, the most frequent of which has `most` readings.
pub(super) fn refuse_too_many(
    input: &Input,
    room: Option<Room>,
    shape: Shape,
    [rows, most]: [usize; 2],
    [analytes, texts]: [usize; 2],
) -> Result<()> {
    let Some(Room { limit, held }) = room else { return Ok(()) };
    let row = memory_per_row(shape, analytes);
    let table = (rows * (row.table + texts * TEXT)) as u64;
    let preparing = (most * row.preparing) as u64;
    let sum = held + table + preparing;
    if sum <= limit {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(input.refuse(
        format!(
            "its {rows} rows take up to {} MiB, which is more than the {} MiB allowed: {} MiB held by the program + {} MiB of the rows + {} \
             MiB while an analyte is made ready",
            mib(sum),
            limit >> 20,
            mib(held),
            mib(table),
            mib(preparing)
        ),
        "allow more memory, or fewer samples: those of one analyte or one region",
    ))
}

/// Room for so many more, and no more, if there is so much.
pub(super) fn expect<T>(list: &mut Vec<T>, more: usize) {
    // What a file promises need not be true; then the list grows as it must.
    let _ = list.try_reserve_exact(more);
}

fn bytes<T>(list: &[T]) -> usize {
    size_of_val(list)
}

impl SampleTable {
    /// Bytes that the table takes, with its text.
    pub fn memory(&self) -> usize {
        let analytes = self.analytes().iter().map(|a| bytes(a.records()) + bytes(a.readings()));
        let cells = self.text_columns().iter().flat_map(|column| &column.cells);
        let text: usize = cells.map(|cell| size_of::<String>() + cell.capacity()).sum();
        bytes(self.coords()) + bytes(self.lines()) + analytes.sum::<usize>() + text
    }
}

impl Prepared {
    /// Bytes that the samples take, without those that their copies have in common with them.
    pub fn memory(&self) -> usize {
        let merged = self.merged.values().map(|records| 64 + bytes(records));
        bytes(self.samples.coords())
            + bytes(self.samples.values())
            + bytes(&self.rows)
            + bytes(&self.records)
            + bytes(&self.measurements)
            + merged.sum::<usize>()
    }
}
