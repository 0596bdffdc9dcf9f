//! Which rasters a bundle has of a map, and how they describe themselves.

use super::average::Averaged;
use super::source::{Kind, Source};
use super::write::{Description, Values};
use super::{Mapset, Support};
use crate::pack::source::{HotRule, Interval, Variable};
use crate::pack::styles;
use crate::tables;

/// The 97.5 % quantile of the normal distribution, to the two decimals of rule R019.
const Z: f64 = 1.96;

/// A raster product; a row of `layer_stats.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Mean,
    Sd,
    /// Half the central 95 % interval, in percent of the mean.
    Relative(Interval),
    Exceedance,
    Inside,
    Hot,
}

impl Product {
    /// Those that a map has, in the order of `layer_stats.csv`.
    pub(crate) fn of(source: &Source, variable: &Variable) -> Vec<Self> {
        let mut products = vec![Self::Mean];
        if source.has(Kind::Sd) {
            products.push(Self::Sd);
            products.extend(variable.interval.map(Self::Relative));
        }
        if source.has(Kind::Exceedance) {
            products.push(Self::Exceedance);
        }
        if source.hot(variable).is_some() {
            products.push(Self::Hot);
        }
        if source.has(Kind::Trust) {
            products.push(Self::Inside);
        }
        products
    }

    pub(crate) fn stat(self) -> &'static str {
        match self {
            Self::Mean => "MEAN",
            Self::Sd => "SDEV",
            Self::Relative(_) => "UNCT",
            Self::Exceedance => "PEXC",
            Self::Inside => "AOA",
            Self::Hot => "HOTS",
        }
    }

    pub(crate) fn values(self) -> Values {
        match self {
            Self::Inside | Self::Hot => Values::Classes,
            _ => Values::Real,
        }
    }

    /// What a name of the GSP style calls it, where that style has it.
    pub(crate) fn gsp_kind(self) -> Option<&'static str> {
        let row = tables::layer_stat(self.stat())?;
        (!row.gsp_name_part.is_empty()).then_some(row.gsp_name_part.as_str())
    }

    /// The value of a cell, and whether it was below zero, where no content or deviation can be; NaN for none.
    pub(crate) fn value(self, of: &Averaged) -> (f32, bool) {
        let class = |is: Option<bool>| is.map_or(f32::NAN, |is| f32::from(u8::from(is)));
        let content = |value: f64| (value.max(0.0) as f32, value < 0.0);
        match self {
            // `max` would make zero of NaN.
            Self::Mean | Self::Sd if of.mean.is_nan() || of.sd.is_nan() => (f32::NAN, false),
            Self::Mean => content(of.mean),
            Self::Sd => content(of.sd),
            Self::Relative(interval) => (relative(of.mean, of.sd, interval) as f32, false),
            Self::Exceedance if of.exceedance.is_nan() => (f32::NAN, false),
            Self::Exceedance => (of.exceedance.clamp(0.0, 1.0) as f32, false),
            Self::Inside => (class(of.trusted), false),
            Self::Hot => (class(of.hot), false),
        }
    }

    /// Classes and what they mean.
    pub(crate) fn classes(self) -> Vec<(u8, String)> {
        let pair = |zero: &str, one: &str| vec![(0, zero.to_owned()), (1, one.to_owned())];
        match self {
            Self::Inside => pair("outside the area where the model applies", "inside the area where the model applies"),
            Self::Hot => pair("no hotspot", "hotspot"),
            _ => Vec::new(),
        }
    }

    /// What is written into its files.
    pub(crate) fn description(self, variable: &Variable, mapset: &Mapset, support: &Support) -> Description {
        let stat = self.stat();
        let unit = match tables::layer_stat(stat).map_or("", |row| row.unit.as_str()) {
            "analyte unit" => mapset.unit.clone(),
            "%" => "%".to_owned(),
            // A share or a class has no unit.
            _ => String::new(),
        };
        let depths = format!("{}-{} cm", mapset.naming.upper_cm, mapset.naming.lower_cm);
        let text = format!("{} {stat} {depths}", mapset.naming.analyte);
        let mut band: Vec<(String, String)> = Vec::new();
        let mut say = |name: &str, value: String| band.push((name.to_owned(), value));
        let resampling = match self.values() {
            Values::Classes => "mode by shared area",
            Values::Real if matches!(self, Self::Relative(_)) => "computed from the mean and standard deviation",
            Values::Real => "area-weighted mean",
        };
        say("RESAMPLING", resampling.to_owned());
        match self {
            Self::Sd => say("SD_SUPPORT", support.of_prediction.clone()),
            Self::Relative(_) => {
                say("INTERVAL_PROBABILITY", "0.95".to_owned());
                say("SD_SUPPORT", support.of_prediction.clone());
            }
            Self::Exceedance => {
                say("DISTRIBUTION", variable.distribution.clone().unwrap_or_default());
            }
            Self::Hot => match variable.hot {
                Some(HotRule::Probability(cut)) => {
                    say("HOTS_RULE", format!("probability of exceedance of at least {cut}"))
                }
                Some(HotRule::Prediction(limit)) => say("HOTS_RULE", format!("predicted value above {limit}")),
                None => {}
            },
            Self::Mean | Self::Inside => {}
        }
        if matches!(self, Self::Exceedance | Self::Hot)
            && let Some(threshold) = &variable.threshold
        {
            say("THRESHOLD", threshold.value.map_or("that of each cell".to_owned(), |value| value.to_string()));
            say("THRESHOLD_UNIT", mapset.unit.clone());
            let source = mapset.threshold_source.clone().or_else(|| threshold.source.clone());
            say("THRESHOLD_SOURCE", source.unwrap_or_default());
        }
        if let Some(metres) = support.coarser_than_target_m {
            say("SUPPORT_M", metres.to_string());
        }
        for (class, meaning) in self.classes() {
            say(&format!("CLASS_{class}"), meaning);
        }
        band.retain(|(_, value)| !value.is_empty());
        let colours =
            if self.values() == Values::Classes { styles::colours(stat, self.classes().len()) } else { Vec::new() };
        let mut file = mapset.items();
        // Of every layer that has a part in an interval, so that a reader of one knows what the others are.
        if let (Some(interval), Self::Mean | Self::Sd | Self::Relative(_)) = (variable.interval, self) {
            file.push((
                "INTERVAL".to_owned(),
                if interval == Interval::Normal { "normal" } else { "lognormal" }.to_owned(),
            ));
        }
        Description { text, unit, file, band, colours }
    }
}

