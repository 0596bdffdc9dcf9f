//! The search over everything of a template but its sills, which are linear and solved for at each place of the search.

use super::limits::Axis;
use super::search::{search_many, search_one};
use super::{ModelTemplate, Parameter, Structure};
use crate::{Error, Result};

/// Most parameters that are searched for together: the scan of a larger box would see too little.
const MOST_FREE: usize = 4;

/// Free ranges, smoothnesses, azimuths and ratios of a template.
pub(crate) struct Shapes<'a> {
    template: &'a ModelTemplate,
    /// In the template's order.
    axes: Vec<Axis>,
}

impl<'a> Shapes<'a> {
    /// What `template` leaves open, within the limits that these lags set.
    ///
    /// # Errors
    /// Too many free parameters.
    pub(crate) fn new(template: &'a ModelTemplate, lags: impl Iterator<Item = f64>) -> Result<Self> {
        let (shortest, longest) =
            lags.filter(|&d| d > 0.0).fold((f64::INFINITY, 0.0_f64), |(low, high), d| (low.min(d), high.max(d)));
        let limits = (shortest.min(f64::MAX), longest.max(f64::MIN_POSITIVE));
        let searched = template.free_parameters().into_iter().filter(|p| !p.is_linear());
        let axes: Vec<Axis> = searched.map(|p| Axis::new(p, template, limits)).collect();
        if axes.len() > MOST_FREE {
            let requirement =
                "4 or fewer: fix some ranges with Type(range), kappa with kappa=…, directions with az=…, ratio=…";
            let name = "number of free parameters beside the sills";
            return Err(Error::Parameter { name, value: axes.len() as f64, requirement });
        }
        Ok(Self { template, axes })
    }

    /// The structures, each with a sill of 1, for which `f` is least, and whether a range ended at the largest that was
    /// looked at.
    ///
    /// # Errors
    /// Structures outside their domain.
    pub(crate) fn least(&self, f: impl Fn(&[Structure]) -> f64) -> Result<(Vec<Structure>, bool)> {
        // A range whose limit is beyond the largest number is no structure.
        let at = |point: &[f64]| self.units(point).map_or(f64::MAX, |units| f(&units));
        let dimensions: Vec<_> = self.axes.iter().map(|a| a.dimension(self.axes.len())).collect();
        let point = match dimensions.len() {
            0 => Vec::new(),
            1 => vec![search_one(dimensions[0], |x| at(&[x]))],
            _ => search_many(&dimensions, at),
        };
        let at_limit = self.axes.iter().zip(&point).any(|(a, &x)| a.is_range_at_limit(x));
        Ok((self.units(&point)?, at_limit))
    }

    /// The structures at a point of the search.
    fn units(&self, point: &[f64]) -> Result<Vec<Structure>> {
        // `instance` takes what is free in the order of the template's free parameters, which is the point's.
        let mut numbers = self.axes.iter().zip(point).map(|(axis, &x)| axis.number(x));
        let mut take = |p: Parameter| p.fixed().or_else(|| numbers.next()).unwrap_or(f64::NAN);
        self.template.structures.iter().map(|s| s.instance(1.0, &mut take)).collect()
    }
}
