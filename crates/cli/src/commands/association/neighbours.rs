//! The weights that were asked for, and what there is to know of them.

use serde::Serialize;
use soilscope_core::association::Weights;
use soilscope_core::{Result, Samples};

use crate::args::{Association, Standardise};
use crate::source::Source;
use crate::words::SpatialWeights;

/// Who is whose neighbour, in the forms that the statistics want.
pub(super) struct Neighbours {
    asked: SpatialWeights,
    standardised: bool,
    /// Without the samples themselves.
    pub(super) weights: Weights,
    /// With them, for Gi*.
    pub(super) with_self: Weights,
    symmetric: bool,
}

/// The weights, for the record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct WeightsRecord {
    /// `nearest`, `distance-band` or `inverse-distance`.
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nearest: Option<usize>,
    /// Largest distance of a neighbour, inclusive, in the unit of the CRS or in metres on a sphere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) distance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) power: Option<f64>,
    /// Whether the weights of a sample's neighbours are divided by their sum.
    pub(super) row_standardised: bool,
    /// Whether A weighs for B what B weighs for A, before that division.
    pub(super) symmetric: bool,
    /// Pairs in which the second is a neighbour of the first.
    pub(super) links: usize,
    pub(super) neighbours: Counts,
    /// Lines of samples without a neighbour.
    pub(super) islands: Vec<usize>,
}

/// How many neighbours a sample has.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Counts {
    pub(super) fewest: usize,
    pub(super) mean: f64,
    pub(super) most: usize,
}

impl Neighbours {
    pub(super) fn new(args: &Association, samples: &Samples) -> Result<Self> {
        let binary = match args.weights {
            SpatialWeights::Nearest(k) => Weights::k_nearest(samples, k)?,
            SpatialWeights::Band(distance) => Weights::band(samples, distance)?,
            SpatialWeights::Inverse { power, distance } => {
                // No sample is farther from another than across their bounding box.
                let all = 2.0 * samples.diagonal();
                Weights::inverse_distance(samples, power, distance.unwrap_or(all))?
            }
        };
        let symmetric = (0..binary.len()).all(|i| binary.of(i).all(|(j, w)| binary.between(j, i) == w));
        let with_self = binary.including_self_as_largest();
        let standardised = args.standardise == Standardise::Row;
        let weights = if standardised { binary.row_standardised() } else { binary };
        Ok(Self { asked: args.weights, standardised, weights, with_self, symmetric })
    }

    pub(super) fn record(&self, source: &Source) -> WeightsRecord {
        let counts = || (0..self.weights.len()).map(|i| self.weights.neighbours(i));
        let links = counts().sum();
        let mean = links as f64 / self.weights.len() as f64;
        let (fewest, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let (kind, nearest, distance, power) = match self.asked {
            SpatialWeights::Nearest(k) => ("nearest", Some(k), None, None),
            SpatialWeights::Band(distance) => ("distance-band", None, Some(distance), None),
            SpatialWeights::Inverse { power, distance } => ("inverse-distance", None, distance, Some(power)),
        };
        WeightsRecord {
            kind,
            nearest,
            distance,
            power,
            row_standardised: self.standardised,
            symmetric: self.symmetric,
            links,
            neighbours: Counts { fewest, mean, most },
            islands: self.weights.islands().map(|i| source.line(i)).collect(),
        }
    }
}

impl WeightsRecord {
    /// The weights in words.
    pub(super) fn words(&self, length_unit: &str) -> String {
        let near = self.distance.map(|d| format!("all within {d} {length_unit}"));
        match (self.nearest, self.power) {
            (Some(k), _) => format!("the {k} nearest of each"),
            (_, Some(power)) => {
                format!("{}, by distance to the power of -{power}", near.unwrap_or_else(|| "all others".into()))
            }
            _ => near.unwrap_or_default(),
        }
    }
}
