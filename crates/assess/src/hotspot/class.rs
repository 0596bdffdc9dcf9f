//! How far a hotspot can be relied on.

use serde::Serialize;

/// How far a hotspot can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotspotClass {
    /// A sample inside is above the threshold, at most a tenth of the area is expected not to be, no more than half of it
    /// is not to be trusted, and the map's probabilities are not without skill.
    Certain,
    /// The same with more than a tenth of the area expected not to be above, or by probabilities that are not shown to have skill.
    Probable,
    /// No sample inside is above the threshold, or most of the area is not to be trusted: the model alone says so.
    NeedsSamples,
}

/// Share of a hotspot's area that may be expected not to be above the threshold while it is certain.
pub const CERTAIN_UP_TO: f64 = 0.1;

/// Share of a hotspot's area that may be [untrusted](super::Untrusted) while it is more than a place that needs samples.
///
/// Half, because a hotspot is then still mostly what samples around it say. The bound is a convention, as the class is; the share
/// stands beside it.
pub const UNTRUSTED_UP_TO: f64 = 0.5;

/// Why a hotspot has its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassReason {
    /// A sample inside is above, and little is expected not to be.
    LittleWrong,
    /// A sample inside is above, and more than little is expected not to be.
    MoreWrong,
    /// A sample inside is above, and the probabilities are not shown to be better than the base rate.
    NoSkill,
    /// No sample inside is above.
    NoSample,
    /// Most of the area is not to be trusted.
    Untrusted,
    /// Both: no sample inside is above, and most of the area is not to be trusted.
    NoSampleAndUntrusted,
}

/// A hotspot's class, and why.
///
/// # Examples
/// ```
/// use soilscope_assess::hotspot::{Classed, ClassReason, HotspotClass};
/// let among_samples = Classed::of(0.95, 2, Some(0.1), Some(true));
/// assert_eq!(among_samples.class, HotspotClass::Certain);
/// // What the probabilities say is worth little where held-out samples do not bear them out.
/// assert_eq!(Classed::of(0.95, 2, Some(0.1), Some(false)).reason, ClassReason::NoSkill);
/// // The same beyond the samples: one of them at its rim does not speak for the rest.
/// let beyond = Classed::of(0.95, 2, Some(0.7), Some(true));
/// assert_eq!(beyond.class, HotspotClass::NeedsSamples);
/// assert_eq!(beyond.reason, ClassReason::Untrusted);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Classed {
    /// How far it can be relied on.
    pub class: HotspotClass,
    /// Why no further.
    pub reason: ClassReason,
}

impl Classed {
    /// The class of a hotspot with this mean exceedance probability, so many samples inside that are above the threshold, this
    /// share of its area that is not to be trusted, and whether the map's probabilities are [shown to have
    /// skill](soilscope_core::validation::Skill::skilled) (both `None` where that is not known, which then counts for nothing);
    /// our own convention, to be read with these numbers.
    pub fn of(mean_probability: f64, samples_above: usize, untrusted: Option<f64>, skilled: Option<bool>) -> Self {
        let doubtful = untrusted.is_some_and(|share| share > UNTRUSTED_UP_TO);
        let (class, reason) = match (samples_above, doubtful) {
            (0, true) => (HotspotClass::NeedsSamples, ClassReason::NoSampleAndUntrusted),
            (0, false) => (HotspotClass::NeedsSamples, ClassReason::NoSample),
            (_, true) => (HotspotClass::NeedsSamples, ClassReason::Untrusted),
            _ if skilled == Some(false) => (HotspotClass::Probable, ClassReason::NoSkill),
            _ if 1.0 - mean_probability <= CERTAIN_UP_TO => (HotspotClass::Certain, ClassReason::LittleWrong),
            _ => (HotspotClass::Probable, ClassReason::MoreWrong),
        };
        Self { class, reason }
    }
}

impl HotspotClass {
    /// Every class, the best first.
    pub const ALL: [Self; 3] = [Self::Certain, Self::Probable, Self::NeedsSamples];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::NeedsSamples => "needs samples",
        }
    }
}

impl ClassReason {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LittleWrong => "a sample inside is above, and at most a tenth of the area is expected not to be",
            Self::MoreWrong => "a sample inside is above, and more than a tenth of the area is expected not to be",
            Self::NoSkill => {
                "a sample inside is above, and the probabilities are not shown to be better than the share of samples that are"
            }
            Self::NoSample => "no sample inside is above",
            Self::Untrusted => "more than half of the area is not to be trusted",
            Self::NoSampleAndUntrusted => {
                "no sample inside is above, and more than half of the area is not to be trusted"
            }
        }
    }
}
