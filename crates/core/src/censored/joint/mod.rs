//! Values of several variables below their limits, drawn together.

mod conditionals;
mod fit;

use super::imputations::{Imputations, check_flags};
use super::{ImputationSettings, conditionals::Conditionals};
use crate::cokriging::{CokrigingError, Coregionalisation, Means, check_samples};
use crate::executor::Executor;
use crate::{Error, Result, Samples};
use conditionals::Layout;
pub use fit::{JointFit, JointFitSettings, fit_joint};

const PURPOSE: u64 = 0x6a6f_696e_7464_7277;

/// Draws of all values below limits of several variables, jointly, given the quantified values of all, the limits and a linear model of
/// coregionalisation: where lead is high, a zinc of `<50` is likely to be just below 50.
///
/// Samples count from 0 through all variables, those of the first before those of the second.
#[derive(Debug, Clone, PartialEq)]
pub struct JointImputations {
    draws: Imputations,
    /// How many samples each variable has.
    sizes: Vec<usize>,
}

impl JointImputations {
    /// Draws values below limits by Gibbs sampling: each in turn from its normal distribution given all others of all variables, cut off at
    /// its limit.
    ///
    /// `below` says of each variable which of its samples' values are limits. Up to 1000 samples in total the conditional distributions
    /// are exact; beyond, those of Vecchia's approximation, with as many earlier neighbours as
    /// [`neighbours`](ImputationSettings::neighbours) says or 20 for each variable, whichever is more. Unknown means are integrated out.
    /// Variables need not be measured at the same places.
    ///
    /// # Units
    /// Those of the samples: the scales on which the fields are Gaussian.
    ///
    /// # Errors
    /// Another number of sets of samples, flags or known means than variables, fewer than two quantified values of a variable, settings
    /// outside their domain, a model without sills, samples on a sphere, or samples that depend on each other.
    ///
    /// # Source
    /// Tanner & Wong (1987), *Journal of the American Statistical Association* 82:528 (data augmentation); De Oliveira (2005), *Journal of
    /// Computational and Graphical Statistics* 14:95 (censored Gaussian fields); the conditional distributions are those of co-kriging.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::censored::{ImputationSettings, JointImputations};
    /// use soilscope_core::cokriging::{Coefficients, Coregionalisation, Means, Term};
    /// use soilscope_core::{Samples, executor::Serial};
    ///
    /// // No correlation from place to place, one of 0.8 at a place. Lead is below 0 twice, once where zinc is high and once where it is low.
    /// let nugget = Term::nugget(Coefficients::from_rows(&[vec![1.0, 0.8], vec![0.8, 1.0]])?)?;
    /// let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![nugget])?;
    /// let coords: Vec<[f64; 2]> = (0..4).map(|i| [f64::from(i), 0.0]).collect();
    /// let zinc = Samples::new(coords.clone(), vec![1.5, -1.5, 0.2, 0.4])?;
    /// let lead = Samples::new(coords, vec![0.0, 0.0, 0.5, 0.1])?;
    /// let below = [vec![false; 4], vec![true, true, false, false]];
    /// let (means, settings) = (Means::Known(vec![0.0, 0.0]), ImputationSettings::default());
    /// let draws = JointImputations::draw(&model, &means, &[zinc, lead], &below, &settings, &Serial)?;
    /// // Given zinc, lead is 1.2 ± 0.6 at the one and −1.2 ± 0.6 at the other; below 0 it is −0.22 and −1.23 in the mean.
    /// let mean: Vec<f64> = draws.in_turn().map(|(_, y)| y.iter().sum::<f64>() / y.len() as f64).collect();
    /// assert!((mean[0] + 0.22).abs() < 0.08 && (mean[1] + 1.23).abs() < 0.15);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn draw(
        model: &Coregionalisation,
        means: &Means,
        samples: &[Samples],
        below: &[Vec<bool>],
        settings: &ImputationSettings,
        executor: &dyn Executor,
    ) -> Result<Self> {
        settings.check()?;
        check(model, means, samples, below)?;
        let layout = Layout::new(samples, below, means, settings.neighbours, executor)?;
        let conditionals = layout.conditionals(model, executor)?;
        let draws = Imputations::of(conditionals, layout.values(), PURPOSE, settings, executor)?;
        Ok(Self { draws, sizes: samples.iter().map(Samples::len).collect() })
    }

    /// How many imputations there are.
    pub fn count(&self) -> usize {
        self.draws.count()
    }

    /// How many samples all variables have, censored or not.
    pub fn total(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// How many values are below their limits.
    pub fn below(&self) -> usize {
        self.draws.samples().len()
    }

    /// Of each censored sample its number and its draws, the first of each chain first: neighbours in this order are of different
    /// chains.
    pub fn in_turn(&self) -> impl Iterator<Item = (usize, Vec<f64>)> + '_ {
        self.draws.samples().iter().enumerate().map(|(a, &i)| (i, self.draws.in_turn(a).collect()))
    }

    /// Gelman and Rubin's (1992) potential scale reduction of the worst value: 1 where chains agree; above 1.1 they have not
    /// forgotten where they began, and more sweeps are needed.
    pub fn mixing(&self) -> f64 {
        self.draws.mixing()
    }

    /// The draws of some samples of each variable, for a simulation that is prepared with no others. They stay drawn given all.
    ///
    /// # Panics
    /// Another number of variables, or a sample beyond a variable's last.
    #[must_use]
    pub fn of_samples(&self, kept: &[Vec<usize>]) -> Self {
        assert_eq!(kept.len(), self.sizes.len(), "a list of samples for each variable");
        let mut number = vec![None; self.total()];
        let (mut first, mut next) = (0, 0);
        for (kept, size) in kept.iter().zip(&self.sizes) {
            for &i in kept {
                assert!(i < *size, "a sample of the variable");
                number[first + i] = Some(next);
                next += 1;
            }
            first += size;
        }
        Self { draws: self.draws.renumbered(&number), sizes: kept.iter().map(Vec::len).collect() }
    }
}

/// Refuses what cannot be drawn together.
fn check(model: &Coregionalisation, means: &Means, samples: &[Samples], below: &[Vec<bool>]) -> Result<()> {
    let variables = model.variables().len();
    let known = if let Means::Known(means) = means { means.len() } else { variables };
    let counts = [
        ("sets of samples", samples.len()),
        ("sets of flags of values below limits", below.len()),
        ("known means", known),
    ];
    if let Some(&(what, found)) = counts.iter().find(|(_, found)| *found != variables) {
        return Err(CokrigingError::Count { what, found, variables }.into());
    }
    if let Means::Known(means) = means
        && let Some(&value) = means.iter().find(|m| !m.is_finite())
    {
        return Err(Error::Parameter { name: "known mean", value, requirement: "a finite number" });
    }
    if !model.is_bounded() {
        let model = model.to_string();
        return Err(Error::Unbounded { model, purpose: "imputing values below limits of several variables" });
    }
    for (samples, below) in samples.iter().zip(below) {
        check_flags(samples, below)?;
        samples.check_plane("values below limits of several variables are drawn")?;
    }
    check_samples(model, samples)
}
