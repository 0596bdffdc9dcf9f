//! Correlations of the models, with derivatives by lag and smoothness.

use crate::variogram::Model;

/// A model's correlation as a function of q = lag / range.
#[derive(Debug, Clone)]
pub(super) enum Correlation {
    Spherical,
    Exponential,
    Gaussian,
    /// Smoothness 1.5, of q times this.
    OnceSmooth(OnceSmooth),
    /// Smoothness 2.5, of q times this.
    TwiceSmooth(TwiceSmooth),
    /// Any model, by its semivariance and differences of it.
    Direct(Direct),
    /// The same, read off a table.
    Tabled(Box<Table>),
}

/// What a loop over many lags needs of a correlation.
pub(super) trait Rho {
    /// The correlation at q.
    fn value(&self, q: f64) -> f64;
    /// The correlation, and its derivative by the logarithm of q.
    fn value_and_slope(&self, q: f64) -> (f64, f64);
    /// Its derivative by the logarithm of the smoothness; 0 where there is none.
    fn by_log_shape(&self, _q: f64) -> f64 {
        0.0
    }
}

/// Pairs from which a table is worth its making.
const TABLE_FROM: usize = 10_000;

impl Correlation {
    /// The correlation of `model`; `by_shape` where its derivative by the smoothness is wanted too.
    pub(super) fn new(model: Model, by_shape: bool, pairs: usize) -> Self {
        let stretch = match model {
            Model::Stein { smoothness } => 2.0 * smoothness.sqrt(),
            _ => 1.0,
        };
        match model {
            Model::Spherical => Self::Spherical,
            Model::Exponential => Self::Exponential,
            Model::Gaussian => Self::Gaussian,
            Model::Matern { smoothness } | Model::Stein { smoothness } if !by_shape && smoothness == 1.5 => {
                Self::OnceSmooth(OnceSmooth(stretch))
            }
            Model::Matern { smoothness } | Model::Stein { smoothness } if !by_shape && smoothness == 2.5 => {
                Self::TwiceSmooth(TwiceSmooth(stretch))
            }
            Model::Matern { smoothness: 0.5 } if !by_shape => Self::Exponential,
            Model::Matern { .. } | Model::Stein { .. } if pairs >= TABLE_FROM => {
                Self::Tabled(Box::new(Table::new(Direct { model, by_shape })))
            }
            other => Self::Direct(Direct { model: other, by_shape }),
        }
    }
}

/// Compiles an expression for each correlation, and picks the one that this is.
macro_rules! with_correlation {
    ($correlation:expr, $rho:ident => $body:expr) => {
        match $correlation {
            $crate::likelihood::correlation::Correlation::Spherical => {
                let $rho = &$crate::likelihood::correlation::Spherical;
                $body
            }
            $crate::likelihood::correlation::Correlation::Exponential => {
                let $rho = &$crate::likelihood::correlation::Exponential;
                $body
            }
            $crate::likelihood::correlation::Correlation::Gaussian => {
                let $rho = &$crate::likelihood::correlation::Gaussian;
                $body
            }
            $crate::likelihood::correlation::Correlation::OnceSmooth($rho) => $body,
            $crate::likelihood::correlation::Correlation::TwiceSmooth($rho) => $body,
            $crate::likelihood::correlation::Correlation::Direct($rho) => $body,
            $crate::likelihood::correlation::Correlation::Tabled($rho) => {
                let $rho = &**$rho;
                $body
            }
        }
    };
}
pub(super) use with_correlation;

/// 1 − 1.5 q + 0.5 q³ up to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spherical;

impl Rho for Spherical {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        let q = q.min(1.0);
        1.0 - q * (1.5 - 0.5 * q * q)
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        let q = q.min(1.0);
        (1.0 - q * (1.5 - 0.5 * q * q), -1.5 * q * (1.0 - q * q))
    }
}

/// exp(−q).
#[derive(Debug, Clone, Copy)]
pub(super) struct Exponential;

