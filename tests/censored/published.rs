//! Examples with printed results: manganese in wells (U.S. EPA 2009) and lead in soil (Beal 2010), as in the R package EnvStats.

use soilscope_core::censored::{
    Family, LeftMass, Quantile, UpperLimitMethod, kaplan_meier, maximum_likelihood, regression_on_order_statistics,
    upper_limit,
};

use crate::{assert_close, column};

pub(crate) const MANGANESE: &str =
    "<5 12.1 16.9 21.6 <2 <5 7.7 53.6 9.5 45.9 <5 5.3 12.6 106.3 34.5 6.3 11.9 10 <2 77.2 17.9 22.7 3.3 8.4 <2";
pub(crate) const LEAD: &str =
    "<1 <1 2 2.5 2.8 <3 3.4 3.9 <4 <4 <4 4.5 4.9 5.5 5.5 5.5 <6 6.7 6.9 7.4 <9 9.5 <10 <10 10 15 49 200 9060";

/// Half a unit of the last digit printed.
const SIX: f64 = 0.5e-6;
const FOUR: f64 = 0.5e-4;

#[test]
fn manganese_by_maximum_likelihood() {
    let fit = maximum_likelihood(&column(MANGANESE), Family::LogNormal).unwrap();
    assert!(fit.converged);
    assert_close(fit.parameters[0].value, 2.215905, SIX, "mean of the logarithms");
    assert_close(fit.parameters[1].value, 1.356291, SIX, "their standard deviation");
    let [low, high] = fit.profile_interval(0.95).unwrap();
    assert_close(low, 1.595062, SIX, "lower end of the profile interval");
    assert_close(high, 2.771197, SIX, "upper end");
}

#[test]
fn manganese_by_regression_on_order_statistics() {
    let blom = regression_on_order_statistics(&column(MANGANESE), 0.375).unwrap();
    assert_close(blom.line_mean, 2.293742, SIX, "intercept");
    assert_close(blom.line_deviation, 1.283635, SIX, "slope");
    assert_close(blom.log_mean, 2.298656, SIX, "robust mean");
    assert_close(blom.log_deviation, 1.238104, SIX, "robust standard deviation");
    assert_close(blom.mean, 19.886, 0.5e-3, "arithmetic mean");
    let weibull = regression_on_order_statistics(&column(MANGANESE), 0.0).unwrap();
    assert_close(weibull.log_mean, 2.277175, SIX, "robust mean, a = 0");
    assert_close(weibull.log_deviation, 1.261431, SIX, "robust standard deviation, a = 0");
    assert_close(weibull.mean, 19.828, 0.5e-3, "arithmetic mean, a = 0");
}

#[test]
fn lead_by_kaplan_meier() {
    let efron = kaplan_meier(&column(LEAD), LeftMass::SmallestQuantified).unwrap();
    assert_close(efron.mean, 325.3396, FOUR, "mean");
    assert_close(efron.standard_deviation, 1651.0950, FOUR, "standard deviation");
    assert_close(efron.standard_error, 315.0023, FOUR, "standard error");
    assert_close(efron.left_mass, 0.138491, SIX, "left mass");
    let limit = upper_limit(&column(LEAD), UpperLimitMethod::Student, 0.95).unwrap();
    assert_close(limit.value, 861.1996, FOUR, "Student's limit");
    let restricted = kaplan_meier(&column(LEAD), LeftMass::SmallestLimit).unwrap();
    assert_close(restricted.mean, 325.2011, FOUR, "restricted mean");
    assert_close(restricted.standard_deviation, 1651.1221, FOUR, "restricted standard deviation");
    assert_close(restricted.standard_error, 314.1774, FOUR, "restricted standard error");
    let zero = kaplan_meier(&column(LEAD), LeftMass::Zero).unwrap();
    assert_close(zero.mean, 325.0626, FOUR, "mean with the left mass at 0");
    assert_eq!(efron.quantile(0.1), Quantile::Below(2.0));
    assert_eq!(efron.quantile(0.138), Quantile::Below(2.0));
    assert_eq!(efron.quantile(0.139), Quantile::Value(2.0));
    assert_eq!(efron.quantile(1.0), Quantile::Value(9060.0));
}
