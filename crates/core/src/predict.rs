//! The contract between an interpolation method and whatever asks it for values.
//!
//! A recipe ([`Interpolator`]) becomes a ready, immutable [`Predictor`] by seeing samples, so an unfitted prediction does
//! not compile. Prediction takes many targets at a time, because neighbouring cells of a raster share their work.

use crate::kriging::KrigingScratch;
use crate::neighbourhood::SearchScratch;
use crate::validation::Folds;
use crate::{Coord, Result, Samples};

/// Why a target has no prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Gap {
    /// Fewer samples within the search than the minimum asked for.
    TooFewNeighbours {
        /// Samples found.
        found: u32,
        /// The minimum.
        needed: u32,
    },
    /// The neighbours' covariance matrix is not positive definite in floating point.
    SingularSystem,
    /// The target's place is not a finite number, or the prediction does not fit one, as after an exponential
    /// back-transform.
    NotFinite,
}

impl Gap {
    /// Refuses a target whose place is NaN or infinite; in searches and covariances such a place would pass for a far one.
    #[inline]
    pub(crate) fn check_place(at: Coord) -> std::result::Result<(), Self> {
        if at[0].is_finite() && at[1].is_finite() { Ok(()) } else { Err(Self::NotFinite) }
    }
}

/// One predicted value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Predicted value, in the samples' unit.
    pub value: f64,
    /// Prediction error variance, unit squared; `None` where the method has no error model.
    pub variance: Option<f64>,
    /// Lagrange multiplier of the unbiasedness condition, 0 for a known mean: `variance` is
    /// C(0) − λᵀc₀ + `multiplier`. Log-normal back-transforms need it. Unit squared.
    pub multiplier: f64,
}

/// Cell centres of a regular grid's rectangle, row by row from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Centre of the first cell.
    pub origin: Coord,
    /// Easting from one column to the next, northing from one row to the next (negative when the first row is north).
    pub step: [f64; 2],
    /// Columns, rows.
    pub size: [usize; 2],
}

/// Where predictions are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a> {
    /// Any places.
    Points(&'a [Coord]),
    /// A rectangle of grid cells.
    Window(Window),
}

impl Targets<'_> {
    /// How many targets there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Points(points) => points.len(),
            Self::Window(window) => window.size[0] * window.size[1],
        }
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Place of target `index`; windows count row by row.
    ///
    /// # Panics
    /// An index beyond a list of points, or any index into a window without columns.
    #[inline]
    pub fn coord(&self, index: usize) -> Coord {
        match self {
            Self::Points(points) => points[index],
            Self::Window(w) => {
                let (row, column) = (index / w.size[0], index % w.size[0]);
                [w.origin[0] + column as f64 * w.step[0], w.origin[1] + row as f64 * w.step[1]]
            }
        }
    }
}

/// Columns of predictions, one entry a target; reused from call to call.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    value: Vec<f64>,
    variance: Vec<f64>,
    multiplier: Vec<f64>,
    gap: Vec<Option<Gap>>,
    has_variance: bool,
}

impl Predictions {
    /// Empties the columns and makes room for `len` targets of a method with or without an error model.
    pub fn reset(&mut self, len: usize, has_variance: bool) {
        self.has_variance = has_variance;
        self.value.clear();
        self.value.resize(len, 0.0);
        let errors = if has_variance { len } else { 0 };
        self.variance.clear();
        self.variance.resize(errors, 0.0);
        self.multiplier.clear();
        self.multiplier.resize(errors, 0.0);
        self.gap.clear();
        self.gap.resize(len, None);
    }

    /// Records what became of target `index`. A number that is not finite is recorded as [`Gap::NotFinite`].
    ///
    /// # Panics
    /// An index beyond the length given to [`reset`](Self::reset).
    #[inline]
    pub fn set(&mut self, index: usize, outcome: std::result::Result<Prediction, Gap>) {
        match outcome {
            Ok(p) if p.value.is_finite() && p.variance.is_none_or(f64::is_finite) && p.multiplier.is_finite() => {
                self.value[index] = p.value;
                self.gap[index] = None;
                if self.has_variance {
                    self.variance[index] = p.variance.unwrap_or(0.0);
                    self.multiplier[index] = p.multiplier;
                }
            }
            Ok(_) => self.gap[index] = Some(Gap::NotFinite),
            Err(gap) => self.gap[index] = Some(gap),
        }
    }

    /// What became of target `index`.
    ///
    /// # Panics
    /// An index beyond the targets.
    #[inline]
    pub fn get(&self, index: usize) -> std::result::Result<Prediction, Gap> {
        match self.gap[index] {
            Some(gap) => Err(gap),
            None if self.has_variance => Ok(Prediction {
                value: self.value[index],
                variance: Some(self.variance[index]),
                multiplier: self.multiplier[index],
            }),
            None => Ok(Prediction { value: self.value[index], variance: None, multiplier: 0.0 }),
        }
    }

    /// How many targets the columns hold.
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether the columns are empty.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Outcomes in the order of the targets.
    pub fn iter(&self) -> impl Iterator<Item = std::result::Result<Prediction, Gap>> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }
}

/// Working memory of a predictor, one per thread, kept between calls.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) search: SearchScratch,
    pub(crate) neighbours: Vec<usize>,
    pub(crate) kriging: KrigingScratch,
}

impl Scratch {
    /// What a method without a system needs of it.
    pub(crate) fn search_parts(&mut self) -> (&mut SearchScratch, &mut Vec<usize>) {
        (&mut self.search, &mut self.neighbours)
    }
}

/// A recipe: settings that become a [`Predictor`] by seeing samples.
pub trait Interpolator {
    /// Prepares predictions from `samples`.
    ///
    /// # Errors
    /// Samples or settings that the method cannot use.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>>;

    /// Predicts each sample from those of the other folds, settings unchanged; one outcome a sample, in order.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), for the samples of any fold's complement.
    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        leave_out_by_refitting(self, samples, folds)
    }
}

/// A prediction, or the reason why there is none.
pub type Outcome = std::result::Result<Prediction, Gap>;

/// Cross-validation by one fit a fold: what every method can do, and what faster ways must agree with.
///
/// # Errors
/// As [`Interpolator::fit`].
pub fn leave_out_by_refitting<I: Interpolator + ?Sized>(
    recipe: &I,
    samples: &Samples,
    folds: &Folds,
) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let mut outcomes = vec![Err(Gap::SingularSystem); samples.len()];
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    for fold in 0..folds.count() {
        let (held, kept): (Vec<usize>, Vec<usize>) = (0..samples.len()).partition(|&i| folds.of(i) == fold);
        let predictor = recipe.fit(&samples.subset(&kept)?)?;
        let places: Vec<Coord> = held.iter().map(|&i| samples.coords()[i]).collect();
        predictor.predict_into(&Targets::Points(&places), &mut scratch, &mut out);
        for (&i, outcome) in held.iter().zip(out.iter()) {
            outcomes[i] = outcome;
        }
    }
    Ok(outcomes)
}

/// Ready to predict: immutable, shared between threads.
pub trait Predictor: Send + Sync {
    /// Predicts every target into `out`, which is reset first.
    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions);

    /// Whether predictions carry a variance.
    fn has_variance(&self) -> bool;

    /// Predicts one target, for convenience; many at a time are faster.
    ///
    /// # Errors
    /// The reason why there is no prediction.
    fn predict(&self, at: Coord) -> std::result::Result<Prediction, Gap> {
        let mut out = Predictions::default();
        self.predict_into(&Targets::Points(&[at]), &mut Scratch::default(), &mut out);
        out.get(0)
    }
}