impl Rho for Exponential {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        (-q).exp()
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        let e = (-q).exp();
        (e, -q * e)
    }
}

/// exp(−q²).
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaussian;

impl Rho for Gaussian {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        (-q * q).exp()
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        let e = (-q * q).exp();
        (e, -2.0 * q * q * e)
    }
}

/// (1 + q) exp(−q), with q times a stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnceSmooth(f64);

impl Rho for OnceSmooth {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        // Beyond 700 nothing is left, and ∞ · 0 is not met.
        let q = (q * self.0).min(700.0);
        (1.0 + q) * (-q).exp()
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        let q = (q * self.0).min(700.0);
        let e = (-q).exp();
        ((1.0 + q) * e, -q * q * e)
    }
}

/// (1 + q + q²/3) exp(−q), with q times a stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct TwiceSmooth(f64);

impl Rho for TwiceSmooth {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        let q = (q * self.0).min(700.0);
        (1.0 + q * (1.0 + q / 3.0)) * (-q).exp()
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        let q = (q * self.0).min(700.0);
        let e = (-q).exp();
        ((1.0 + q * (1.0 + q / 3.0)) * e, -q * q * (1.0 + q) / 3.0 * e)
    }
}

/// A model by its semivariance, with derivatives by central differences of fourth order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direct {
    model: Model,
    by_shape: bool,
}

impl Direct {
    /// Derivative at 0 of a function of a small shift, by the four points ±h, ±2h: an error of h⁴ times a thirtieth of
    /// the fifth derivative.
    #[inline]
    fn difference(h: f64, f: impl Fn(f64) -> f64) -> f64 {
        (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
    }
}

impl Rho for Direct {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        1.0 - self.model.unit_semivariance(q)
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        if q == 0.0 {
            return (1.0, 0.0);
        }
        (self.value(q), Self::difference(1e-3, |s| self.value(q * s.exp())))
    }

    #[inline]
    fn by_log_shape(&self, q: f64) -> f64 {
        let Some(shape) = self.model.shape().filter(|_| q > 0.0) else { return 0.0 };
        Self::difference(1e-3, |s| 1.0 - self.model.with_shape(shape * s.exp()).unit_semivariance(q))
    }
}

/// A correlation by cubic Hermite interpolation in log q, for models whose formula is slow and smooth: an error of
/// h⁴/384 times the fourth derivative, below 1e−11 for every Matérn model with the step used. Outside the table the
/// formula itself is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Table {
    direct: Direct,
    /// Value, slope and derivative by the shape at each node, each followed by its own derivative times the step.
    nodes: Vec<[f64; 6]>,
}

impl Table {
    const STEP: f64 = 0.004;
    /// Logarithms of the first and last q: below 1e−4 of a range and above 120 hardly any pair is found.
    const FIRST: f64 = -9.210_340_371_976_182;
    const LAST: f64 = 4.787_491_742_782_046;

    fn new(direct: Direct) -> Self {
        let count = ((Self::LAST - Self::FIRST) / Self::STEP).ceil() as usize + 1;
        // Nodes beyond both ends serve the differences.
        let column = |f: &dyn Fn(f64) -> f64, margin: usize| -> Vec<f64> {
            (0..count + 2 * margin).map(|k| f((Self::FIRST + (k as f64 - margin as f64) * Self::STEP).exp())).collect()
        };
        let value = column(&|q| direct.value(q), 4);
        let slope = differences(&value);
        let curvature = differences(&slope);
        let (shape, by_lag) = if direct.by_shape {
            let shape = column(&|q| direct.by_log_shape(q), 2);
            let by_lag = differences(&shape);
            (shape[2..].to_vec(), by_lag)
        } else {
            (vec![0.0; count], vec![0.0; count])
        };
        let nodes = (0..count)
            .map(|k| {
                [value[k + 4], slope[k + 2], slope[k + 2] / Self::STEP, curvature[k] / Self::STEP, shape[k], by_lag[k]]
            })
            .collect();
        Self { direct, nodes }
    }

