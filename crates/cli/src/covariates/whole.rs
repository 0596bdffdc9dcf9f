//! Classes of which one fold of a cross-validation holds all samples: the drift says nothing of them without it.

use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::validation::Folds;

use super::Covariates;

/// Most classes that are named in a sentence.
const NAMED: usize = 5;

/// A class that is known in one fold only.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WholeClass {
    covariate: String,
    class: String,
    samples: usize,
    /// From 1, as in the table of residuals.
    fold: usize,
}

impl Covariates {
    /// The classes of which all samples are in one fold, covariate by covariate.
    pub(crate) fn whole_in_a_fold(&self, samples: &Samples, folds: &Folds) -> Vec<WholeClass> {
        let mut whole = Vec::new();
        let mut first_column = 0;
        for source in &self.sources {
            let columns = first_column..first_column + source.record.columns.len();
            first_column = columns.end;
            // The first class has no column: there all are 0.
            let class_of = |i: usize| {
                let row = &samples.covariates(i)[columns.clone()];
                row.iter().position(|&v| v == 1.0).map_or(0, |k| k + 1)
            };
            for (number, class) in source.record.classes.iter().enumerate() {
                let mut own = (0..samples.len()).filter(|&i| class_of(i) == number).map(|i| folds.of(i));
                if let Some(fold) = own.next()
                    && own.all(|other| other == fold)
                {
                    let (covariate, class, samples) = (source.name.clone(), class.class.clone(), class.samples);
                    whole.push(WholeClass { covariate, class, samples, fold: fold + 1 });
                }
            }
        }
        whole
    }
}

impl WholeClass {
    /// In words: what the folds hold whole, and what follows.
    pub(crate) fn words(all: &[Self]) -> Option<String> {
        let named: Vec<String> = all.iter().take(NAMED).map(Self::name).collect();
        let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
        (!all.is_empty()).then(|| {
            format!(
                "without a fold that holds all samples of a class, the drift says nothing of that class: {}{more}; samples of such \
                 classes have no prediction, nor, but with a neighbourhood of all, have those beside them; join rare classes, or \
                 take other --folds",
                named.join(", ")
            )
        })
    }

    fn name(&self) -> String {
        let samples = if self.samples == 1 { "sample" } else { "samples" };
        format!("'{}' of {} ({} {samples}) is in fold {}", self.class, self.covariate, self.samples, self.fold)
    }
}
