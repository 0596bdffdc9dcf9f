//! The maximum of a smooth function of two coordinates of about unit size: Newton's method with numerical derivatives.

type Two = [f64; 2];

/// A maximum.
pub(super) struct Top {
    pub(super) at: Two,
    pub(super) value: f64,
    /// Minus the second derivatives there: the observed information.
    pub(super) information: [Two; 2],
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

const MOST_STEPS: usize = 200;
/// Steps of the difference quotients, of fourth order: balanced between truncation and rounding for log-likelihoods up to 10⁵.
const SLOPE_STEP: f64 = 2e-3;
const CURVATURE_STEP: f64 = 1e-2;

/// Climbs from `start`. `None` where the function is not finite around a place that it passes.
pub(super) fn climb(f: &dyn Fn(Two) -> f64, start: Two) -> Option<Top> {
    let mut at = start;
    let mut value = f(at);
    for iterations in 0..MOST_STEPS {
        let slope = slope(f, at);
        let information = information(f, at, value);
        if !(value.is_finite() && slope.iter().chain(information.iter().flatten()).all(|x| x.is_finite())) {
            return None;
        }
        let mut step = newton(information, slope);
        let longest = step[0].abs().max(step[1].abs());
        if longest < 1e-9 {
            let definite = inverse(information).is_some();
            return Some(Top { at, value, information, iterations, converged: definite });
        }
        if longest > 1.0 {
            step = step.map(|s| s / longest);
        }
        let mut rose = false;
        for _ in 0..40 {
            let next = [at[0] + step[0], at[1] + step[1]];
            let found = f(next);
            // At the maximum the difference is rounding, and a Newton step of 10⁻⁸ is still an improvement.
            if found >= value - 1e-13 * value.abs() {
                (at, value, rose) = (next, found, true);
                break;
            }
            step = step.map(|s| 0.5 * s);
        }
        if !rose {
            return Some(Top { at, value, information, iterations, converged: longest < 1e-6 });
        }
    }
    let information = information(f, at, value);
    Some(Top { at, value, information, iterations: MOST_STEPS, converged: false })
}

/// The inverse of a symmetric positive definite matrix.
pub(super) fn inverse(m: [Two; 2]) -> Option<[Two; 2]> {
    let determinant = m[0][0] * m[1][1] - m[0][1] * m[0][1];
    let positive = m[0][0] > 0.0 && determinant > 1e-12 * m[0][0] * m[1][1];
    positive.then(|| {
        let [a, b, d] = [m[0][0] / determinant, -m[0][1] / determinant, m[1][1] / determinant];
        [[d, b], [b, a]]
    })
}

fn newton(information: [Two; 2], slope: Two) -> Two {
    match inverse(information) {
        Some(v) => [v[0][0] * slope[0] + v[0][1] * slope[1], v[1][0] * slope[0] + v[1][1] * slope[1]],
        // Not concave here: uphill, as far as the caller allows.
        None => {
            let length = slope[0].hypot(slope[1]).max(f64::MIN_POSITIVE);
            slope.map(|s| s / length)
        }
    }
}

fn slope(f: &dyn Fn(Two) -> f64, at: Two) -> Two {
    let h = SLOPE_STEP;
    std::array::from_fn(|k| {
        let shifted = |d: f64| f(moved(at, k, d));
        (8.0 * (shifted(h) - shifted(-h)) - (shifted(2.0 * h) - shifted(-2.0 * h))) / (12.0 * h)
    })
}

fn information(f: &dyn Fn(Two) -> f64, at: Two, value: f64) -> [Two; 2] {
    let h = CURVATURE_STEP;
    let own: Two = std::array::from_fn(|k| {
        let shifted = |d: f64| f(moved(at, k, d));
        let near = 16.0 * (shifted(h) + shifted(-h));
        (shifted(2.0 * h) + shifted(-2.0 * h) + 30.0 * value - near) / (12.0 * h * h)
    });
    let mixed = |h: f64| {
        let corner = |a: f64, b: f64| f([at[0] + a * h, at[1] + b * h]);
        (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0)) / (4.0 * h * h)
    };
    let cross = -(4.0 * mixed(h) - mixed(2.0 * h)) / 3.0;
    [[own[0], cross], [cross, own[1]]]
}

fn moved(mut at: Two, k: usize, by: f64) -> Two {
    at[k] += by;
    at
}

/// The largest value of a function of one coordinate with one maximum, by golden sections around a bracket grown from
/// `start`.
pub(super) fn highest(f: &dyn Fn(f64) -> f64, start: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (start - 0.5, start + 0.5);
    // Grow until the middle is above both ends.
    for _ in 0..60 {
        let middle = f(0.5 * (low + high));
        let width = high - low;
        if f(low) > middle {
            low -= width;
        } else if f(high) > middle {
            high += width;
        } else {
            break;
        }
    }
    let (mut a, mut b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut fa, mut fb) = (f(a), f(b));
    while high - low > 1e-8 {
        if fa > fb {
            (high, b, fb) = (b, a, fa);
            a = high - GOLDEN * (high - low);
            fa = f(a);
        } else {
            (low, a, fa) = (a, b, fb);
            b = low + GOLDEN * (high - low);
            fb = f(b);
        }
    }
    fa.max(fb)
}
