//! The cells and the sampled places of all analytes together.

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_assess::several::Held;
use soilscope_core::simulation::batch_bytes;
use soilscope_core::{Coord, Samples, Window};
use soilscope_pipeline::mask::Mask;

use super::super::one::Job;
use super::pairs;

/// The most bytes that eight realisations of all analytes may take.
const MOST: usize = 4 << 30;
/// Cells that are looked at together.
const STRIP: usize = 1 << 20;

/// The cells inside the masks of all analytes: those around samples are each analyte's own. More than there is room for are
/// refused before they are held.
pub(super) fn common_cells(jobs: &[&Job]) -> Result<Vec<usize>> {
    let grid = &jobs[0].grid;
    let most = MOST / (jobs.len() * batch_bytes(1, 8)).max(1);
    let [columns, rows] = grid.size();
    let (mut cells, mut inside, mut one) = (Vec::new(), Vec::new(), Vec::new());
    let at_once = (STRIP / columns.max(1)).clamp(1, rows.max(1));
    for first in (0..rows).step_by(at_once) {
        let patch = grid.patch([0, first], [columns, at_once.min(rows - first)]);
        inside.clear();
        inside.resize(patch.cells(), true);
        for mask in jobs.iter().filter_map(|job| job.mask.as_ref()) {
            one.clear();
            one.resize(patch.cells(), false);
            mask.fill(&patch, &mut one)?;
            inside.iter_mut().zip(&one).for_each(|(all, &one)| *all &= one);
        }
        cells.extend((0..patch.cells()).filter(|&i| inside[i]).map(|i| first * columns + i));
        ensure!(
            cells.len() <= most,
            "eight realisations of {} analytes at more than {most} cells take more than the {} GiB there may be: use larger cells or a \
             smaller extent, or ask for --realisations 0, which maps each analyte alone",
            jobs.len(),
            MOST >> 30
        );
    }
    ensure!(!cells.is_empty(), "the masks leave no cell to all analytes: do they lie where the samples do?");
    Ok(cells)
}

/// The limits of an analyte at places.
pub(super) fn limits(job: &Job, places: &[Coord]) -> Result<Vec<f64>> {
    let limits = match (&job.cells, job.args.decision.threshold) {
        (Some(cells), _) => cells.at(places)?,
        (None, threshold) => vec![threshold.unwrap_or(f64::NAN); places.len()],
    };
    if let Some(limit) = limits.iter().find(|limit| **limit <= 0.0) {
        bail!(
            "the limit of {} is {limit}, and concentrations are compared as fractions of their limits: it must be above 0; or ask for \
             --realisations 0, which maps each analyte alone",
            job.source.analyte()
        );
    }
    Ok(limits)
}

/// All places that were sampled, each with what its samples say of "any above its limit".
#[derive(Debug)]
pub(super) struct Sampled {
    pub(super) all: Samples,
    /// Those of them that have a limit of an analyte measured there, and whether any is above; `None` where nobody can tell.
    pub(super) held: Option<(Samples, Vec<Option<bool>>)>,
    pub(super) record: PlacesRecord,
}

/// How many places stand how to "any above its limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct PlacesRecord {
    pub(super) sampled: usize,
    /// An analyte is above its limit.
    pub(super) above: usize,
    /// Of none that was measured there and has a limit there.
    pub(super) not_above: usize,
    /// None is above, and of one nobody knows: its limit of detection is above the limit.
    pub(super) undecided: usize,
    /// No analyte that was measured there has a limit there.
    pub(super) without_limit: usize,
}

/// The places of all analytes.
pub(super) fn sampled(jobs: &[&Job]) -> Result<Sampled> {
    let mut places: Vec<(Coord, Option<Held>)> = Vec::new();
    for job in jobs {
        let coords = job.source.samples().coords();
        let held = pairs::held(job)?.unwrap_or_else(|| vec![None; coords.len()]);
        places.extend(coords.iter().map(|c| c.map(|v| v + 0.0)).zip(held));
    }
    of_places(places)
}

