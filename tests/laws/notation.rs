//! What is written reads back.

use proptest::prelude::*;
use soilscope_core::variogram::{ModelTemplate, Parameter};

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
    fn a_template_reads_back_to_the_bit(field in any::field(), open in 0..256_u32) {
        let mut template = ModelTemplate::from(&field.variogram());
        if open & 1 != 0 {
            template.nugget = Some(Parameter::Free);
        } else if open & 2 != 0 && !template.structures.is_empty() {
            template.nugget = None;
        }
        for (k, s) in template.structures.iter_mut().enumerate() {
            if open >> (2 + 2 * k) & 1 != 0 {
                s.partial_sill = Parameter::Free;
            }
            if open >> (3 + 2 * k) & 1 != 0 {
                s.range = Parameter::Free;
            }
        }
        let text = template.to_string();
        prop_assert_eq!(text.parse::<ModelTemplate>().unwrap(), template);
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
