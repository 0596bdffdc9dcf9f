//! R021: jumps along rows and columns, as edges of tiles and stripes leave them.
//!
//! Every boundary between two columns (or rows) is looked at in stretches of 64 cells. A stretch is a seam where the median
//! step across it is above five times the median step between neighbours, both of the whole raster and of the stretches
//! beside it: steep ground raises the steps of many boundaries, an edge that of one.

/// Cells of a stretch.
pub(super) const STRETCH: usize = 64;
/// Pairs of values that a stretch must have to be judged.
const LEAST: usize = 16;
/// Boundaries looked at on either side.
const BESIDE: usize = 8;
/// Of these, how many must have been judged.
const LEAST_BESIDE: usize = 4;
/// The rule's factor.
const FACTOR: f32 = 5.0;
/// Seams listed.
const MOST: usize = 10_000;

/// A stretch whose step is far above those beside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seam {
    /// In words.
    pub(super) place: String,
    /// Its median step over the rule's factor: a seam where this is above the raster's median.
    over: f32,
}

/// Steps of a raster, gathered while its rows come by.
#[derive(Debug)]
pub(super) struct Seams {
    width: usize,
    /// Steps by the upper sixteen bits of their number, which order as the numbers do.
    histogram: Vec<u64>,
    steps: u64,
    /// Median steps across the boundaries of rows, of each stretch of columns.
    rows: Vec<Vec<f32>>,
    previous: Vec<f64>,
    suspects: Vec<Seam>,
}

/// What is known after all rows.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// These are the seams.
    Done(Vec<Seam>),
    /// Most neighbours are equal, so that no step is large against them.
    Flat,
    /// The median must be known better: feed all rows to this.
    Again(Finer),
}

/// The second look: the exact median among the steps of one bucket.
#[derive(Debug, PartialEq)]
pub(super) struct Finer {
    bucket: usize,
    /// Place of the median among the steps of the bucket.
    rank: u64,
    histogram: Vec<u64>,
    previous: Vec<f64>,
    width: usize,
    suspects: Vec<Seam>,
}

fn step(a: f64, b: f64) -> Option<f32> {
    let step = (a - b).abs() as f32;
    // Above what is left of an f32, a step is no number to compare.
    step.is_finite().then_some(step)
}

fn bucket(step: f32) -> usize {
    (step.to_bits() >> 16) as usize
}

/// The lower middle of `steps`; NaN where there are too few.
fn median(steps: &mut [f32], least: usize) -> f32 {
    if steps.len() < least.max(1) {
        return f32::NAN;
    }
    let middle = (steps.len() - 1) / 2;
    *steps.select_nth_unstable_by(middle, f32::total_cmp).1
}

impl Seams {
    /// For rasters of so many columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            histogram: vec![0; 1 << 16],
            steps: 0,
            rows: vec![Vec::new(); width.div_ceil(STRETCH)],
            previous: Vec::new(),
            suspects: Vec::new(),
        }
    }

    /// The next rows, from row `first` on; a value that is none is NaN. All calls but the last bring whole stretches.
    pub(super) fn rows(&mut self, first: usize, values: &[f64]) {
        let mut steps = Vec::with_capacity(STRETCH);
        for (i, stretch) in values.chunks(STRETCH * self.width).enumerate() {
            let from = first + i * STRETCH;
            let to = from + stretch.len() / self.width - 1;
            let mut medians = Vec::with_capacity(self.width);
            for column in 1..self.width {
                steps.clear();
                steps.extend(stretch.chunks_exact(self.width).filter_map(|row| step(row[column - 1], row[column])));
                self.count(&steps);
                medians.push(median(&mut steps, LEAST));
            }
            self.suspect(&medians, |at| format!("between columns {at} and {}, rows {from}-{to}", at + 1));
        }
        for row in values.chunks_exact(self.width) {
            for (k, stretch) in row.chunks(STRETCH).enumerate() {
                if self.previous.is_empty() {
                    break;
                }
                let above = &self.previous[k * STRETCH..][..stretch.len()];
                steps.clear();
                steps.extend(above.iter().zip(stretch).filter_map(|(&a, &b)| step(a, b)));
                self.count(&steps);
                self.rows[k].push(median(&mut steps, LEAST));
            }
            self.previous.clear();
            self.previous.extend_from_slice(row);
        }
    }

    fn count(&mut self, steps: &[f32]) {
        self.steps += steps.len() as u64;
        for &step in steps {
            self.histogram[bucket(step)] += 1;
        }
    }

    fn suspect(&mut self, medians: &[f32], place: impl Fn(usize) -> String) {
        let mut beside = Vec::with_capacity(2 * BESIDE);
        for (at, &here) in medians.iter().enumerate() {
            // NaN is not above anything.
            if !(here > 0.0) || self.suspects.len() >= MOST {
                continue;
            }
            beside.clear();
            let around = at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(medians.len());
            beside.extend(around.filter(|&i| i != at).map(|i| medians[i]).filter(|m| !m.is_nan()));
            let local = median(&mut beside, LEAST_BESIDE);
            if here > FACTOR * local {
                self.suspects.push(Seam { place: place(at), over: here / FACTOR });
            }
        }
    }

    /// After the last row.
    pub(super) fn finish(mut self) -> Outcome {
        let rows = std::mem::take(&mut self.rows);
        for (k, medians) in rows.iter().enumerate() {
            let columns = (k * STRETCH, ((k + 1) * STRETCH).min(self.width) - 1);
            self.suspect(medians, |at| {
                format!("between rows {at} and {}, columns {}-{}", at + 1, columns.0, columns.1)
            });
        }
        if self.steps == 0 {
            return Outcome::Done(Vec::new());
        }
        let mut rank = (self.steps - 1) / 2;
        let mut bucket = 0;
        while rank >= self.histogram[bucket] {
            rank -= self.histogram[bucket];
            bucket += 1;
        }
        let bounds = [bucket << 16, (bucket << 16) | 0xffff].map(|bits| f32::from_bits(bits as u32));
        let zeros = self.histogram[0];
        if bucket == 0 && zeros > 0 {
            // Denormal steps are zero to every purpose.
            return Outcome::Flat;
        }
        let certain = |s: &Seam| s.over > bounds[1];
        if self.suspects.iter().any(|s| !certain(s) && s.over > bounds[0]) {
            return Outcome::Again(Finer {
                bucket,
                rank,
                histogram: vec![0; 1 << 16],
                previous: Vec::new(),
                width: self.width,
                suspects: self.suspects,
            });
        }
        self.suspects.retain(certain);
        Outcome::Done(self.suspects)
    }
}

