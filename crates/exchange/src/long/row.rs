//! One result of one analyte in one specimen: the fields of the schema, typed.

use super::date::SampleDate;
use super::number;

type Text = String;
type Number = Option<f64>;
type Count = Option<u64>;
type Date = Option<SampleDate>;

/// Why a result is no plain number (`censoring.csv`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Censor {
    /// A number.
    #[default]
    Quantified,
    /// Below the limit of detection (`lt_lod`).
    BelowDetection,
    /// Below the limit of quantification (`lt_loq`).
    BelowQuantification,
    /// Not detected, the limit not stated (`nd`).
    NotDetected,
    /// Above the upper calibration limit (`gt_uol`).
    AboveLimit,
    /// Known only within two bounds (`interval`).
    Interval,
}

impl Censor {
    const ALL: [Self; 6] = [
        Self::Quantified,
        Self::BelowDetection,
        Self::BelowQuantification,
        Self::NotDetected,
        Self::AboveLimit,
        Self::Interval,
    ];

    /// The code of `censoring.csv`; empty for a number.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::long::Censor;
    /// assert_eq!(Censor::BelowQuantification.code(), "lt_loq");
    /// assert_eq!(Censor::of_code("nd"), Some(Censor::NotDetected));
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::Quantified => "",
            Self::BelowDetection => "lt_lod",
            Self::BelowQuantification => "lt_loq",
            Self::NotDetected => "nd",
            Self::AboveLimit => "gt_uol",
            Self::Interval => "interval",
        }
    }

    /// By its code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// What a column of the long table can hold.
trait Field: Sized {
    /// As it is written to a table.
    fn write(&self) -> String;
    /// From a cell that is not missing; decimal point. The error says what was expected.
    fn parse(cell: &str) -> Result<Self, String>;
}

impl Field for String {
    fn write(&self) -> String {
        self.clone()
    }

    fn parse(cell: &str) -> Result<Self, String> {
        Ok(cell.to_owned())
    }
}

impl Field for Option<f64> {
    fn write(&self) -> String {
        self.map(number::write).unwrap_or_default()
    }

    fn parse(cell: &str) -> Result<Self, String> {
        number::parse(cell).map(Some).ok_or_else(|| "is not a finite number".to_owned())
    }
}

impl Field for Option<u64> {
    fn write(&self) -> String {
        self.map(|n| n.to_string()).unwrap_or_default()
    }

    fn parse(cell: &str) -> Result<Self, String> {
        let whole = number::parse(cell).filter(|n| n.fract() == 0.0 && (0.0..=9e15).contains(n));
        // Checked just above to be whole and within what a double holds exactly.
        whole.map(|n| Some(n as u64)).ok_or_else(|| "is not a whole number".to_owned())
    }
}

impl Field for Option<SampleDate> {
    fn write(&self) -> String {
        self.map(|d| d.to_string()).unwrap_or_default()
    }

    fn parse(cell: &str) -> Result<Self, String> {
        cell.parse().map(Some)
    }
}

impl Field for Censor {
    fn write(&self) -> String {
        self.code().to_owned()
    }

    fn parse(cell: &str) -> Result<Self, String> {
        Self::of_code(cell).ok_or_else(|| "is no code of censoring".to_owned())
    }
}

