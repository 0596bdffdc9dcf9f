//! The standard normal distribution, backwards.
#![allow(clippy::excessive_precision, reason = "the digits as they were published")]

/// Numerator and denominator of a rational function, constant first.
type Rational = [[f64; 8]; 2];

/// |p − ½| ≤ 0.425, in 0.425² − (p − ½)².
const CENTRE: Rational = [
    [
        3.387_132_872_796_366_608,
        133.141_667_891_784_377_45,
        1_971.590_950_306_551_442_7,
        13_731.693_765_509_461_125,
        45_921.953_931_549_871_457,
        67_265.770_927_008_700_853,
        33_430.575_583_588_128_105,
        2_509.080_928_730_122_672_7,
    ],
    [
        1.0,
        42.313_330_701_600_911_252,
        687.187_007_492_057_908_3,
        5_394.196_021_424_751_107_7,
        21_213.794_301_586_595_867,
        39_307.895_800_092_710_61,
        28_729.085_735_721_942_674,
        5_226.495_278_852_854_561,
    ],
];

/// r = √(−ln p) ≤ 5, in r − 1.6.
const SHOULDER: Rational = [
    [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        0.241_780_725_177_450_611_77,
        0.022_723_844_989_269_184_583_3,
        7.745_450_142_783_414_076_4e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        0.689_767_334_985_100_004_55,
        0.148_103_976_427_480_074_59,
        0.015_198_666_563_616_457_196_6,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
];

/// r = √(−ln p) > 5, in r − 5.
const TAIL: Rational = [
    [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        0.296_560_571_828_504_891_23,
        0.026_532_189_526_576_123_093,
        0.001_242_660_947_388_078_438_6,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_937_69,
        0.136_929_880_922_735_805_31,
        0.014_875_361_290_850_614_852_5,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
];

/// Value that a standard normal number stays below with probability `p`; −∞ for 0, +∞ for 1, NaN outside [0, 1].
///
/// Relative accuracy about 10⁻¹⁶; the same bits on every machine.
///
/// # Source
/// Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", *Applied Statistics* 37:477
/// (PPND16).
///
/// # Examples
/// ```
/// use soilscope_core::normal::normal_quantile;
/// assert_eq!(normal_quantile(0.5), 0.0);
/// assert!((normal_quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    let offset = p - 0.5;
    if offset.abs() <= 0.425 {
        return offset * ratio(&CENTRE, 0.180_625 - offset * offset);
    }
    let tail = if offset < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return f64::INFINITY.copysign(offset);
    }
    if !(tail > 0.0) {
        return f64::NAN;
    }
    // `libm`, not the platform's logarithm: the last bit may differ there.
    let r = (-libm::log(tail)).sqrt();
    let size = if r <= 5.0 { ratio(&SHOULDER, r - 1.6) } else { ratio(&TAIL, r - 5.0) };
    size.copysign(offset)
}

fn ratio([above, below]: &Rational, x: f64) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
    horner(above) / horner(below)
}

#[cfg(test)]
mod tests {
    use super::normal_quantile;
    use crate::transform::normal_cdf;

    #[test]
    fn quantiles_undo_the_distribution_function() {
        // The lower tail keeps all its digits: from 1e-300 to the centre.
        for exponent in 1..=300 {
            for p in [f64::powi(10.0, -exponent), 0.5 * f64::powi(0.96, exponent)] {
                let z = normal_quantile(p);
                // An error of one unit in z's last place is |z| φ(z)/p ≈ z² of them in p.
                let tolerance = 4.0 * f64::EPSILON * (1.0 + z * z);
                assert!((normal_cdf(z) / p - 1.0).abs() < tolerance, "{p:e}: {z}, {:e}", normal_cdf(z) / p - 1.0);
            }
        }
        for k in 1..1000 {
            let p = f64::from(k) / 1000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 4.0 * f64::EPSILON, "{p}");
        }
    }

    #[test]
    fn the_ends_are_infinite_and_beyond_them_is_nothing() {
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }
}
