//! What is written reads back.

use proptest::prelude::*;
use soilscope_core::variogram::{FreeParameter, ModelTemplate, Parameter};

use crate::{any, cases};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_variogram_reads_back_to_the_bit(field in any::field(), power in -30..30_i32) {
        let v = field.times(10.0_f64.powi(power)).variogram();
        let again = v.to_string().parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        prop_assert_eq!(&again, &v);
        // And by the way over a template.
        prop_assert_eq!(ModelTemplate::from(&v).complete().unwrap().unwrap(), v);
    }

    #[test]
    fn a_template_reads_back_to_the_bit(field in any::field(), open in 0..1_048_576_u32) {
        let mut template = ModelTemplate::from(&field.variogram());
        if open & 1 != 0 {
            template.nugget = Some(Parameter::Free);
        } else if open & 2 != 0 && !template.structures.is_empty() {
            template.nugget = None;
        }
        for (k, s) in template.structures.iter_mut().enumerate() {
            let opened = |bit: usize| open >> (2 + 6 * k + bit) & 1 != 0;
            if opened(0) {
                s.partial_sill = Parameter::Free;
            }
            if opened(1) {
                s.range = Parameter::Free;
            }
            // What is free has no number of its own: the reader puts gstat's default there.
            if opened(2) && s.model.shape().is_some() {
                (s.free_shape, s.model) = (true, s.model.with_shape(0.5));
            }
            if opened(3) {
                s.ratio = Parameter::Free;
            }
            if opened(4) && !s.is_isotropic() {
                s.azimuth = Parameter::Free;
            }
        }
        let text = template.to_string();
        prop_assert_eq!(&text.parse::<ModelTemplate>().unwrap(), &template);
        // Numbers for what is free complete it, in order, and one too few or too many do not.
        let free = template.free_parameters();
        let values: Vec<f64> = (1..=free.len()).map(|k| 1.0 / k as f64).collect();
        let v = template.with_values(&values).unwrap();
        for (p, &value) in free.iter().zip(&values) {
            let s = |k: &usize| v.structures()[*k];
            let number = match p {
                FreeParameter::Nugget => v.nugget(),
                FreeParameter::PartialSill(k) => s(k).partial_sill(),
                FreeParameter::Range(k) => s(k).range(),
                FreeParameter::Shape(k) => s(k).model().shape().unwrap(),
                FreeParameter::Azimuth(k) => s(k).anisotropy().azimuth(),
                FreeParameter::Ratio(k) => s(k).anisotropy().ratio(),
            };
            prop_assert_eq!(number, value, "{:?} of {}", p, v);
        }
        prop_assert!(template.with_values(&[values, vec![1.0]].concat()).is_err());
    }

    /// Whatever is typed, the answer is a model or an error, and the model has numbers in its domain.
    #[test]
    fn no_text_breaks_the_reader(text in "[ 0-9.eE+\\-(),=a-zé]{0,30}|([0-9.]{1,4} )?(Sph|Mat|Nug|Err|Gau)(\\([0-9a-z=., -]{0,12}\\))?( \\+ .{0,12})?") {
        if let Ok(template) = text.parse::<ModelTemplate>()
            && let Some(v) = template.complete().unwrap()
        {
            prop_assert!(v.sill() > 0.0 && v.sill().is_finite() && v.nugget() >= 0.0);
        }
    }
}
