//! What a field is like before its samples are looked at: a distribution of variances and ranges that keeps models which the samples do
//! not tell apart from running off to sills and ranges without end.

use nalgebra::{DMatrix, DVector};

use super::parameters::{Extent, Unknowns, effective_factor};
use super::terms::Evaluation;
use crate::variogram::FreeParameter;

/// Probability of the tails that the prior is stated by.
const TAIL: f64 = 0.05;
/// A standard deviation above this many of those of the samples about their trend has the probability [`TAIL`].
const LARGEST_SD: f64 = 3.0;
/// An effective range below this many typical distances between neighbouring samples has it, too.
const SMALLEST_RANGE: f64 = 1.0;

/// The prior that penalises complexity, on a plane: an exponential distribution of standard deviations, which shrinks a field towards
/// none, and one of inverse ranges, which shrinks it towards a constant. The variance and the range of each structure and the nugget have
/// it independently; shapes and ratios are as likely on the scale of their logarithms as one another.
///
/// The likelihood alone does not make a distribution: of a field whose ranges are long against its area it tells only the ratio of sill
/// and range, and on a flat prior of their logarithms sills of any size are as likely.
///
/// With `σ` the square root of a variance, `ρ` an effective range (at 95 % of the sill; of the longest direction, and of a shape that is
/// open at the template's) and `d = 2` the density is `λ₁ρ⁻²exp(−λ₁/ρ) · λ₂exp(−λ₂σ)`, with `λ₁ = −ln(0.05)·ρ₀` and
/// `λ₂ = −ln(0.05)/σ₀`, so that `P(ρ < ρ₀) = P(σ > σ₀) = 0.05`. `ρ₀` is the typical distance of neighbouring samples, below which they
/// could not tell a range; `σ₀` three standard deviations of the samples about their trend. So the scale is taken from the samples, the
/// rest is not.
///
/// # Source
/// Fuglstad, Simpson, Lindgren & Rue (2019), *Journal of the American Statistical Association* 114:445, the joint prior of a Matérn field's
/// range and standard deviation; Simpson, Rue, Riebler, Martins & Sørbye (2017), *Statistical Science* 32:1, for the nugget. That every
/// structure of a sum has its own is ours, and that a range is the effective one, so that models other than Matérn's have it too; theirs of
/// a Matérn field is where the correlation is near 0.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct ComplexityPrior {
    /// λ₂, of standard deviations.
    of_sd: f64,
    /// λ₁, of effective ranges.
    of_range: f64,
}

impl ComplexityPrior {
    /// For samples that vary and are spaced like this.
    pub(super) fn of(extent: &Extent) -> Self {
        let rate = -TAIL.ln();
        Self { of_sd: rate / (LARGEST_SD * extent.variance.sqrt()), of_range: rate * SMALLEST_RANGE * extent.spacing }
    }

    /// Logarithm of the density of one coordinate, the logarithm of a parameter, up to a constant; its derivative; and minus its second
    /// derivative.
    fn of_coordinate(&self, unknowns: &Unknowns, parameter: FreeParameter, at: f64) -> [f64; 3] {
        match parameter {
            FreeParameter::Nugget | FreeParameter::PartialSill(_) => {
                let penalty = self.of_sd * (0.5 * at).exp();
                [0.5 * at - penalty, 0.5 - 0.5 * penalty, 0.25 * penalty]
            }
            FreeParameter::Range(k) => {
                let penalty = self.of_range / (at.exp() * effective_factor(unknowns.template.structures[k].model));
                [-at - penalty, penalty - 1.0, penalty]
            }
            FreeParameter::Shape(_) | FreeParameter::Azimuth(_) | FreeParameter::Ratio(_) => [0.0; 3],
        }
    }

    /// The evaluation of a likelihood with that of the prior at the same place.
    pub(super) fn added(&self, unknowns: &Unknowns, place: &[f64], mut evaluation: Evaluation) -> Evaluation {
        let each: Vec<[f64; 3]> =
            unknowns.free.iter().zip(place).map(|(&p, &at)| self.of_coordinate(unknowns, p, at)).collect();
        evaluation.log_likelihood += each.iter().map(|e| e[0]).sum::<f64>();
        // Without derivatives there is nothing to add to.
        if evaluation.gradient.len() == each.len() {
            evaluation.gradient += DVector::from_iterator(each.len(), each.iter().map(|e| e[1]));
            evaluation.information +=
                DMatrix::from_diagonal(&DVector::from_iterator(each.len(), each.iter().map(|e| e[2])));
        }
        evaluation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Drift;
    use crate::likelihood::data::Data;
    use crate::{Samples, variogram::ModelTemplate};

    fn prior() -> (ComplexityPrior, Unknowns, Extent) {
        let coords = (0..100).map(|i| [10.0 * f64::from(i % 10), 10.0 * f64::from(i / 10)]).collect();
        let samples = Samples::new(coords, (0..100).map(|i| f64::from(i * 37 % 100)).collect()).unwrap();
        let extent = Extent::of(&Data::new(&samples, Drift::Constant).unwrap()).unwrap();
        let template: ModelTemplate = "Nug + Exp".parse().unwrap();
        (ComplexityPrior::of(&extent), Unknowns::new(&template, &extent, false), extent)
    }

    /// The share of the density of a coordinate that is below a bound, by sums.
    fn below(parameter: FreeParameter, bound: f64) -> f64 {
        let (prior, unknowns, _) = prior();
        let density = |at: f64| prior.of_coordinate(&unknowns, parameter, at)[0].exp();
        let sum =
            |to: f64| (0..60_000).map(|k| -30.0 + 1e-3 * f64::from(k)).filter(|at| *at < to).map(density).sum::<f64>();
        sum(bound.ln()) / sum(f64::INFINITY)
    }

    #[test]
    fn tails_are_what_they_are_said_to_be() {
        let (_, _, extent) = prior();
        assert_eq!(extent.spacing, 10.0);
        for parameter in [FreeParameter::Nugget, FreeParameter::PartialSill(0)] {
            let above = 1.0 - below(parameter, 9.0 * extent.variance);
            assert!((above - 0.05).abs() < 1e-3, "{above}");
        }
        // An effective range of 10 is a third of it as a parameter of this model.
        let share = below(FreeParameter::Range(0), 10.0 / 20.0_f64.ln());
        assert!((share - 0.05).abs() < 1e-3, "{share}");
    }

    #[test]
    fn derivatives_are_the_limits_of_differences() {
        let (prior, unknowns, _) = prior();
        let step = 1e-4;
        for parameter in [FreeParameter::Nugget, FreeParameter::Range(0), FreeParameter::Ratio(0)] {
            for at in [-2.0, 1.0, 4.0, 7.0] {
                let of = |at: f64| prior.of_coordinate(&unknowns, parameter, at);
                let [[low, ..], [value, slope, curvature], [high, ..]] = [of(at - step), of(at), of(at + step)];
                assert!((slope - (high - low) / (2.0 * step)).abs() < 1e-6 * (1.0 + slope.abs()), "{parameter:?} {at}");
                let second = (high - 2.0 * value + low) / (step * step);
                assert!(
                    (curvature + second).abs() < 1e-5 * (1.0 + curvature.abs() + value.abs()),
                    "{parameter:?} {at}"
                );
            }
        }
    }
}