fn of_places(mut places: Vec<(Coord, Option<Held>)>) -> Result<Sampled> {
    // The first of several at a place speaks for it: one above its limit, else one that nobody can tell of; one without a limit
    // only where there is no other.
    let rank = |held: &Option<Held>| match held {
        Some(Held::Above) => 0,
        Some(Held::Undecided) => 1,
        Some(Held::NotAbove) => 2,
        None => 3,
    };
    let order = |a: &Coord, b: &Coord| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
    places.sort_by(|a, b| order(&a.0, &b.0).then(rank(&a.1).cmp(&rank(&b.1))));
    places.dedup_by(|a, b| a.0 == b.0);
    let mut record = PlacesRecord { sampled: places.len(), ..PlacesRecord::default() };
    let (mut coords, mut above) = (Vec::new(), Vec::new());
    for (at, held) in &places {
        let (count, said) = match held {
            Some(Held::Above) => (&mut record.above, Some(true)),
            Some(Held::NotAbove) => (&mut record.not_above, Some(false)),
            Some(Held::Undecided) => (&mut record.undecided, None),
            None => {
                record.without_limit += 1;
                continue;
            }
        };
        *count += 1;
        coords.push(*at);
        above.push(said);
    }
    let unvalued = |coords: Vec<Coord>| {
        let count = coords.len();
        Samples::new(coords, vec![0.0; count])
    };
    let held = if coords.is_empty() { None } else { Some((unvalued(coords)?, above)) };
    Ok(Sampled { all: unvalued(places.into_iter().map(|p| p.0).collect())?, held, record })
}

/// Which samples of an analyte can be among the `most` nearest of any cell of the window: others need no place in the fields.
///
/// With the n-th nearest of the window's middle at d and its corners at h from it, every cell has n samples within d + h, and
/// those are within d + 2h of the middle.
pub(super) fn within_reach(samples: &Samples, window: &Window, most: usize) -> Vec<usize> {
    let half = [0, 1].map(|k| 0.5 * window.step[k] * (window.size[k] - 1) as f64);
    let middle = [0, 1].map(|k| window.origin[k] + half[k]);
    let distance = |c: &Coord| (c[0] - middle[0]).hypot(c[1] - middle[1]);
    let mut sorted: Vec<f64> = samples.coords().iter().map(distance).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(nth) = most.checked_sub(1).and_then(|last| sorted.get(last)) else { return (0..samples.len()).collect() };
    let reach = (nth + 2.0 * half[0].hypot(half[1])) * (1.0 + 1e-9);
    (0..samples.len()).filter(|&i| distance(&samples.coords()[i]) <= reach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_a_limit_is_neither_above_nor_not() {
        let at = |x: f64| [x, 0.0];
        let places = vec![
            (at(0.0), Some(Held::NotAbove)),
            (at(0.0), Some(Held::Above)),
            (at(1.0), None),
            (at(2.0), None),
            (at(2.0), Some(Held::NotAbove)),
            (at(3.0), Some(Held::NotAbove)),
            (at(3.0), Some(Held::Undecided)),
        ];
        let sampled = of_places(places).unwrap();
        let record = PlacesRecord { sampled: 4, above: 1, not_above: 1, undecided: 1, without_limit: 1 };
        assert_eq!(sampled.record, record);
        let (coords, above) = sampled.held.unwrap();
        assert_eq!(coords.coords(), [at(0.0), at(2.0), at(3.0)]);
        assert_eq!(above, [Some(true), Some(false), None]);
        assert_eq!(sampled.all.len(), 4);
        assert!(of_places(vec![(at(0.0), None)]).unwrap().held.is_none());
    }

    #[test]
    fn samples_out_of_reach_are_none_of_the_nearest_of_any_cell() {
        let coords: Vec<Coord> = (0..400).map(|i| [f64::from(i % 20) * 37.0, f64::from(i / 20) * 41.0]).collect();
        let samples = Samples::new(coords, (0..400).map(f64::from).collect()).unwrap();
        let window = Window { origin: [100.0, 210.0], step: [10.0, -10.0], size: [9, 5] };
        let near = within_reach(&samples, &window, 6);
        assert!(near.len() > 6 && near.len() < 60, "{}", near.len());
        for cell in 0..45 {
            let at = [100.0 + 10.0 * f64::from(cell % 9), 210.0 - 10.0 * f64::from(cell / 9)];
            let mut by: Vec<(f64, f64)> = samples
                .coords()
                .iter()
                .zip(samples.values())
                .map(|(c, v)| ((c[0] - at[0]).hypot(c[1] - at[1]), *v))
                .collect();
            by.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(by[..6].iter().all(|(_, v)| near.contains(&(*v as usize))), "cell {cell}");
        }
        assert_eq!(within_reach(&samples, &window, 1000).len(), 400);
    }
}
