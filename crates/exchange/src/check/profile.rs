//! Profiles: which rules apply, and what they weigh (specification, section 10).

use std::fmt;
use std::str::FromStr;

use crate::tables::Rule;
use crate::{Error, Result};

use super::Severity;

/// Which of the rules apply, and how much they weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// A hand-over to the network of soil institutions: every rule; the STAC group only warns.
    #[default]
    Insii,
    /// An upload to a node of FAO's soil information system: samples, analytes, node names, the rasters themselves, the limits of the export.
    FaoSis,
    /// [`Profile::Insii`], where the INSPIRE theme keyword and the statement of conformity are demanded.
    Inspire,
    /// The least that can be read, drawn and published without harm.
    Minimal,
    /// Every rule at its own weight.
    All,
}

impl Profile {
    /// Every profile, in the order of the specification.
    pub const ALL: [Self; 5] = [Self::Insii, Self::FaoSis, Self::Inspire, Self::Minimal, Self::All];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insii => "insii",
            Self::FaoSis => "fao-sis",
            Self::Inspire => "inspire",
            Self::Minimal => "minimal",
            Self::All => "all",
        }
    }

    /// What a finding of `rule` that weighs `found` weighs here; `None` where the rule does not apply.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::{check::{Profile, Severity}, tables::rule};
    /// let stac = rule("T001").unwrap();
    /// assert_eq!(Profile::Insii.weigh(stac, Severity::Error), Some(Severity::Warning));
    /// assert_eq!(Profile::All.weigh(stac, Severity::Error), Some(Severity::Error));
    /// assert_eq!(Profile::Minimal.weigh(stac, Severity::Error), None);
    /// ```
    pub fn weigh(self, rule: &Rule, found: Severity) -> Option<Severity> {
        let within = |group: &str, from: u32, to: u32| {
            rule.id.strip_prefix(group).and_then(|n| n.parse().ok()).is_some_and(|n: u32| (from..=to).contains(&n))
        };
        match self {
            Self::All => Some(found),
            // "all but the T group as errors": the T group still speaks, but cannot refuse.
            Self::Insii if within("T", 0, 999) => Some(found.min(Severity::Warning)),
            Self::Insii => Some(found),
            // INSPIRE wants the theme keyword where the rule applies at all, so it refuses instead of warning.
            Self::Inspire if rule.id == "M013" => Some(found.max(Severity::Error)),
            Self::Inspire => Self::Insii.weigh(rule, found),
            Self::FaoSis => {
                (within("S", 0, 999) || within("A", 0, 999) || within("N", 3, 6) || within("R", 1, 9)).then_some(found)
            }
            Self::Minimal => {
                (within("S", 1, 11) || within("A", 1, 9) || within("P", 1, 5) || within("R", 1, 10)).then_some(found)
            }
        }
    }

    /// Whether `rule` applies.
    pub fn applies(self, rule: &Rule) -> bool {
        self.weigh(rule, rule.severity).is_some()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.map(Self::name).into();
            Error::refused(
                format!("profile {name}"),
                "there is none of this name",
                format!("use one of {}", known.join(", ")),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    fn count(profile: Profile) -> usize {
        tables::rules().iter().filter(|r| profile.applies(r)).count()
    }

    #[test]
    fn each_profile_holds_the_rules_the_specification_counts() {
        assert_eq!(count(Profile::Insii), 128);
        assert_eq!(count(Profile::All), 128);
        assert_eq!(count(Profile::Inspire), 128);
        // S 20 + A 26 + N003-N006 4 + R001-R009 9.
        assert_eq!(count(Profile::FaoSis), 59);
        // S001-S011 11 + A001-A009 9 + P001-P005 5 + R001-R010 10.
        assert_eq!(count(Profile::Minimal), 35);
    }

    #[test]
    fn names_are_read_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse::<Profile>().unwrap(), profile);
        }
        assert!("INSII".parse::<Profile>().unwrap_err().to_string().contains("insii, fao-sis"));
    }
}
