//! Whether the joint simulation says of each analyte alone what its own map does.

use soilscope_assess::several::JointProducts;

use super::model::CoregionalisationRecord;
use super::record::MarginalRecord;

/// A mean absolute difference between probabilities by simulation and by kriging that is worth a note. What chance makes of it
/// stands in the record beside it.
const WORTH_A_NOTE: f64 = 0.05;

/// What the joint simulation says of each analyte alone, against its own map.
pub(super) fn of(
    names: &[String],
    kriged: &[Vec<f64>],
    products: &JointProducts,
    realisations: usize,
) -> Vec<MarginalRecord> {
    let one = |(k, name): (usize, &String)| {
        let both = products.above[k].iter().zip(&kriged[k]).filter(|(a, b)| !a.is_nan() && !b.is_nan());
        let pairs: Vec<(f64, f64)> = both.map(|(a, b)| (*a, *b)).collect();
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            pairs.iter().map(|&(a, b)| of(a, b)).sum::<f64>() / pairs.len().max(1) as f64
        };
        // The mean size of a normal number is √(2/π) of its standard deviation.
        let chance = |p: f64| (2.0 / std::f64::consts::PI * p * (1.0 - p) / realisations as f64).sqrt();
        MarginalRecord {
            analyte: name.clone(),
            cells: pairs.len(),
            largest_difference: pairs.iter().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max),
            mean_difference: mean(&|a, b| a - b),
            mean_absolute_difference: mean(&|a, b| (a - b).abs()),
            by_chance: mean(&|_, b| chance(b)),
        }
    };
    names.iter().enumerate().map(one).collect()
}

/// What a reader should know of those that differ.
pub(super) fn notes(marginals: &[MarginalRecord], model: &CoregionalisationRecord) -> Vec<String> {
    let note = |m: &MarginalRecord| {
        let mut note = format!(
            "the probabilities of {} are others by joint simulation than on its own map, by {:.2} in the mean, of which {:.2} is what \
             the number of realisations makes: the samples of the other analytes count too",
            m.analyte, m.mean_absolute_difference, m.by_chance
        );
        if model.structures_replaced_of.contains(&m.analyte) {
            note.push_str(&format!(
                ", and its own model's structures are replaced by {}, those of {}",
                model.notation, model.structures_of
            ));
        }
        note
    };
    marginals.iter().filter(|m| m.mean_absolute_difference > WORTH_A_NOTE).map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_difference_above_the_documented_one_is_noted_whatever_chance_makes() {
        let of = |analyte: &str, mean_absolute_difference: f64| MarginalRecord {
            analyte: analyte.to_owned(),
            cells: 100,
            largest_difference: 0.3,
            mean_difference: 0.0,
            mean_absolute_difference,
            by_chance: 0.04,
        };
        let mut model = CoregionalisationRecord::example("zinc", "Nug + Sph(900)");
        let marginals = [of("zinc", 0.049), of("lead", 0.051), of("copper", 0.08)];
        let said = notes(&marginals, &model);
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("lead") && said[0].contains("by 0.05") && said[0].contains("0.04"), "{said:?}");
        assert!(!said[0].contains("replaced"));
        model.structures_replaced_of = vec!["lead".to_owned()];
        let said = notes(&marginals, &model);
        assert!(said[0].contains("replaced by Nug + Sph(900), those of zinc"), "{said:?}");
        assert!(!said[1].contains("replaced"));
    }
}
