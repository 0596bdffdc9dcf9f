//! Slow second implementations.

use soilscope_core::censored::{Family, LeftMass, Measurement, kaplan_meier, land_factor, maximum_likelihood};
use soilscope_core::random::Random;
use soilscope_core::transform::normal_cdf;

use crate::published::{LEAD, MANGANESE};
use crate::{assert_close, column};

/// Simpson's rule.
pub(crate) fn integral(f: &dyn Fn(f64) -> f64, from: f64, to: f64, panels: usize) -> f64 {
    let h = (to - from) / panels as f64;
    let weight = |k: usize| {
        if k == 0 || k == panels {
            1.0
        } else if k % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    (0..=panels).map(|k| weight(k) * f(from + h * k as f64)).sum::<f64>() * h / 3.0
}

/// Log-likelihood by definition: densities, and integrals of the density up to each limit.
fn direct(measurements: &[Measurement], family: Family, [a, b]: [f64; 2]) -> f64 {
    let density = |x: f64| match family {
        Family::Normal => (-0.5 * ((x - a) / b).powi(2)).exp() / (b * std::f64::consts::TAU.sqrt()),
        Family::LogNormal => (-0.5 * ((x.ln() - a) / b).powi(2)).exp() / (x * b * std::f64::consts::TAU.sqrt()),
        Family::Gamma => ((a - 1.0) * x.ln() - x / b - a * b.ln() - libm::lgamma(a)).exp(),
        _ => unreachable!("no other family"),
    };
    let share = |limit: f64| match family {
        Family::Normal => normal_cdf((limit - a) / b),
        // x = limit·eᵗ tames the density at 0.
        _ => integral(&|t| density(limit * t.exp()) * limit * t.exp(), -60.0, 0.0, 6000),
    };
    let one = |m: &Measurement| match *m {
        Measurement::Quantified(x) => density(x).ln(),
        Measurement::BelowLimit(limit) => share(limit).ln(),
    };
    measurements.iter().map(one).sum()
}

/// Nothing in a mesh around the estimates is likelier, their likelihood is the direct one, and twice as fine a mesh of second differences
/// gives the standard errors.
#[test]
fn maxima_are_maxima_of_the_likelihood_by_definition() {
    let normal = column("<3 4.1 5.5 <4 6.2 7.7 3.9 <5 5.1 8.4 6.6 4.8 <3 5.9 7.1");
    for (measurements, family) in
        [(normal, Family::Normal), (column(MANGANESE), Family::LogNormal), (column(MANGANESE), Family::Gamma)]
    {
        let fit = maximum_likelihood(&measurements, family).unwrap();
        assert!(fit.converged);
        let best = fit.parameters.map(|p| p.value);
        let top = direct(&measurements, family, best);
        assert_close(fit.log_likelihood, top, 1e-6 * top.abs(), family.name());
        for (k, l) in (-3..=3).flat_map(|k| (-3..=3).map(move |l| (k, l))).filter(|&p| p != (0, 0)) {
            let by = |b: f64, k: i32| b * (1.0 + 1e-3 * f64::from(k));
            let beside = direct(&measurements, family, [by(best[0], k), by(best[1], l)]);
            assert!(beside < top, "{}: {beside} beside {top} at {k}, {l}", family.name());
        }
        // Information by second differences of the direct likelihood, inverted.
        let h = best.map(|b| 1e-3 * b.abs());
        let f = |k: f64, l: f64| direct(&measurements, family, [best[0] + k * h[0], best[1] + l * h[1]]);
        let aa = -(f(1.0, 0.0) + f(-1.0, 0.0) - 2.0 * top) / (h[0] * h[0]);
        let bb = -(f(0.0, 1.0) + f(0.0, -1.0) - 2.0 * top) / (h[1] * h[1]);
        let ab = -(f(1.0, 1.0) + f(-1.0, -1.0) - f(1.0, -1.0) - f(-1.0, 1.0)) / (4.0 * h[0] * h[1]);
        let determinant = aa * bb - ab * ab;
        let errors = [(bb / determinant).sqrt(), (aa / determinant).sqrt()];
        for k in 0..2 {
            assert_close(fit.parameters[k].standard_error, errors[k], 1e-3 * errors[k], fit.parameters[k].name);
        }
    }
}

/// The product limit straight from its definition: F(x) is the product over larger quantified values of 1 − d/n.
#[test]
fn the_product_limit_is_the_product() {
    for text in [LEAD, MANGANESE, "3 3 <3 3 5 <7 9"] {
        let measurements = column(text);
        let km = kaplan_meier(&measurements, LeftMass::Zero).unwrap();
        let known_up_to = |x: f64| {
            let up_to = |m: &&Measurement| match **m {
                Measurement::Quantified(v) | Measurement::BelowLimit(v) => v <= x,
            };
            measurements.iter().filter(up_to).count() as f64
        };
        let mut values: Vec<f64> = measurements
            .iter()
            .filter_map(|m| if let Measurement::Quantified(v) = *m { Some(v) } else { None })
            .collect();
        values.sort_by(f64::total_cmp);
        let distribution = |x: f64| -> f64 {
            // One factor a value: (n − d)/n is the product of (n − k)/(n − k + 1) for k = 1 … d.
            let mut product = 1.0;
            for v in values.iter().copied().filter(|&v| v > x) {
                let same = values.iter().filter(|&&w| w == v).count() as f64;
                product *= (1.0 - same / known_up_to(v)).powf(1.0 / same);
            }
            product
        };
        for &v in &values {
            assert_close(km.share_up_to(v).unwrap(), distribution(v), 1e-12, "share");
        }
        // Mean of a positive variable: the integral of 1 − F, from value to value.
        let mut mean = 0.0;
        let mut before = 0.0;
        for &v in &values {
            mean += (v - before) * (1.0 - distribution(before));
            before = v;
        }
        assert_close(km.mean, mean, 1e-9 * mean, "mean");
    }
}

/// Values of Land's tables: 95 %, for standard deviations 0.1 and several sizes.
#[test]
fn land_s_factor_is_that_of_the_tables() {
    for (count, h) in [(3, 2.750), (5, 2.035), (7, 1.886), (10, 1.802)] {
        assert_close(land_factor(count, 0.1, 0.95).unwrap(), h, 0.6e-3, &format!("{count} values"));
    }
}

/// Without spread the log-normal is normal: H tends to Student's t (times √((n−1)/n)), and lower limits mirror upper ones.
#[test]
fn land_s_factor_of_nearly_normal_values_is_student_s() {
    // t of 9 degrees of freedom at 95 %.
    let expected = 1.833_112_932_653_98 * (0.9_f64).sqrt();
    assert_close(land_factor(10, 1e-5, 0.95).unwrap(), expected, 1e-4, "upper");
    assert_close(land_factor(10, 1e-5, 0.05).unwrap(), -expected, 1e-4, "lower");
}

/// The distribution of the cosine behind Land's limit, by throwing points on a sphere.
#[test]
fn land_s_limit_has_its_confidence_by_simulation() {
    let (n, sigma, draws) = (8, 0.8, 1000);
    let mut covered = 0;
    for draw in 0..draws {
        let mut random = Random::stream(5, draw);
        let logs: Vec<f64> = (0..n).map(|_| sigma * random.normal()).collect();
        let mean = logs.iter().sum::<f64>() / f64::from(n);
        let deviation = (logs.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / f64::from(n - 1)).sqrt();
        // θ = σ²/2 is covered where the limit is above it.
        let h = land_factor(n as usize, deviation, 0.95).unwrap();
        let limit = mean + 0.5 * deviation * deviation + deviation * h / f64::from(n - 1).sqrt();
        covered += u32::from(limit > 0.5 * sigma * sigma);
    }
    // 1000 draws: the binomial standard deviation is 0.69 %; four of them.
    let share = f64::from(covered) / draws as f64;
    assert_close(share, 0.95, 0.0276, "coverage");
}
