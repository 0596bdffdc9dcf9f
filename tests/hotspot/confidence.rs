//! Expected error areas by their definition, and classes.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_assess::hotspot::{ClassReason, Classed, ConfidenceCurve, HotspotClass};

proptest! {
    /// Probabilities as a raster holds them, in 32 bits, and confidences as a person types them.
    #[test]
    fn areas_at_any_confidence_are_sums_over_cells(
        cells in vec(prop_oneof![3 => 0.0..=1.0_f32, 1 => (0..=20_u8).prop_map(|k| f32::from(k) / 20.0)], 0..300),
        split in 0..300_usize,
        k in 0..=20_u8,
    ) {
        let confidence = f64::from(k) / 20.0;
        let mut curve = ConfidenceCurve::default();
        let mut other = ConfidenceCurve::default();
        for (i, &p) in cells.iter().enumerate() {
            if i < split { curve.push(f64::from(p)) } else { other.push(f64::from(p)) }
        }
        curve.merge(&other);
        let inside = |p: f32| p >= confidence as f32;
        let at = curve.at(confidence);
        // A ten-thousandth below a step counts as the step.
        let near = cells.iter().filter(|&&p| (f64::from(p) - confidence).abs() < 1.01e-4).count() as u64;
        let count = cells.iter().filter(|&&p| inside(p)).count() as u64;
        prop_assert!((at.size - count as f64).abs() <= near as f64, "{} {}", at.size, count);
        let total: f64 = cells.iter().map(|&p| f64::from(p)).sum();
        prop_assert!((curve.expected() - total).abs() < 1e-9);
        // What is inside and right, and what is outside and wrong, is all that is above.
        let right = at.size - at.false_positive;
        prop_assert!((right + at.false_negative - total).abs() < 1e-9);
        prop_assert!(at.false_positive >= 0.0 && at.false_positive <= at.size * (1.0 - confidence) + 1e-3);
    }
}

#[test]
fn classes_ask_for_samples_first() {
    use {ClassReason as R, HotspotClass as C};
    for (probability, above, untrusted, class, reason) in [
        (0.99, 0, None, C::NeedsSamples, R::NoSample),
        (0.99, 0, Some(0.0), C::NeedsSamples, R::NoSample),
        (0.99, 0, Some(0.6), C::NeedsSamples, R::NoSampleAndUntrusted),
        (0.9, 1, None, C::Certain, R::LittleWrong),
        (0.9, 1, Some(0.5), C::Certain, R::LittleWrong),
        (0.9, 1, Some(0.501), C::NeedsSamples, R::Untrusted),
        (0.89, 5, None, C::Probable, R::MoreWrong),
        (0.89, 5, Some(1.0), C::NeedsSamples, R::Untrusted),
    ] {
        let classed = Classed::of(probability, above, untrusted, None);
        assert_eq!(classed, Classed::of(probability, above, untrusted, Some(true)));
        assert_eq!((classed.class, classed.reason), (class, reason), "{probability} {above} {untrusted:?}");
    }
    // Probabilities without skill make nothing certain, and nothing worse than probable.
    for (probability, above, untrusted, class, reason) in [
        (0.99, 3, Some(0.0), C::Probable, R::NoSkill),
        (0.5, 3, Some(0.0), C::Probable, R::NoSkill),
        (0.99, 3, Some(0.9), C::NeedsSamples, R::Untrusted),
        (0.99, 0, None, C::NeedsSamples, R::NoSample),
    ] {
        let classed = Classed::of(probability, above, untrusted, Some(false));
        assert_eq!((classed.class, classed.reason), (class, reason), "{probability} {above} {untrusted:?}");
    }
    assert_eq!(C::ALL.map(C::name), ["certain", "probable", "needs samples"]);
    assert!(C::Certain < C::Probable && C::Probable < C::NeedsSamples);
}

proptest! {
    /// Doubt never makes a hotspot better, nor does less of it make it worse.
    #[test]
    fn more_doubt_is_no_better_class(p in 0.0..=1.0_f64, above in 0..3_usize, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
        let class = |share| Classed::of(p, above, share, None).class;
        prop_assert!(class(Some(a)) <= Classed::of(p, above, Some(a), Some(false)).class);
        prop_assert!(class(None) <= class(Some(a.min(b))) && class(Some(a.min(b))) <= class(Some(a.max(b))));
        prop_assert_eq!(class(None), class(Some(0.0)));
    }
}
