//! The distance that a variogram reaches.

use super::{Structure, Variogram};

/// Steps within a period when looking for where an oscillating model first reaches the sill.
const STEPS_PER_PERIOD: f64 = 64.0;
/// Most of them; periods far shorter than another structure's range are not followed further.
const MOST_STEPS: u32 = 100_000;

impl Variogram {
    /// Distance where 95 % of the sill (nugget included) is reached for the first time, the longest along any structure's
    /// major axis; 0 where the nugget alone is that much, and infinite for an unbounded variogram.
    ///
    /// # Units
    /// Coordinate units.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::{Model, Structure, Variogram};
    /// let v = Variogram::new(0.0, vec![Structure::new(Model::Exponential, 1.0, 100.0)?])?;
    /// assert!((v.effective_range() - 100.0 * 20.0_f64.ln()).abs() < 1e-9); // exp(−h/100) = 0.05
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn effective_range(&self) -> f64 {
        if !self.is_bounded() {
            return f64::INFINITY;
        }
        let wanted = 0.95 * self.sill();
        if self.nugget() >= wanted {
            return 0.0;
        }
        let reach = |s: &Structure| {
            let (sin, cos) = s.anisotropy().azimuth().to_radians().sin_cos();
            self.first_reach(wanted, |h| self.semivariance([h * sin, h * cos]))
        };
        self.structures().iter().map(reach).fold(0.0, f64::max)
    }

    /// The smallest lag at which `at` is `wanted` or more.
    fn first_reach(&self, wanted: f64, at: impl Fn(f64) -> f64) -> f64 {
        let (mut low, mut high) = self.bracket(wanted, &at);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if at(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    fn bracket(&self, wanted: f64, at: &impl Fn(f64) -> f64) -> (f64, f64) {
        // An oscillating structure is followed step by step; across its major axis its period is shorter.
        let period = |s: &Structure| s.model().period().map(|p| p * s.range() * s.anisotropy().ratio());
        let shortest = self.structures().iter().filter_map(period).fold(f64::INFINITY, f64::min);
        let mut low = 0.0;
        if shortest.is_finite() {
            let step = shortest / STEPS_PER_PERIOD;
            for k in 1..=MOST_STEPS {
                let high = step * f64::from(k);
                if at(high) >= wanted {
                    return (low, high);
                }
                low = high;
            }
        }
        let mut high = self.structures().iter().map(Structure::range).fold(low, f64::max);
        while at(high) < wanted && high < f64::MAX / 2.0 {
            high *= 2.0;
        }
        (low, high)
    }
}
