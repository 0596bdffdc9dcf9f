//! One result, read: what was measured, how, and how much.

use crate::tables::{self, Analyte, Property, Unit};

use super::columns::Slots;
use super::extension::{Extension, ExtensionAnalyte, ExtensionProcedure};

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    Analyte(&'static Analyte),
    Property(&'static Property),
    Own(&'a ExtensionAnalyte),
}

impl<'a> Subject<'a> {
    pub(super) fn of(code: &str, extension: &'a Extension) -> Option<Self> {
        let analyte = || tables::analyte(code).map(Self::Analyte);
        let property = || tables::property(code).map(Self::Property);
        let own = || extension.analytes.iter().find(|a| a.code == code).map(Self::Own);
        analyte().or_else(property).or_else(own)
    }

    pub(super) fn default_unit(self) -> Option<&'static Unit> {
        tables::unit_spelt(match self {
            Self::Analyte(a) => &a.default_unit,
            Self::Property(p) => &p.default_unit,
            Self::Own(a) => &a.default_unit,
        })
    }

    pub(super) fn molar_mass(self) -> Option<f64> {
        match self {
            Self::Analyte(a) => a.molar_mass_g_per_mol,
            Self::Property(_) => None,
            Self::Own(a) => a.molar_mass_g_per_mol,
        }
    }

    pub(super) fn cas(self) -> Option<&'a str> {
        match self {
            Self::Analyte(a) => a.cas_number.as_deref(),
            Self::Property(_) => None,
            Self::Own(a) => a.cas_number.as_deref(),
        }
    }

    /// What a node accepts at all.
    pub(super) fn bounds(self) -> [Option<f64>; 2] {
        match self {
            Self::Analyte(a) => [a.sis_value_min, a.sis_value_max],
            Self::Property(p) => [p.sis_value_min, p.sis_value_max],
            Self::Own(_) => [None, None],
        }
    }

    /// What is usual.
    pub(super) fn typical(self) -> [Option<f64>; 2] {
        match self {
            Self::Analyte(a) => [a.sis_typical_min, a.sis_typical_max],
            Self::Property(p) => [p.sis_typical_min, p.sis_typical_max],
            Self::Own(_) => [None, None],
        }
    }

    pub(super) fn has_glosis_property(self) -> bool {
        match self {
            Self::Analyte(a) => a.glosis_property_id.is_some(),
            Self::Property(p) => p.glosis_property_id.is_some(),
            Self::Own(a) => a.glosis_property_id.is_some(),
        }
    }

    pub(super) fn is_contaminant(self) -> bool {
        !matches!(self, Self::Property(_))
    }

    pub(super) fn is_sum(self) -> bool {
        match self {
            Self::Analyte(a) => a.contaminant_class.ends_with("_sum"),
            Self::Property(_) => false,
            Self::Own(a) => a.sum,
        }
    }
}

/// How it was extracted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method<'a> {
    pub code: &'a str,
    pub fraction: &'a str,
    pub group: &'a str,
    pub unknown: bool,
}

impl<'a> Method<'a> {
    pub(super) fn of(code: &str, extension: &'a Extension) -> Option<Self> {
        let known = tables::procedure(code).map(|p| Method {
            code: &p.code,
            fraction: &p.fraction,
            group: &p.comparability_group,
            unknown: p.stage == "unknown",
        });
        let own = |p: &'a ExtensionProcedure| Method {
            code: &p.code,
            fraction: &p.fraction,
            group: &p.comparability_group,
            unknown: p.fraction == "unknown",
        };
        known.or_else(|| extension.procedures.iter().find(|p| p.code == code).map(own))
    }
}

/// How much there is, in the unit as reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantity {
    Quantified(f64),
    /// Below a limit.
    Below(f64),
    /// Above one.
    Above(f64),
    Between(f64, f64),
    /// Censored, the limit unknown or unreadable.
    Unlimited,
    /// Neither a value nor censored, or not to be read.
    Faulty,
}

impl Quantity {
    pub(super) fn is_censored(self) -> bool {
        matches!(self, Self::Below(_) | Self::Above(_) | Self::Between(..) | Self::Unlimited)
    }
}

/// One result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub row: usize,
    pub slots: &'a Slots,
    pub code: &'a str,
    pub subject: Option<Subject<'a>>,
    pub method: Option<Method<'a>>,
    /// The unit as it is written.
    pub unit: &'a str,
    /// Brings a value to the analyte's default unit.
    pub factor: Option<f64>,
    /// Brings a value to mg/kg, where it is one of mass.
    pub mass: Option<f64>,
    pub quantity: Quantity,
    /// Whether its own laboratory or producer rejected it: such results stay out of all maps.
    pub rejected: bool,
}

impl Entry<'_> {
    /// The value in the analyte's default unit, if it is quantified.
    pub(super) fn value(&self) -> Option<f64> {
        match self.quantity {
            Quantity::Quantified(v) => Some(v * self.factor?),
            _ => None,
        }
    }

    /// Which map this result belongs to beside others of its analyte: contents of the whole soil (total, pseudo-total,
    /// not known) make one, each way to take out a part another.
    pub(super) fn family(&self) -> &str {
        match self.method.map_or("unknown", |m| m.fraction) {
            "total" | "pseudo_total" | "unknown" | "" => "content",
            part => part,
        }
    }
}
