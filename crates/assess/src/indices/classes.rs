//! Bounds of classes, by whose they are.

use crate::class::{Bound, Class, Scheme};
use crate::threshold::Standing;

/// The eight substances that Hakanson's limits are for.
const HAKANSON: [&str; 8] = ["PCB total", "Hg", "Cd", "As", "Pb", "Cu", "Cr", "Zn"];
/// Sum of the toxic-response factors of those substances, of which Hakanson's first limit of 150 was rounded.
const HAKANSON_SUM: f64 = 133.0;
/// What a fixed limit cannot say.
const OTHERS: &str =
    "these limits are for PCB, Hg, Cd, As, Pb, Cu, Cr and Zn together; these are other elements, or not all of them";

/// Which bounds the degree of contamination is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DegreeClasses {
    /// 8, 16, 32: Hakanson's, for his eight substances. With others the class carries a caution.
    HakansonFixed,
    /// n, 2n, 4n for n elements, as many authors do (unverified practice).
    Scaled,
    /// 6, 12, 24: a variant that is seen in print.
    SixTwelveTwentyFour,
}

/// Which bounds the pollution load index is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadClasses {
    /// Up to 1 none, to 2 slight, to 3 moderate, above strong.
    Four,
    /// A variant that is seen in print: from 2 on high.
    HighFromTwo,
}

/// Which bounds the potential ecological risk is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskClasses {
    /// 150, 300, 600: Hakanson's, for his eight substances. With others the class carries a caution.
    HakansonFixed,
    /// The same times the sum of the factors used over 133, that of the eight (unverified practice).
    Scaled,
}

/// Bounds of the potential ecological risk of Hakanson's eight substances.
const RISK: [f64; 3] = [150.0, 300.0, 600.0];

const FOUR: [&str; 4] = ["low", "moderate", "considerable", "very high"];

pub(super) fn factor(value: f64) -> Class {
    let variant = "contamination factor 1/3/6";
    Scheme { variant, bounds: &[1.0, 3.0, 6.0], labels: &FOUR, on: Bound::Above, standing: Standing::SecondHand }
        .of(value)
}

pub(super) fn single(value: f64) -> Class {
    Scheme {
        variant: "single pollution index against a limit 1/2/3",
        bounds: &[1.0, 2.0, 3.0],
        labels: &["clean", "slight", "moderate", "heavy"],
        on: Bound::Below,
        standing: Standing::Unverified,
    }
    .of(value)
}

pub(super) fn degree(value: f64, elements: &[&str], limits: DegreeClasses) -> Class {
    let n = elements.len() as f64;
    let (variant, bounds, standing) = match limits {
        DegreeClasses::HakansonFixed => ("hakanson_fixed 8/16/32", [8.0, 16.0, 32.0], Standing::SecondHand),
        DegreeClasses::Scaled => ("scaled n/2n/4n", [n, 2.0 * n, 4.0 * n], Standing::Unverified),
        DegreeClasses::SixTwelveTwentyFour => ("6/12/24", [6.0, 12.0, 24.0], Standing::SecondHand),
    };
    let class = Scheme { variant, bounds: &bounds, labels: &FOUR, on: Bound::Above, standing }.of(value);
    let caution = (limits != DegreeClasses::Scaled && !is_hakanson(elements)).then_some(OTHERS);
    Class { caution, ..class }
}

pub(super) fn modified_degree(value: f64) -> Class {
    let class = Scheme {
        variant: "Abrahim and Parker 1.5/2/4/8/16/32",
        bounds: &[1.5, 2.0, 4.0, 8.0, 16.0, 32.0],
        labels: &["nil", "low", "moderate", "high", "very high", "extreme", "ultra"],
        on: Bound::Above,
        standing: Standing::Unverified,
    }
    .of(value);
    // Only the bound of the first class was read.
    let standing = if class.rank == 1 { Standing::SecondHand } else { Standing::Unverified };
    Class { standing, ..class }
}

pub(super) fn load(value: f64, limits: LoadClasses) -> Class {
    let standing = Standing::SecondHand;
    match limits {
        LoadClasses::Four => Scheme {
            variant: "pollution load index 1/2/3",
            bounds: &[1.0, 2.0, 3.0],
            labels: &["none", "slight", "moderate", "strong"],
            on: Bound::Below,
            standing,
        },
        LoadClasses::HighFromTwo => Scheme {
            variant: "pollution load index, high from 2",
            bounds: &[2.0],
            labels: &["not high", "high"],
            on: Bound::Above,
            standing,
        },
    }
    .of(value)
}

pub(super) fn nemerow(value: f64) -> Class {
    Scheme {
        variant: "Nemerow 0.7/1/2/3",
        bounds: &[0.7, 1.0, 2.0, 3.0],
        labels: &["safe", "warning", "slight", "moderate", "heavy"],
        on: Bound::Below,
        standing: Standing::SecondHand,
    }
    .of(value)
}

pub(super) fn geo_accumulation(value: f64) -> Class {
    Scheme {
        variant: "geo-accumulation classes 0 to 6",
        bounds: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        labels: &["class 0", "class 1", "class 2", "class 3", "class 4", "class 5", "class 6"],
        on: Bound::Below,
        standing: Standing::SecondHand,
    }
    .of(value)
}

pub(super) fn enrichment(value: f64) -> Class {
    Scheme {
        variant: "enrichment factor 2/5/20/40",
        bounds: &[2.0, 5.0, 20.0, 40.0],
        labels: &["minimal", "moderate", "significant", "very high", "extremely high"],
        on: Bound::Above,
        standing: Standing::SecondHand,
    }
    .of(value)
}

pub(super) fn risk_factor(value: f64) -> Class {
    Scheme {
        variant: "ecological risk factor 40/80/160/320",
        bounds: &[40.0, 80.0, 160.0, 320.0],
        labels: &["low", "moderate", "considerable", "high", "very high"],
        on: Bound::Above,
        standing: Standing::SecondHand,
    }
    .of(value)
}

/// Class of a potential ecological risk RI over the named elements, by Hakanson's own bounds.
///
/// # Source
/// Hakanson (1980), *Water Research* 14:975.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::hakanson_risk_class;
/// let class = hakanson_risk_class(593.0, &["Ag", "Cd", "Sb"]);
/// assert!(class.rank == 3 && class.caution.is_some());
/// ```
pub fn hakanson_risk_class(value: f64, elements: &[&str]) -> Class {
    let variant = "hakanson_fixed 150/300/600";
    let scheme = Scheme { variant, bounds: &RISK, labels: &FOUR, on: Bound::Above, standing: Standing::SecondHand };
    Class { caution: (!is_hakanson(elements)).then_some(OTHERS), ..scheme.of(value) }
}

/// Class of a potential ecological risk RI by bounds in proportion to the sum of the toxic-response factors in it: a
/// practice that was not read anywhere, and is marked so.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::scaled_risk_class;
/// assert_eq!(scaled_risk_class(100.0, 66.5).bounds, [75.0, 150.0, 300.0]);
/// ```
pub fn scaled_risk_class(value: f64, factors: f64) -> Class {
    let bounds = RISK.map(|bound| bound * factors / HAKANSON_SUM);
    let variant = "scaled 150/300/600 by the sum of the factors over 133";
    Scheme { variant, bounds: &bounds, labels: &FOUR, on: Bound::Above, standing: Standing::Unverified }.of(value)
}

fn is_hakanson(elements: &[&str]) -> bool {
    elements.len() == HAKANSON.len() && HAKANSON.iter().all(|substance| elements.contains(substance))
}
