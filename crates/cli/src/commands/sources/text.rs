//! The result for people, on one screen.

use std::fmt::Write as _;

use soilscope_assess::sources::pmf::Factorisation;
use soilscope_assess::sources::proximity::AgainstChance;

use super::Found;
use super::factors::Factors;
use super::measured::Measured;
use crate::args::Sources;

pub(super) fn text(args: &Sources, measured: &Measured, found: &Found) -> String {
    let mut text = String::new();
    let names = measured.names();
    let widest = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).max(12);
    if let Some(factors) = &found.factors {
        match factors.one(args) {
            Some(fit) => one(&mut text, factors, fit, &names, widest),
            None => table(&mut text, factors, &names),
        }
    }
    if found.inventory.is_some() {
        near(&mut text, measured, found, widest);
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\nwritten to {}; docs/sources.md says what each number assumes and does not prove",
        args.out.display()
    );
    text
}

fn table(text: &mut String, factors: &Factors, names: &[&str]) {
    let _ = writeln!(text, "{} samples, {} values of {} analytes", factors.samples, factors.values, names.len());
    let _ = writeln!(
        text,
        "{:>7} {:>12} {:>10} {:>10}  {:<22} starts that end there",
        "factors", "Q", "expected", "ratio", "worst explained"
    );
    for fit in &factors.fits {
        let worst = (0..names.len()).max_by(|&a, &b| fit.analyte_q[a].total_cmp(&fit.analyte_q[b])).unwrap_or(0);
        let _ = writeln!(
            text,
            "{:>7} {:>12.1} {:>10.0} {:>10.2}  {:<22} {} of {}",
            fit.factors,
            fit.q,
            fit.expected_q,
            fit.q / fit.expected_q,
            format!("{} ({:.1})", names[worst], fit.analyte_q[worst]),
            fit.starts.same,
            fit.starts.count
        );
    }
    let _ = writeln!(
        text,
        "a ratio near 1 says that the factors explain the values as well as these are known; --factors N takes N of them apart"
    );
}

fn one(text: &mut String, factors: &Factors, fit: &Factorisation, names: &[&str], widest: usize) {
    let _ = writeln!(
        text,
        "{} factors of {} samples: Q {:.1}, {:.0} expected (ratio {:.2}); {} of {} starts end there",
        fit.factors,
        factors.samples,
        fit.q,
        fit.expected_q,
        fit.q / fit.expected_q,
        fit.starts.same,
        fit.starts.count
    );
    let cell = |text: &mut String, words: String| {
        let _ = write!(text, " {words:<17}");
    };
    let _ = write!(text, "{:<widest$}", "share of");
    (1..=fit.factors).for_each(|k| cell(text, format!("factor {k}")));
    let _ = writeln!(text, " r2");
    for (j, name) in names.iter().enumerate() {
        let _ = write!(text, "{name:<widest$}");
        for k in 0..fit.factors {
            let percent = |share: f64| format!("{:.0}", 100.0 * share);
            let own = percent(fit.shares(k)[j]);
            cell(
                text,
                match &factors.uncertainty {
                    Some(u) => format!("{own} % ({} to {})", percent(u.shares[k][j][0]), percent(u.shares[k][j][2])),
                    None => format!("{own} %"),
                },
            );
        }
        let _ = writeln!(text, " {:.2}", fit.r_squared[j]);
    }
    if let Some(u) = &factors.uncertainty {
        let _ = write!(text, "{:<widest$}", "found again");
        u.found_again.iter().for_each(|share| cell(text, format!("{:.0} %", 100.0 * share)));
        text.truncate(text.trim_end().len());
        let _ = write!(text, "\n{:<widest$}", "identified");
        u.identified.iter().for_each(|yes| cell(text, if *yes { "yes" } else { "no" }.to_owned()));
        text.truncate(text.trim_end().len());
        let what = match u.identified.iter().filter(|yes| **yes).count() {
            0 => "ranges of what fits nearly as well, not intervals of confidence:".to_owned(),
            all if all == fit.factors => "intervals of 90 %:".to_owned(),
            _ => "intervals of 90 %, of factors not identified ranges of what fits nearly as well:".to_owned(),
        };
        let _ = writeln!(text, "\n{what} {} resamples, {} blocks", u.runs, u.blocks);
    }
}

fn near(text: &mut String, measured: &Measured, found: &Found, widest: usize) {
    let Some(record) = &found.inventory else { return };
    let unit = measured.length_unit();
    if found.factors.is_some() {
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} sources; the samples are {:.0} to {:.0} {unit} from the nearest, half of them within {:.0}",
        record.sources, record.distances[0], record.distances[2], record.distances[1]
    );
    if let Some(hotspots) = &record.hotspots {
        let _ = writeln!(
            text,
            "{} of {} hotspots hold a source or are within {:.0} {unit} of one",
            hotspots.as_near, hotspots.count, record.distances[1]
        );
    }
    let _ = writeln!(
        text,
        "{:<widest$} {:<34} {:<26} length ({unit})",
        "", "ranks: with distance (chance), p", "share with nearness"
    );
    let range = |[low, _, high]: [f64; 3], digits: usize| format!("{low:.digits$} to {high:.digits$}");
    for related in &record.analytes {
        let AgainstChance { value, chance, p } = related.test.rank_correlation;
        let (share, length) = related.decay.as_ref().map_or_else(Default::default, |d| {
            let share = d.share.map(|s| 100.0 * s);
            (format!("{:.0} % ({})", share[1], range(share, 0)), range(d.length, 0))
        });
        let _ = writeln!(
            text,
            "{:<widest$} {:<34} {share:<26} {length}",
            related.analyte,
            format!("{value:.2} ({}), p {p:.3}", range(chance, 2))
        );
        if let Some(AgainstChance { value, chance, p }) = related.test.mean_distance_above {
            let _ = writeln!(
                text,
                "{:<widest$} {} samples above their limit are {value:.0} {unit} away on average ({} by chance), p {p:.3}",
                "",
                related.test.above.unwrap_or(0),
                range(chance, 0)
            );
        }
    }
}