impl Finer {
    /// The next rows, as [`Seams::rows`] had them.
    pub(super) fn rows(&mut self, values: &[f64]) {
        for row in values.chunks_exact(self.width) {
            let beside = row.windows(2).filter_map(|pair| step(pair[0], pair[1]));
            let above = self.previous.iter().zip(row).filter_map(|(&a, &b)| step(a, b));
            for step in beside.chain(above).filter(|&s| bucket(s) == self.bucket) {
                self.histogram[(step.to_bits() & 0xffff) as usize] += 1;
            }
            self.previous.clear();
            self.previous.extend_from_slice(row);
        }
    }

    /// The seams.
    pub(super) fn finish(mut self) -> Vec<Seam> {
        let mut low = 0;
        while low < 0xffff && self.rank >= self.histogram[low] {
            self.rank -= self.histogram[low];
            low += 1;
        }
        let median = f32::from_bits(((self.bucket << 16) | low) as u32);
        self.suspects.retain(|s| s.over > median);
        self.suspects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hill of 200 × 150 cells; `add` changes it.
    fn ground(add: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let height = |c: usize, r: usize| {
            let (x, y) = (c as f64 - 90.0, r as f64 - 70.0);
            10.0 * (-(x * x + y * y) / 2000.0).exp() + 0.01 * x + 0.02 * y
        };
        (0..150 * 200).map(|i| height(i % 200, i / 200) + add(i % 200, i / 200)).collect()
    }

    fn seams(values: &[f64]) -> Vec<Seam> {
        let mut seams = Seams::new(200);
        for (i, rows) in values.chunks(200 * STRETCH).enumerate() {
            seams.rows(i * STRETCH, rows);
        }
        match seams.finish() {
            Outcome::Done(found) => found,
            Outcome::Flat => Vec::new(),
            Outcome::Again(mut finer) => {
                values.chunks(200 * 7).for_each(|rows| finer.rows(rows));
                finer.finish()
            }
        }
    }

    #[test]
    fn steep_ground_is_no_seam() {
        assert_eq!(seams(&ground(|_, _| 0.0)), []);
    }

    #[test]
    fn an_edge_of_tiles_is_found_where_it_is() {
        let found = seams(&ground(|c, r| if c >= 128 && r >= 64 { 5.0 } else { 0.0 }));
        assert!(found.iter().any(|s| s.place == "between columns 127 and 128, rows 64-127"), "{found:?}");
        assert!(found.iter().any(|s| s.place == "between rows 63 and 64, columns 128-191"), "{found:?}");
        assert!(found.iter().all(|s| s.place.contains("127 and 128") || s.place.contains("63 and 64")), "{found:?}");
    }

    #[test]
    fn a_flat_raster_has_no_step_to_compare_with() {
        let mut seams = Seams::new(200);
        seams.rows(0, &vec![1.0; 200 * 64]);
        assert_eq!(seams.finish(), Outcome::Flat);
    }

    #[test]
    fn the_second_look_finds_the_exact_median() {
        // Steps of 1, and one boundary of 5.01: within the bucket of the median times five.
        let row: Vec<f64> = (0..200).map(|c| c as f64 + if c >= 100 { 4.01 } else { 0.0 }).collect();
        let values: Vec<f64> = (0..64).flat_map(|r| row.iter().map(move |v| v + r as f64)).collect();
        let mut first = Seams::new(200);
        first.rows(0, &values);
        let Outcome::Again(mut finer) = first.finish() else { panic!("a second look is needed") };
        finer.rows(&values);
        assert_eq!(finer.finish().len(), 1);
        let row: Vec<f64> = (0..200).map(|c| c as f64 + if c >= 100 { 3.99 } else { 0.0 }).collect();
        let values: Vec<f64> = (0..64).flat_map(|r| row.iter().map(move |v| v + r as f64)).collect();
        assert_eq!(seams_of(&values), 0);
    }

    fn seams_of(values: &[f64]) -> usize {
        seams(values).len()
    }
}
