//! Every number against gstat's and spdep's, at the tolerances of `vectors/CONVENTIONS.md`: one test a case, named by its
//! id. `make agreement` writes what each reached into `docs/reference-cases.md`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

/// One test for each case, named by its id, and `IDS`, their names: `id => check(arguments)` calls
/// `check(&case, arguments)`, which ends in `Agreement::done`.
macro_rules! cases {
    ($($id:ident => $check:ident($($argument:expr),*)),+ $(,)?) => {
        pub(crate) const IDS: &[&str] = &[$(stringify!($id)),+];
        $(
            #[test]
            #[allow(non_snake_case, reason = "ids are the reference's")]
            fn $id() {
                $check(&$crate::vectors::case(stringify!($id)), $($argument),*);
            }
        )+
    };
}

mod agreement;
mod association;
mod cokriging;
mod coming_from;
mod cross_validation;
mod empirical;
mod fits;
mod idw;
mod kriging;
mod models;
mod table;
mod trans_gaussian;
mod vectors;

/// Ids of all cases that have a test.
fn tested() -> Vec<&'static str> {
    [
        association::IDS,
        cokriging::IDS,
        cross_validation::IDS,
        empirical::IDS,
        fits::IDS,
        idw::IDS,
        kriging::IDS,
        models::IDS,
        trans_gaussian::IDS,
    ]
    .concat()
}

#[test]
fn every_case_has_a_test() {
    let mut have = tested();
    have.sort_unstable();
    let mut cases: Vec<&str> = vectors::manifest().iter().map(|c| c["id"].as_str().unwrap()).collect();
    cases.sort_unstable();
    assert_eq!(have, cases, "each case has one test");
}