/// Half the central 95 % interval in percent of the mean, as GSOCseq computes it (specification, section 1.3); NaN where there is no mean.
fn relative(mean: f64, sd: f64, interval: Interval) -> f64 {
    if !(mean > 0.0) || !(sd >= 0.0) {
        return f64::NAN;
    }
    match interval {
        Interval::Normal => 100.0 * Z * sd / mean,
        Interval::Lognormal => {
            // The log-normal distribution with this mean and standard deviation.
            let variance = (sd / mean).powi(2).ln_1p();
            let (location, scale) = (mean.ln() - variance / 2.0, variance.sqrt());
            100.0 * ((location + Z * scale).exp() - (location - Z * scale).exp()) / (2.0 * mean)
        }
    }
}

impl Mapset {
    /// Items of every file. What is not known is not there.
    fn items(&self) -> Vec<(String, String)> {
        let naming = &self.naming;
        let some = |value: &Option<String>| value.clone().unwrap_or_default();
        let items = [
            ("ANALYTE", naming.analyte.clone()),
            ("CAS", some(&self.cas)),
            ("GLOSIS_URI", some(&self.glosis_uri)),
            ("INSPIRE_URI", some(&self.inspire_uri)),
            ("FRACTION", self.fraction.clone()),
            ("EXTRACTION", self.extraction.clone()),
            ("UPPER_DEPTH_CM", naming.upper_cm.to_string()),
            ("LOWER_DEPTH_CM", naming.lower_cm.to_string()),
            ("PERIOD", self.period.clone()),
            ("LICENCE", self.licence.clone()),
        ];
        items.into_iter().filter(|(_, v)| !v.is_empty()).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_its_distribution() {
        assert!((relative(10.0, 2.0, Interval::Normal) - 39.2).abs() < 1e-12);
        // A log-normal variable with location 0 and scale 1: mean e^½, standard deviation √((e−1)e).
        let e = std::f64::consts::E;
        let found = relative(e.sqrt(), ((e - 1.0) * e).sqrt(), Interval::Lognormal);
        let exact = 100.0 * (1.96f64.exp() - (-1.96f64).exp()) / (2.0 * e.sqrt());
        assert!((found - exact).abs() < 1e-10, "{found} {exact}");
        // Small deviations: both agree.
        let small = [Interval::Normal, Interval::Lognormal].map(|i| relative(10.0, 0.01, i));
        assert!((small[0] - small[1]).abs() < 1e-4 * small[0]);
        assert!(relative(0.0, 1.0, Interval::Normal).is_nan() && relative(-1.0, 1.0, Interval::Normal).is_nan());
    }

    #[test]
    fn a_mean_below_zero_is_raised_and_said_so() {
        let of = |mean, sd| Averaged { mean, sd, exceedance: f64::NAN, trusted: None, hot: None };
        assert_eq!(Product::Mean.value(&of(-0.5, 1.0)), (0.0, true));
        assert_eq!(Product::Mean.value(&of(0.5, 1.0)), (0.5, false));
        assert!(Product::Mean.value(&of(f64::NAN, f64::NAN)).0.is_nan());
        assert!(Product::Inside.value(&of(1.0, 1.0)).0.is_nan());
    }
}
