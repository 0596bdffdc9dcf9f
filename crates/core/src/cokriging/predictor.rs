//! Co-kriging, ready to predict.

use super::checks::check_samples;
use super::predictions::Sink;
use super::system::{System, Work};
use super::{CoKriging, CoPredictions, CokrigingError, Coregionalisation, Means};
use crate::kriging::cholesky::LANES;
use crate::neighbourhood::{Neighbourhood, SampleIndex, Search, SearchScratch};
use crate::{Coord, Error, Gap, Outcome, Predictor, Result, Samples, Scratch, Targets};

/// Working memory of co-kriging.
#[derive(Debug, Default)]
pub(crate) struct CoScratch {
    /// Neighbours of the target by variable, and those of the system below.
    chosen: Vec<Vec<usize>>,
    factored: Vec<Vec<usize>>,
    /// Whether the system below is of `factored` and the predictor at work, and whether it is regular.
    state: Option<bool>,
    system: System,
    work: Work,
    /// Wanted variables that have a prediction: their number among the wanted, and the variables themselves.
    kept: Vec<usize>,
    open: Vec<usize>,
    places: Vec<Coord>,
}

/// Co-kriging that has seen its samples: immutable, shared between threads.
#[derive(Debug)]
pub struct CoPredictor {
    model: Coregionalisation,
    /// Taken off the data of each variable before solving: the known mean, or the samples' mean.
    centres: Vec<f64>,
    known: bool,
    samples: Vec<Samples>,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Global(Box<System>),
    Moving { search: Search, indexes: Vec<SampleIndex> },
}

/// Length of the diagonal of the bounding box of all samples.
fn extent(samples: &[Samples]) -> f64 {
    let bounds = samples.iter().map(Samples::bounds);
    let (low, high) = bounds.fold(([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]), |(low, high), (a, b)| {
        ([low[0].min(a[0]), low[1].min(a[1])], [high[0].max(b[0]), high[1].max(b[1])])
    });
    (high[0] - low[0]).hypot(high[1] - low[1])
}

impl CoPredictor {
    pub(super) fn new(recipe: &CoKriging, samples: &[Samples]) -> Result<Self> {
        let model = &recipe.model;
        let variables = model.variables().len();
        if samples.len() != variables {
            let found = samples.len();
            return Err(CokrigingError::Count { what: "sets of samples", found, variables }.into());
        }
        let centres = match &recipe.means {
            Means::Unknown => samples.iter().map(Samples::mean).collect(),
            Means::Known(means) => {
                if means.len() != variables {
                    let found = means.len();
                    return Err(CokrigingError::Count { what: "known means", found, variables }.into());
                }
                if let Some(&value) = means.iter().find(|m| !m.is_finite()) {
                    return Err(Error::Parameter { name: "known mean", value, requirement: "a finite number" });
                }
                means.clone()
            }
        };
        let known = matches!(recipe.means, Means::Known(_));
        if known && !model.is_bounded() {
            return Err(Error::UnboundedWithKnownMean { model: model.to_string() });
        }
        let model = model.localised(extent(samples));
        check_samples(&model, samples)?;
        let mode = match recipe.neighbourhood {
            Neighbourhood::Global => Mode::Global(Box::default()),
            Neighbourhood::Moving(search) => {
                let indexes = samples.iter().map(|s| SampleIndex::new(s.coords())).collect();
                Mode::Moving { search: search.checked()?, indexes }
            }
        };
        let mut predictor = Self { model, centres, known, samples: samples.to_vec(), mode };
        if let Mode::Global(_) = predictor.mode {
            let mut system = Box::<System>::default();
            if !predictor.build(&mut system, |v| 0..predictor.samples[v].len()) {
                return Err(Error::SingularSystem { size: system.len(), model: predictor.model.to_string() });
            }
            predictor.mode = Mode::Global(system);
        }
        Ok(predictor)
    }

    /// Assembles and factors the system of these samples of each variable; false where it is singular.
    fn build<I: IntoIterator<Item = usize>>(&self, system: &mut System, of: impl Fn(usize) -> I) -> bool {
        system.clear();
        for (v, samples) in self.samples.iter().enumerate() {
            for i in of(v) {
                let centred = samples.values()[i] - self.centres[v];
                system.push(samples.coords()[i], centred, samples.error_variance(i));
            }
            system.end_variable(self.centres[v], self.known);
        }
        system.factor(&self.model)
    }

    /// The system of all samples, where there is one.
    pub(super) fn global(&self) -> Option<&System> {
        match &self.mode {
            Mode::Global(system) => Some(system),
            Mode::Moving { .. } => None,
        }
    }

