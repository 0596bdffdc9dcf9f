//! What cannot be simulated is refused with a reason.

use soilscope_core::drift::Drift;
use soilscope_core::simulation::{CirculantSimulation, EmbeddingLimits, SequentialGaussian};
use soilscope_core::{Error, Samples, Window};

use crate::support::{model, nodes, samples, window};

#[test]
fn drifts_without_a_constant_mean() {
    let places = nodes(window(4));
    for (drift, with_samples) in [
        (Drift::polynomial(1), true),
        (Drift::external(1), true),
        (Drift::KnownMean(f64::NAN), true),
        (Drift::Constant, false),
    ] {
        let samples = with_samples.then(samples);
        let sequential = SequentialGaussian::new(model("1 Exp(30)"), drift, 1);
        let circulant = CirculantSimulation::new(model("1 Exp(30)"), drift, 1);
        let refusals = [
            sequential.prepare(samples.as_ref(), &places).err(),
            circulant.prepare(samples.as_ref(), window(4), None).err(),
        ];
        for refusal in refusals {
            let expected = matches!(refusal, Some(Error::Parameter { .. } | Error::TooFewSamples { .. }));
            assert!(expected, "{drift:?}: {refusal:?}");
        }
    }
}

#[test]
fn variograms_without_a_sill() {
    for text in ["0.1 Nug + 1 Lin(0)", "1 Pow(1.5)", "1 Log(2)"] {
        let sequential = SequentialGaussian::new(model(text), Drift::Constant, 1);
        let refused = sequential.prepare(Some(&samples()), &nodes(window(4))).err();
        assert!(matches!(refused, Some(Error::Unbounded { .. })), "{text}: {refused:?}");
        let circulant = CirculantSimulation::new(model(text), Drift::Constant, 1);
        let refused = circulant.prepare(Some(&samples()), window(4), None).err();
        assert!(matches!(refused, Some(Error::Unbounded { .. })), "{text}: {refused:?}");
    }
}

#[test]
fn samples_at_one_place_without_error() {
    let twice = Samples::new(vec![[1.0, 1.0], [1.0, 1.0]], vec![1.0, 2.0]).unwrap();
    let sequential = SequentialGaussian::new(model("1 Exp(30)"), Drift::Constant, 1);
    let circulant = CirculantSimulation::new(model("1 Exp(30)"), Drift::Constant, 1);
    assert!(matches!(sequential.prepare(Some(&twice), &nodes(window(4))), Err(Error::CoincidentSamples { .. })));
    assert!(matches!(circulant.prepare(Some(&twice), window(4), None), Err(Error::CoincidentSamples { .. })));
}

#[test]
fn nodes_and_windows_that_are_no_places() {
    let sequential = SequentialGaussian::new(model("1 Exp(30)"), Drift::KnownMean(0.0), 1);
    let refused = sequential.prepare(None, &[[0.0, 0.0], [f64::INFINITY, 0.0]]).err();
    assert!(matches!(refused, Some(Error::NotFinite { index: 1, .. })), "{refused:?}");
    let circulant = CirculantSimulation::new(model("1 Exp(30)"), Drift::KnownMean(0.0), 1);
    for (step, size) in [([0.0, 1.0], [4, 4]), ([1.0, f64::NAN], [4, 4]), ([1.0, 1.0], [4, 0])] {
        let window = Window { origin: [0.0, 0.0], step, size };
        assert!(
            matches!(circulant.prepare(None, window, None).err(), Some(Error::Parameter { .. })),
            "{step:?} {size:?}"
        );
    }
}

#[test]
fn a_constant_mean_without_samples_among_the_neighbours() {
    let mut sequential = SequentialGaussian::new(model("1 Exp(30)"), Drift::Constant, 1);
    sequential.sample_neighbours = 0;
    assert!(sequential.prepare(Some(&samples()), &nodes(window(4))).is_err());
    let mut circulant = CirculantSimulation::new(model("1 Exp(30)"), Drift::Constant, 1);
    circulant.sample_neighbours = Some(0);
    assert!(circulant.prepare(Some(&samples()), window(4), None).is_err());
}

#[test]
fn embeddings_beyond_their_limits_and_samples_far_off() {
    let mut circulant = CirculantSimulation::new(model("1 Gau(5000)"), Drift::Constant, 1);
    circulant.limits = EmbeddingLimits { cells: 10_000, ..EmbeddingLimits::default() };
    let refused = circulant.prepare(Some(&samples()), window(10), None).err().unwrap();
    assert!(matches!(refused, Error::Embedding { cells: 10_000, .. }), "{refused}");
    let far = Samples::new(vec![[0.0, 0.0], [1e12, 0.0]], vec![1.0, 2.0]).unwrap();
    let circulant = CirculantSimulation::new(model("1 Exp(30)"), Drift::Constant, 1);
    assert!(matches!(circulant.prepare(Some(&far), window(4), None).err(), Some(Error::Embedding { .. })));
    // The same error, said with its numbers.
    assert!(refused.to_string().contains("10000 cells"), "{refused}");
}
