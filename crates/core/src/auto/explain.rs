//! What was chosen, against what, and how sure: in words, for whoever knows the soil and not the statistics.

use super::anisotropy;
use super::candidates::{Candidate, FittedBy, difference};
use super::refusal::{short_number, shortened};
use super::{AnisotropyTest, Choice, TransformChoice};
use crate::likelihood::{ParameterEstimate, effective_factor};
use crate::variogram::{FreeParameter, Model};

/// Fewer samples than this get a remark.
const FEW: usize = 50;
/// Samples that a variogram is usually asked to have.
const ENOUGH: usize = 100;
/// Nugget share above which a map says little between samples.
const MOSTLY_NUGGET: f64 = 0.75;

/// How far the choice is ahead of the mean and of the other shapes, and how well its parameters are known.
pub(super) fn sure(chosen: &Candidate, candidates: &[Candidate], parameters: &[ParameterEstimate]) -> String {
    let family = |c: &Candidate| -> Vec<&'static str> {
        c.variogram.structures().iter().map(|s| s.model().abbreviation()).collect()
    };
    let mean = candidates.iter().find(|c| c.fitted_by == FittedBy::Variance);
    let mut text = match mean.map(|m| difference(&m.scores, &chosen.scores)) {
        Some([gain, error]) if gain > 3.0 * error => "It is sure that there is spatial structure".to_owned(),
        Some([gain, error]) if gain > 2.0 * error => "It is fairly sure that there is spatial structure".to_owned(),
        _ => "There is some sign of spatial structure, not a strong one".to_owned(),
    };
    let mut other: Option<(&Candidate, [f64; 2])> = None;
    for c in candidates.iter().filter(|c| c.fitted_by != FittedBy::Variance && family(c) != family(chosen)) {
        let behind = difference(&c.scores, &chosen.scores);
        if other.is_none_or(|(_, b)| behind[0] < b[0]) {
            other = Some((c, behind));
        }
    }
    match other {
        Some((c, [behind, error])) if behind > 2.0 * error => {
            text += &format!("; and this shape of the variogram is clearly better than the next best ({})", shapes(c));
        }
        Some((c, _)) => {
            text += &format!(
                "; which shape the variogram has is not: the next best ({}) predicts about as well, and its map would look \
                 much the same",
                shapes(c)
            );
        }
        None => {}
    }
    text + "." + &intervals(chosen, parameters)
}

/// Between what the likelihood puts the effective range and the nugget of a single structure; nothing for several, whose
/// parameters stand for one another.
fn intervals(chosen: &Candidate, parameters: &[ParameterEstimate]) -> String {
    let [structure] = chosen.variogram.structures() else { return String::new() };
    let of = |wanted| parameters.iter().find(|p| p.parameter == wanted);
    let along = if chosen.variogram.is_isotropic() { "" } else { " along its longest direction" };
    let factor = effective_factor(structure.model());
    let range = of(FreeParameter::Range(0)).and_then(|p| between(p, factor));
    let nugget = of(FreeParameter::Nugget).and_then(|p| between(p, 1.0));
    match (range, nugget) {
        (Some(range), Some(nugget)) => {
            format!(
                " A fit of this shape by likelihood puts the effective range{along} {range} and the nugget {nugget} (95 %)."
            )
        }
        (Some(range), None) => {
            format!(" A fit of this shape by likelihood puts the effective range{along} {range} (95 %).")
        }
        (None, Some(nugget)) => {
            format!(
                " A fit of this shape by likelihood puts the nugget {nugget} (95 %), and sets no limit to the range{along}."
            )
        }
        (None, None) => " The samples do not determine its range and its nugget.".into(),
    }
}

/// An interval in words; `None` where there is none.
fn between(p: &ParameterEstimate, factor: f64) -> Option<String> {
    match (p.lower, p.upper) {
        (Some(low), Some(high)) => {
            Some(format!("between {} and {}", short_number(low * factor), short_number(high * factor)))
        }
        (Some(low), None) => Some(format!("at least {}", short_number(low * factor))),
        (None, Some(high)) => Some(format!("at most {}", short_number(high * factor))),
        (None, None) => None,
    }
}

/// A candidate's shape in words.
fn shapes(c: &Candidate) -> String {
    let names: Vec<String> = c.variogram.structures().iter().map(|s| name(s.model())).collect();
    let anisotropic = if c.variogram.is_isotropic() { "" } else { ", by direction" };
    match names.len() {
        0 => "no structure, the mean".into(),
        1 => format!("{}{anisotropic}", names[0]),
        _ => format!("{}{anisotropic}", names.join(" and ")),
    }
}

fn name(model: Model) -> String {
    match model {
        Model::Spherical => "spherical".into(),
        Model::Exponential => "exponential".into(),
        Model::Gaussian => "Gaussian".into(),
        Model::Matern { smoothness } => format!("Matérn {smoothness}"),
        other => other.abbreviation().into(),
    }
}

