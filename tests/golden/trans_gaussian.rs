//! Trans-Gaussian kriging: a prediction on a Box–Cox scale, and the way back.

use soilscope_core::transform::{BoxCox, Transform};
use soilscope_core::{Interpolator, Prediction, Predictions, Samples, Scratch, Targets};

use crate::agreement::Agreement;
use crate::kriging::recipe;
use crate::vectors::{Case, data};

cases! {
    tg_lambda_0 => trans_gaussian(1e-8),
    tg_lambda__0_5 => trans_gaussian(1e-8),
    tg_lambda_0_25 => trans_gaussian(1e-8),
}

fn trans_gaussian(case: &Case, asked: f64) {
    assert_eq!(case.kind, "trans_gaussian");
    let power = BoxCox::new(case.number("lambda").unwrap()).unwrap();
    let table = data(case.text("data"));
    let raw = Samples::new(table.coords(), table.column("zinc").to_vec()).unwrap();
    let samples = Transform::BoxCox(power).forward(&raw).unwrap();
    let kriging = recipe(case);
    let mean = kriging.trend(&samples).unwrap().coefficients()[0];
    let grid = data(case.text("targets")).coords();
    let targets: Vec<[f64; 2]> = case.answer.column("row").iter().map(|&r| grid[r as usize - 1]).collect();
    let mut out = Predictions::default();
    kriging.fit(&samples).unwrap().predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut out);
    let modelled: Vec<Prediction> = out.iter().map(Result::unwrap).collect();
    let back: Vec<Prediction> = modelled.iter().map(|&p| power.trans_gaussian(p, mean)).collect();
    let column = |of: &dyn Fn(usize) -> f64| (0..targets.len()).map(|i| Some(of(i))).collect::<Vec<_>>();
    let mut agreement = Agreement::relative(case, asked);
    agreement.column("var1_pred", &column(&|i| modelled[i].value));
    agreement.column("var1_var", &column(&|i| modelled[i].variance.unwrap()));
    agreement.column("muhat", &column(&|_| mean));
    agreement.column("var1TG_pred", &column(&|i| back[i].value));
    agreement.column("var1TG_var", &column(&|i| back[i].variance.unwrap()));
    agreement.done();
    // gstat gets the multiplier by subtraction, so it is good to some 1e-9 absolute only.
    for (row, (p, &m)) in modelled.iter().zip(case.answer.column("m")).enumerate() {
        assert!((p.multiplier - m).abs() < 1e-8, "{} column m row {row}: {} against {m}", case.id, p.multiplier);
    }
}