    /// Node below q and the place between it and the next, in steps.
    #[inline]
    fn place(&self, q: f64) -> Option<(usize, f64)> {
        let s = (q.ln() - Self::FIRST) / Self::STEP;
        if s >= 0.0 && s < (self.nodes.len() - 1) as f64 { Some((s as usize, s.fract())) } else { None }
    }

    #[inline]
    fn hermite(&self, node: usize, t: f64, which: usize) -> f64 {
        let (a, b) = (&self.nodes[node], &self.nodes[node + 1]);
        let (p, m, q, n) = (a[which], a[which + 1], b[which], b[which + 1]);
        let d = q - p;
        p + t * (m + t * ((3.0 * d - 2.0 * m - n) + t * (m + n - 2.0 * d)))
    }
}

/// Central differences of fourth order times the step; two fewer on each side.
fn differences(values: &[f64]) -> Vec<f64> {
    values.windows(5).map(|w| (8.0 * (w[3] - w[1]) - (w[4] - w[0])) / 12.0).collect()
}

impl Rho for Table {
    #[inline]
    fn value(&self, q: f64) -> f64 {
        match self.place(q) {
            Some((node, t)) => self.hermite(node, t, 0),
            None => self.direct.value(q),
        }
    }

    #[inline]
    fn value_and_slope(&self, q: f64) -> (f64, f64) {
        match self.place(q) {
            Some((node, t)) => (self.hermite(node, t, 0), self.hermite(node, t, 2)),
            None => self.direct.value_and_slope(q),
        }
    }

    #[inline]
    fn by_log_shape(&self, q: f64) -> f64 {
        match self.place(q) {
            Some((node, t)) => self.hermite(node, t, 4),
            None => self.direct.by_log_shape(q),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree_with_the_formula() {
        for smoothness in [0.05, 0.3, 0.5, 0.77, 1.0, 1.5, 3.3, 12.0] {
            for model in [Model::Matern { smoothness }, Model::Stein { smoothness }] {
                let direct = Direct { model, by_shape: true };
                let table = Table::new(direct);
                for k in 0..2000 {
                    let q = (-10.0 + f64::from(k) * 0.0081).exp();
                    let (a, b) = (table.value_and_slope(q), direct.value_and_slope(q));
                    assert!((a.0 - b.0).abs() < 1e-11, "{model:?} at {q}: {a:?} against {b:?}");
                    assert!((a.1 - b.1).abs() < 1e-8, "{model:?} at {q}: {a:?} against {b:?}");
                    let (a, b) = (table.by_log_shape(q), direct.by_log_shape(q));
                    assert!((a - b).abs() < 1e-8, "{model:?} at {q}: {a} against {b}");
                }
            }
        }
    }

    #[test]
    fn closed_forms_agree_with_the_formula_and_its_differences() {
        let models = [
            Model::Spherical,
            Model::Exponential,
            Model::Gaussian,
            Model::Matern { smoothness: 0.5 },
            Model::Matern { smoothness: 1.5 },
            Model::Stein { smoothness: 1.5 },
            Model::Matern { smoothness: 2.5 },
            Model::Stein { smoothness: 2.5 },
        ];
        for model in models {
            let closed = Correlation::new(model, false, 0);
            assert!(!matches!(closed, Correlation::Direct(_)), "{model:?}");
            let direct = Direct { model, by_shape: false };
            for q in [0.0, 1e-5, 0.1, 0.7, 0.95, 1.3, 5.0, 40.0, 1e4] {
                let (value, slope) = with_correlation!(&closed, rho => rho.value_and_slope(q));
                let expected = direct.value_and_slope(q);
                assert!((value - expected.0).abs() < 1e-14, "{model:?} at {q}");
                assert!((slope - expected.1).abs() < 1e-9, "{model:?} at {q}: {slope} against {}", expected.1);
            }
        }
    }
}