/// What a reader should know beside the model.
pub(super) fn remarks(choice: &Choice, samples: usize, on_sphere: bool, disagreement: Option<f64>) -> Vec<String> {
    let mut remarks = Vec::new();
    let n = choice.samples;
    if n < FEW {
        remarks.push(format!(
            "{n} samples are few: the range and the nugget are only roughly known; {ENOUGH} or more make a variogram to rely on"
        ));
    }
    if n < samples {
        remarks.push(format!(
            "of the {samples} samples {n} are at different places: of those at one place the first was taken"
        ));
    }
    if choice.lags.drawn < n {
        remarks.push(format!(
            "for lags beyond {} the variogram compares {} samples drawn at random, not all {n}",
            short_number(choice.lags.all_pairs_to),
            choice.lags.drawn
        ));
    }
    if on_sphere {
        remarks.push(
            "distances are along great circles, where no direction is the same everywhere: whether the range depends on the \
             direction was not asked, and only shapes that are valid on a sphere were compared; project the samples for \
             both"
                .into(),
        );
    }
    if choice.chosen.range_at_limit {
        remarks.push(
            "the range ended at the largest that was looked for: the samples show no sill, as where the mean changes across \
             the area; a drift (trend) may suit them better"
                .into(),
        );
    }
    if let Some(carriers) = &choice.carriers {
        let list: Vec<String> = carriers.samples.iter().map(ToString::to_string).collect();
        remarks.push(format!(
            "sample {} carries {:.0} % of the differences; it was left out of the likelihoods and scores, and the robust \
             estimator resists it",
            list.join(", "),
            100.0 * carriers.share
        ));
    }
    if let Some(ratio) = disagreement {
        remarks.push(format!(
            "the usual semivariances are {ratio:.1} times the robust ones: a few large differences make them; a logarithm or a \
             robust estimator may suit the values better"
        ));
    }
    remarks.extend(choice.transform.as_ref().and_then(proposal));
    remarks
}

/// The proposal in a sentence.
fn proposal(transform: &TransformChoice) -> Option<String> {
    let skewness = transform.skewness;
    match transform.gain {
        Some([gain, error]) if transform.log_proposed => Some(format!(
            "the values are skewed ({skewness:.1}); their logarithms predict held-out samples better (log score by {gain:.2} ± \
             {error:.2}): model the logarithm instead"
        )),
        _ if skewness.abs() > 1.0 && transform.box_cox.is_none() => Some(format!(
            "the values are skewed ({skewness:.1}) and some are 0 or less, so that a logarithm cannot help: mind that \
             intervals are too symmetric"
        )),
        _ => None,
    }
}

impl Choice {
    /// What was chosen, against what, and how sure: short paragraphs in plain words.
    pub fn explain(&self) -> String {
        let chosen = &self.chosen;
        let v = &chosen.variogram;
        let mut text = format!("Chosen: {}.", shortened(&chosen.notation));
        let share = v.nugget() / v.sill();
        text += &format!(
            " This is a {} model: samples are related up to about {} apart, and {:.0} % of the variation is at distances \
             too short for the samples to show (the nugget).",
            shapes(chosen),
            short_number(v.effective_range()),
            100.0 * share
        );
        if share > MOSTLY_NUGGET {
            text +=
                " So most of what varies cannot be mapped from these samples: between them a map is close to the mean.";
        }
        text += "\n\n";
        let families = self.candidates.len();
        text += &format!(
            "{families} models were compared by predicting {} samples that were held out, each from its neighbours: once from \
             the nearest, once across a gap as wide as those of the map. The chosen one misses by {} (root mean square) with a \
             log score of {:.3}",
            self.held_out,
            short_number(chosen.rmse),
            chosen.log_score
        );
        if let Some(mean) = self.candidates.iter().find(|c| c.fitted_by == FittedBy::Variance) {
            let [gain, error] = difference(&mean.scores, &chosen.scores);
            text += &format!(
                "; the mean alone misses by {}, and its log score is worse by {gain:.3} ± {error:.3}",
                short_number(mean.rmse)
            );
        }
        text += ". Of models that are equally good within the error of the comparison the simplest is taken. ";
        text += &self.sure;
        text += "\n\n";
        let s = &self.structure;
        text += &format!(
            "Near samples are alike: Moran's I of the ranks is {:.2} over the {} nearest neighbours; chance reaches that with a \
             probability of {}.",
            s.moran,
            s.neighbours,
            probability(s.p)
        );
        text += " ";
        text += &match &self.anisotropy {
            None if self.samples < anisotropy::FROM => {
                "There are too few samples to tell whether the range depends on the direction.".to_owned()
            }
            None => "Whether the range depends on the direction was not told.".to_owned(),
            Some(AnisotropyTest { p, fitted: Some(a), taken: true }) => format!(
                "The range depends on the direction: it is longest towards {:.0}° from north and {:.2} times as long across \
                 (samples that speak so much for a direction have a probability of {} where there is none).",
                a.azimuth,
                a.ratio,
                probability(*p)
            ),
            Some(AnisotropyTest { p, fitted: Some(a), .. }) => format!(
                "The range may depend on the direction ({:.0}°, ratio {:.2}, probability {} by chance), but held-out samples \
                 are not predicted better for it, so all directions are taken as alike.",
                a.azimuth,
                a.ratio,
                probability(*p)
            ),
            Some(AnisotropyTest { p, .. }) => format!(
                "There is no sign that the range depends on the direction (chance alone would show one like it with a \
                 probability of {}).",
                probability(*p)
            ),
        };
        for remark in &self.remarks {
            text += &format!("\n\nNote: {remark}.");
        }
        text
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "less than 0.001".into() } else { format!("{p:.3}") }
}