    /// Predicts all variables at every target into `out`, which is reset first.
    pub fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut CoPredictions) {
        let wanted: Vec<usize> = (0..self.samples.len()).collect();
        out.reset(targets.len(), wanted.len());
        self.run(targets, &wanted, scratch, out);
    }

    /// Predicts all variables at one target, for convenience; many at a time are faster.
    pub fn predict(&self, at: Coord) -> CoPredictions {
        let mut out = CoPredictions::default();
        self.predict_into(&Targets::points(&[at]), &mut Scratch::default(), &mut out);
        out
    }

    /// Predicts the wanted variables at every target.
    pub(super) fn run(&self, targets: &Targets<'_>, wanted: &[usize], scratch: &mut Scratch, out: &mut impl Sink) {
        match &self.mode {
            Mode::Global(system) => self.run_global(system, targets, wanted, &mut scratch.cokriging, out),
            Mode::Moving { .. } => {
                scratch.cokriging.state = None;
                for i in 0..targets.len() {
                    self.predict_moving(i, targets.coord(i), wanted, |_, _| true, scratch, out);
                }
            }
        }
    }

    fn run_global(
        &self,
        system: &System,
        targets: &Targets<'_>,
        wanted: &[usize],
        s: &mut CoScratch,
        out: &mut impl Sink,
    ) {
        // Targets whose columns fill the lanes of one triangular solve.
        let batch = (LANES / wanted.len()).max(1);
        for first in (0..targets.len()).step_by(batch) {
            s.places.clear();
            s.places.extend((first..targets.len().min(first + batch)).map(|i| targets.coord(i)));
            system.solve(&self.model, &s.places, wanted, &mut s.work);
            for (place, &at) in s.places.iter().enumerate() {
                match Gap::check_place(at) {
                    Ok(()) => self.answer(system, &s.work, (first + place, place), wanted, None, out),
                    Err(gap) => (0..wanted.len()).for_each(|k| out.set(first + place, k, Err(gap))),
                }
            }
        }
    }

    /// Hands on what the system says of target and place in `work`; `numbers` are those of the wanted variables where
    /// some have no prediction.
    fn answer(
        &self,
        system: &System,
        work: &Work,
        (target, place): (usize, usize),
        wanted: &[usize],
        numbers: Option<&[usize]>,
        out: &mut impl Sink,
    ) {
        let number = |k: usize| numbers.map_or(k, |n| n[k]);
        for (k, &a) in wanted.iter().enumerate() {
            out.set(target, number(k), Ok(system.prediction(&self.model, work, place, (k, a))));
            for (l, &b) in wanted[..k].iter().enumerate() {
                let covariance = system.error_covariance(&self.model, work, place, (k, a), (l, b));
                out.set_covariance(target, number(k), number(l), covariance);
            }
        }
    }

    /// Predicts one target from the nearest samples that `keep` (variable, sample) does not exclude.
    fn predict_moving(
        &self,
        target: usize,
        at: Coord,
        wanted: &[usize],
        keep: impl Fn(usize, usize) -> bool,
        scratch: &mut Scratch,
        out: &mut impl Sink,
    ) {
        if let Err(gap) = self.find_neighbours(at, keep, &mut scratch.search, &mut scratch.cokriging.chosen) {
            (0..wanted.len()).for_each(|k| out.set(target, k, Err(gap)));
            return;
        }
        let s = &mut scratch.cokriging;
        s.kept.clear();
        s.open.clear();
        for (k, &v) in wanted.iter().enumerate() {
            match self.check_count(v, &s.chosen) {
                Ok(()) => {
                    s.kept.push(k);
                    s.open.push(v);
                }
                Err(gap) => out.set(target, k, Err(gap)),
            }
        }
        if s.open.is_empty() {
            return;
        }
        if s.state.is_none() || s.chosen != s.factored {
            std::mem::swap(&mut s.chosen, &mut s.factored);
            let factored = &s.factored;
            s.state = Some(self.build(&mut s.system, |v| factored[v].iter().copied()));
        }
        if s.state != Some(true) {
            s.kept.iter().for_each(|&k| out.set(target, k, Err(Gap::SingularSystem)));
            return;
        }
        s.system.solve_one(&self.model, at, &s.open, &mut s.work);
        self.answer(&s.system, &s.work, (target, 0), &s.open, Some(&s.kept), out);
    }

    /// The nearest samples of each variable.
    fn find_neighbours(
        &self,
        at: Coord,
        keep: impl Fn(usize, usize) -> bool,
        search_scratch: &mut SearchScratch,
        chosen: &mut Vec<Vec<usize>>,
    ) -> std::result::Result<(), Gap> {
        Gap::check_place(at)?;
        let Mode::Moving { search, indexes } = &self.mode else { return Ok(()) };
        chosen.resize_with(indexes.len(), Vec::new);
        for (v, (index, chosen)) in indexes.iter().zip(chosen).enumerate() {
            // Too few of this variable are too few for its own prediction only, which `check_count` decides.
            let _ = index.neighbours(at, search, |i| keep(v, i), search_scratch, chosen);
        }
        Ok(())
    }

    /// Whether there are enough samples to predict a variable: of its own where its mean is to be estimated, else of all.
    fn check_count(&self, variable: usize, chosen: &[Vec<usize>]) -> std::result::Result<(), Gap> {
        let Mode::Moving { search, .. } = &self.mode else { return Ok(()) };
        let found = if self.known { chosen.iter().map(Vec::len).sum() } else { chosen[variable].len() };
        let needed = search.min.get();
        if found < needed {
            return Err(Gap::TooFewNeighbours { found: found as u32, needed: needed as u32 });
        }
        Ok(())
    }

    /// Predictions of one variable at places, each without what `keep` (place, variable, sample) excludes.
    pub(super) fn predict_without(
        &self,
        variable: usize,
        places: &[Coord],
        keep: impl Fn(usize, usize, usize) -> bool,
    ) -> Vec<Outcome> {
        let (mut scratch, mut out) = (Scratch::default(), crate::Predictions::default());
        out.reset(places.len(), true);
        for (i, &at) in places.iter().enumerate() {
            let kept = |v: usize, j: usize| keep(i, v, j);
            self.predict_moving(i, at, &[variable], kept, &mut scratch, &mut out);
        }
        out.iter().collect()
    }
}

/// One variable of a co-kriging.
pub(super) struct PrimaryPredictor {
    pub(super) predictor: CoPredictor,
    pub(super) primary: usize,
}

impl Predictor for PrimaryPredictor {
    fn has_variance(&self) -> bool {
        true
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut crate::Predictions) {
        out.reset(targets.len(), true);
        self.predictor.run(targets, &[self.primary], scratch, out);
    }
}