macro_rules! row {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*; $($(#[$also:meta])* $more:ident: $other:ident,)*) => {
        /// A row of the canonical long table (specification, section 3.1; `sample_long.schema.json`). Text that is absent is
        /// empty. After import `unit` is the analyte's default unit and every value, bound, limit and uncertainty is in it.
        ///
        /// # Examples
        /// ```
        /// use soilscope_exchange::long::Row;
        /// let row = Row { site_code: "A001".into(), value: Some(0.31), ..Row::default() };
        /// assert_eq!(row.cell("value").as_deref(), Some("0.31"));
        /// assert_eq!(row.plot(), "A001"); // the schema's default
        /// ```
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Row {
            $($(#[$doc])* pub $name: $kind,)*
            $($(#[$also])* pub $more: $other,)*
        }

        impl Row {
            /// The columns of the schema, in its order.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($name)),*];
            /// Columns beside the schema, written only where a row has them.
            pub const BESIDE: &'static [&'static str] = &[$(stringify!($more)),*];

            /// A field as it is written to a table; `None` if there is no such field.
            pub fn cell(&self, field: &str) -> Option<String> {
                match field {
                    $(stringify!($name) => Some(Field::write(&self.$name)),)*
                    $(stringify!($more) => Some(Field::write(&self.$more)),)*
                    _ => None,
                }
            }

            /// Sets a field from a cell with a decimal point; says what is wrong with the cell.
            pub(crate) fn set(&mut self, field: &str, cell: &str) -> Result<(), String> {
                match field {
                    $(stringify!($name) => self.$name = Field::parse(cell)?,)*
                    $(stringify!($more) => self.$more = Field::parse(cell)?,)*
                    _ => return Err(format!("no field {field}")),
                }
                Ok(())
            }
        }
    };
}

row! {
    /// Unique id of the result row.
    record_id: Text,
    /// Campaign or project.
    project_name: Text,
    /// Site identifier, unique in the file.
    site_code: Text,
    /// Plot within the site; default site_code.
    plot_code: Text,
    /// Profile or boring; default plot_code.
    profile_code: Text,
    /// How the soil was opened.
    plot_type: Text,
    /// Layer or horizon identifier.
    element_code: Text,
    /// Depth-defined layer or pedogenetic horizon.
    element_type: Text,
    /// Laboratory sample identifier.
    specimen_code: Text,
    /// Degrees east; required unless x, y, crs are given (deg).
    longitude: Number,
    /// Degrees north (deg).
    latitude: Number,
    /// Easting in crs.
    x: Number,
    /// Northing in crs.
    y: Number,
    /// EPSG code of x, y or of longitude, latitude.
    crs: Text,
    /// Horizontal accuracy, one standard deviation (m).
    positional_accuracy_m: Number,
    /// How the position was got.
    location_method: Text,
    /// Radius of a displacement already applied by the provider; 0 when none (m).
    location_blur_m: Number,
    /// Code of the unit when no coordinates can be given.
    admin_unit: Text,
    /// Altitude m (m).
    altitude_m: Number,
    /// ISO 3166-1 alpha-3.
    country: Text,
    /// YYYY-MM-DD.
    sampling_date: Date,
    /// Date precision.
    date_precision: Text,
    /// Top of the sampled layer below the surface (cm).
    upper_depth_cm: Number,
    /// Bottom of the sampled layer (cm).
    lower_depth_cm: Number,
    /// Sample support.
    sample_support: Text,
    /// Number of sub-samples in a composite.
    n_increments: Count,
    /// Area the composite stands for (m2).
    support_area_m2: Number,
    /// Upper sieve size of the analysed fraction (um).
    grain_size_max_um: Number,
    /// Code of land_use.csv.
    land_use: Text,
    /// WRB reference soil group.
    soil_type: Text,
    /// Code of analytes.csv or soil_properties.csv.
    analyte_code: Text,
    /// Must agree with the table.
    cas_number: Text,
    /// Empty when censored.
    value: Number,
    /// Code of censoring.csv.
    censor: Censor,
    /// Lower bound of an interval.
    value_low: Number,
    /// Upper bound of an interval.
    value_high: Number,
    /// Unit of value, bounds, lod, loq and uncertainty; see units.csv.
    unit: Text,
    /// Basis.
    basis: Text,
    /// Needed when basis is fresh_weight (%).
    dry_matter_pct: Number,
    /// Limit of detection.
    lod: Number,
    /// Limit of quantification.
    loq: Number,
    /// Upper calibration limit.
    uol: Number,
    /// Expanded uncertainty in the unit of value.
    uncertainty_expanded: Number,
    /// Expanded relative uncertainty, alternative to the above (%).
    uncertainty_rel_pct: Number,
    /// K of the expanded uncertainty.
    coverage_factor: Number,
    /// Code of procedures.csv.
    extraction_code: Text,
    /// Instrument.
    determination_code: Text,
    /// Default from the procedure.
    fraction: Text,
    /// Laboratory.
    laboratory: Text,
    /// Standard and certificate, for example ISO/IEC 17025.
    accreditation: Text,
    /// Analysis date.
    analysis_date: Date,
    /// Qc type.
    qc_type: Text,
    /// Specimen_code a duplicate belongs to, or the name of the reference material.
    qc_parent: Text,
    /// Qc flag.
    qc_flag: Text,
    /// Organisation.
    data_owner: Text,
    /// SPDX id of licences.csv.
    licence: Text,
    /// Code of access_levels.csv.
    access_level: Text,
    /// Remark.
    remark: Text,
    ;
    /// The cell of the value as the source has it, where its unit is another or it is written otherwise.
    original_value: Text,
    /// The unit of the source as it spells it, where it is another.
    original_unit: Text,
    /// The comparability group that a declared model brought the value to, where one was applied.
    harmonised_group: Text,
    /// The members of a sum, joined by `+`.
    sum_members: Text,
    /// How a sum counts members that are censored.
    sum_censored_rule: Text,
    /// The certified value of a reference material, in `unit`.
    certified_value: Number,
}

impl Row {
    /// The plot: its code, else the site's.
    pub fn plot(&self) -> &str {
        if self.plot_code.is_empty() { &self.site_code } else { &self.plot_code }
    }

    /// The profile: its code, else the plot's.
    pub fn profile(&self) -> &str {
        if self.profile_code.is_empty() { self.plot() } else { &self.profile_code }
    }

    /// Who may see it: its access level, else the schema's default, which is the strictest.
    pub fn access(&self) -> &str {
        if self.access_level.is_empty() { "restricted" } else { &self.access_level }
    }

    /// Whether it is a measurement of the soil at its place: no blank, no reference material, nothing rejected (specification,
    /// section 3.1: these stay out of the model). Duplicates are measurements.
    pub fn is_of_the_soil(&self) -> bool {
        !matches!(self.qc_type.as_str(), "blank" | "reference_material") && self.qc_flag != "reject"
    }

    /// Standard uncertainty in `unit`: the expanded one over k, else the relative one of the value (specification, section 3.1).
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::long::Row;
    /// let row = Row { value: Some(10.0), uncertainty_rel_pct: Some(18.0), ..Row::default() };
    /// assert_eq!(row.standard_uncertainty(), Some(0.9)); // k = 2 where none is stated
    /// ```
    pub fn standard_uncertainty(&self) -> Option<f64> {
        let k = self.coverage_factor.unwrap_or(2.0);
        let expanded = match (self.uncertainty_expanded, self.uncertainty_rel_pct, self.value) {
            (Some(expanded), ..) => Some(expanded),
            (None, Some(percent), Some(value)) => Some(value.abs() * percent / 100.0),
            _ => None,
        };
        expanded.map(|u| u / k)
    }

    /// The key of the schema: two rows that share it are duplicates.
    pub fn key(&self) -> [&str; 5] {
        let qc = if self.qc_type.is_empty() { "routine" } else { &self.qc_type };
        [&self.specimen_code, &self.analyte_code, &self.extraction_code, qc, &self.qc_parent]
    }

    /// All that is in `unit`.
    pub(crate) fn quantities(&mut self) -> [&mut Option<f64>; 8] {
        [
            &mut self.value,
            &mut self.value_low,
            &mut self.value_high,
            &mut self.lod,
            &mut self.loq,
            &mut self.uol,
            &mut self.uncertainty_expanded,
            &mut self.certified_value,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    #[test]
    fn the_fields_are_those_of_the_schema_in_its_order() {
        let schema = tables::long_schema()["fields"].as_array().unwrap();
        let names: Vec<_> = schema.iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(Row::FIELDS, names);
    }

    #[test]
    fn the_codes_are_those_of_the_table_of_censoring() {
        for code in tables::censorings() {
            assert_eq!(Censor::of_code(&code.code).map(Censor::code), Some(code.code.as_str()));
        }
        assert_eq!(tables::censorings().len(), Censor::ALL.len());
    }

    #[test]
    fn whole_numbers_are_whole() {
        let mut row = Row::default();
        row.set("n_increments", "5").unwrap();
        assert_eq!(row.n_increments, Some(5));
        assert!(row.set("n_increments", "5.5").is_err());
        assert!(row.set("n_increments", "-1").is_err());
        assert!(row.set("value", "1e999").is_err());
    }
}
