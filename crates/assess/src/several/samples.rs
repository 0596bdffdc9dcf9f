//! How contaminants go together in the samples: correlation, and being above their limits at the same places.

use serde::Serialize;

/// Normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Pearson's and Spearman's correlation of two contaminants at the places where both were measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correlation {
    /// Places.
    pub n: usize,
    /// Pearson's, of the values as they are given: on which scale that is, the caller knows. `None` where one does not vary,
    /// or with fewer than three places.
    pub pearson: Option<f64>,
    /// Spearman's: Pearson's of the ranks, equal values sharing the mean of their ranks.
    pub spearman: Option<f64>,
}

impl Correlation {
    /// Of pairs of values.
    ///
    /// # Source
    /// Spearman (1904), *American Journal of Psychology* 15:72; mid-ranks for ties as Kendall & Gibbons (1990), *Rank
    /// Correlation Methods*, ch. 3.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::several::Correlation;
    /// let c = Correlation::of(&[[1.0, 10.0], [2.0, 10.0], [3.0, 40.0], [4.0, 1000.0]]);
    /// // Ranks 1, 2, 3, 4 and 1.5, 1.5, 3, 4: 4.5 / √(5 · 4.5).
    /// assert!((c.spearman.unwrap() - 4.5 / (5.0_f64 * 4.5).sqrt()).abs() < 1e-12);
    /// ```
    pub fn of(pairs: &[[f64; 2]]) -> Self {
        let column = |k: usize| pairs.iter().map(|p| p[k]).collect::<Vec<f64>>();
        let (first, second) = (column(0), column(1));
        let enough = pairs.len() >= 3;
        Self {
            n: pairs.len(),
            pearson: pearson(&first, &second).filter(|_| enough),
            spearman: pearson(&ranks(&first), &ranks(&second)).filter(|_| enough),
        }
    }
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    let (saa, sbb, sab) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
    // Rounding may leave a hair beyond 1.
    (saa > 0.0 && sbb > 0.0).then(|| (sab / (saa * sbb).sqrt()).clamp(-1.0, 1.0))
}

/// Ranks from 1, equal values sharing the mean of theirs.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let equal = order[begin..].iter().take_while(|&&i| values[i] == values[order[begin]]).count();
        let rank = (2 * begin + equal + 1) as f64 / 2.0;
        order[begin..begin + equal].iter().for_each(|&i| ranks[i] = rank);
        begin += equal;
    }
    ranks
}

/// How a sample stands to the limit of its contaminant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Above it.
    Above,
    /// Not above it: measured, or below a limit of detection that is not above it.
    NotAbove,
    /// Below a limit of detection that is itself above it: nobody can know.
    Undecided,
}

/// Two contaminants above their limits, in the samples of places where both were measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct CoOccurrence {
    /// Places where it is known of both.
    pub n: usize,
    /// Both above.
    pub both: usize,
    /// Only the first above.
    pub first_only: usize,
    /// Only the second above.
    pub second_only: usize,
    /// Neither above.
    pub neither: usize,
    /// Places where it cannot be told of one or both, for a limit of detection above the limit: not among the others.
    pub undecided: usize,
    /// Places with both above that there would be, were one independent of the other.
    pub expected_both: f64,
    /// Correlation of being above, from −1 to 1; `None` where all or none of one are above.
    pub phi: Option<f64>,
    /// Odds of the second above where the first is, over those where it is not; with ½ added to each count where one of them
    /// is 0. `None` where all or none of one are above.
    pub odds_ratio: Option<f64>,
    /// Interval of it with a confidence of 95 %, as if the samples were independent: samples near each other are not, and the
    /// true one is wider.
    pub odds_ratio_interval: Option<[f64; 2]>,
}

impl CoOccurrence {
    /// Of the two contaminants at each place.
    ///
    /// # Source
    /// Woolf (1955), *Annals of Human Genetics* 19:251 (the interval); Haldane (1956), *Annals of Human Genetics* 20:309, and
    /// Anscombe (1956), *Biometrika* 43:461 (adding ½).
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::several::{CoOccurrence, Held::*};
    /// let places = [[Above, Above], [Above, Above], [Above, NotAbove], [NotAbove, Above], [NotAbove, NotAbove],
    ///     [NotAbove, NotAbove], [Undecided, Above]];
    /// let c = CoOccurrence::of(&places);
    /// assert_eq!((c.both, c.first_only, c.second_only, c.neither, c.undecided), (2, 1, 1, 2, 1));
    /// assert_eq!(c.expected_both, 1.5); // 3 of 6 above in each: 6 · ½ · ½
    /// assert_eq!(c.odds_ratio, Some(4.0)); // (2 · 2) / (1 · 1)
    /// ```
    pub fn of(places: &[[Held; 2]]) -> Self {
        let mut c = Self::default();
        for place in places {
            match place {
                [Held::Undecided, _] | [_, Held::Undecided] => c.undecided += 1,
                [Held::Above, Held::Above] => c.both += 1,
                [Held::Above, Held::NotAbove] => c.first_only += 1,
                [Held::NotAbove, Held::Above] => c.second_only += 1,
                [Held::NotAbove, Held::NotAbove] => c.neither += 1,
            }
        }
        c.n = c.both + c.first_only + c.second_only + c.neither;
        let [n, both, first, second, neither] = [c.n, c.both, c.first_only, c.second_only, c.neither].map(|k| k as f64);
        if c.n == 0 {
            return c;
        }
        c.expected_both = (both + first) * (both + second) / n;
        let margins = (both + first) * (second + neither) * (both + second) * (first + neither);
        if margins > 0.0 {
            c.phi = Some((both * neither - first * second) / margins.sqrt());
            let any_empty = [both, first, second, neither].contains(&0.0);
            let counts = [both, first, second, neither].map(|k| if any_empty { k + 0.5 } else { k });
            let ratio = counts[0] * counts[3] / (counts[1] * counts[2]);
            let error = counts.iter().map(|k| 1.0 / k).sum::<f64>().sqrt();
            c.odds_ratio = Some(ratio);
            c.odds_ratio_interval = Some([ratio * (-Z * error).exp(), ratio * (Z * error).exp()]);
        }
        c
    }
}
