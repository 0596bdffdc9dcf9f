//! How a target is predicted: its samples, its support, where its drift is from.

use anyhow::{Result, ensure};
use soilscope_core::Interpolator;
use soilscope_core::censored::CensoredKriging;
use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::VecchiaKriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::variogram::Variogram;

use super::refusals::refuse_idle;
use crate::args::{BlockArgs, DriftFrom, MethodArgs, NodesChoice};
use crate::words::{Block, Neighbours};

/// Up to this many samples kriging uses all of them for every target by default.
const GLOBAL_UP_TO: usize = 300;
/// Neighbours by default, beyond that.
const NEIGHBOURS: usize = 32;
/// Neighbours of inverse distance weighting by default.
const IDW_NEIGHBOURS: usize = 12;
/// Nearest samples of a target by default where the drift is from all, beside those around it.
const NEAREST_OF_ALL: usize = 40;
/// Up to this many samples one system of all serves a mean of all.
const ONE_SYSTEM_UP_TO: usize = 2000;

/// Kriging with a model that is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    pub(super) drift: Drift,
    pub(super) neighbourhood: Neighbourhood,
    pub(super) support: Support,
    drift_from: DriftFrom,
}

impl Recipe {
    /// # Errors
    /// Wishes that do not go together.
    pub(super) fn new(args: &MethodArgs, drift: Drift, neighbourhood: Neighbourhood, support: Support) -> Result<Self> {
        let drift_from = args.drift_from.unwrap_or(DriftFrom::Neighbours);
        let mut recipe = Self { drift, neighbourhood, support, drift_from };
        if drift_from == DriftFrom::Neighbours {
            return Ok(recipe);
        }
        let idle = |why| refuse_idle(&["--drift-from all"], why);
        if drift.known_mean().is_some() {
            idle("the mean is known")?;
        }
        if neighbourhood == Neighbourhood::Global {
            idle("all samples serve every target already")?;
        }
        ensure!(
            support == Support::Point,
            "--drift-from all predicts points, and --block asks for means of blocks: leave one of them out"
        );
        ensure!(
            args.radius.is_none() && args.sectors.is_none() && args.min_neighbours.get() == 1,
            "--drift-from all looks for samples near a target and around it by itself: of the options of the search it takes \
             --neighbours alone"
        );
        if args.neighbours.is_none() {
            recipe.neighbourhood = Neighbourhood::nearest(NEAREST_OF_ALL)?;
        }
        Ok(recipe)
    }

    /// That of a mean: the drift of all samples, which have no structure.
    pub(super) fn of_mean(self, samples: usize) -> Result<Self> {
        if samples <= ONE_SYSTEM_UP_TO {
            return Ok(Self { neighbourhood: Neighbourhood::Global, drift_from: DriftFrom::Neighbours, ..self });
        }
        ensure!(
            self.support == Support::Point,
            "--fallback mean of more than {ONE_SYSTEM_UP_TO} samples predicts points: leave --block out"
        );
        Ok(Self { neighbourhood: Neighbourhood::nearest(1)?, drift_from: DriftFrom::All, ..self })
    }

    /// Where the drift is from: one system of all samples has it from all.
    pub(super) fn drift_from(&self) -> DriftFrom {
        if self.neighbourhood == Neighbourhood::Global { DriftFrom::All } else { self.drift_from }
    }

    /// Kriging of points in one system or with neighbours, whose weights simulation takes; `None` for what predicts otherwise.
    pub(super) fn simulated(&self, variogram: &Variogram) -> Option<Kriging> {
        let vecchia = matches!((self.drift_from, self.neighbourhood), (DriftFrom::All, Neighbourhood::Moving(_)));
        (self.support == Support::Point && !vecchia)
            .then(|| Kriging::new(variogram.clone(), self.drift, self.neighbourhood))
    }

    /// The interpolator, and the same for points where it predicts something else.
    ///
    /// With values below limits, which `below` names, of the mixture of their draws; they are not for a drift from all samples.
    pub(super) fn with(
        &self,
        variogram: &Variogram,
        below: &[bool],
    ) -> (Box<dyn Interpolator>, Option<Box<dyn Interpolator>>) {
        let limited = |kriging: Kriging| -> Box<dyn Interpolator> {
            if below.is_empty() { Box::new(kriging) } else { Box::new(CensoredKriging::new(kriging, below.to_vec())) }
        };
        if let (DriftFrom::All, Neighbourhood::Moving(search)) = (self.drift_from, self.neighbourhood) {
            let mut kriging = VecchiaKriging::new(variogram.clone(), self.drift);
            kriging.nearest = search.max.unwrap_or(kriging.nearest);
            return (Box::new(kriging), None);
        }
        let kriging = Kriging::new(variogram.clone(), self.drift, self.neighbourhood);
        match self.support {
            Support::Point => (limited(kriging), None),
            support => (limited(kriging.clone().with_support(support)), Some(limited(kriging))),
        }
    }
}

/// What a prediction speaks for.
pub(super) fn support(args: Option<&BlockArgs>) -> Result<Support> {
    let Some(BlockArgs { block: Some(Block(size)), block_nodes }) = args else { return Ok(Support::Point) };
    let nodes: BlockNodes = block_nodes.unwrap_or(NodesChoice::Gauss4).into();
    Ok(Support::block(*size, nodes)?)
}

/// Which samples serve a target.
pub(super) fn neighbourhood(args: &MethodArgs, idw: bool, samples: usize) -> Result<Neighbourhood> {
    neighbourhood_of(args, idw, samples, samples <= GLOBAL_UP_TO)
}

/// The same, with the default for few samples decided.
pub(super) fn neighbourhood_of(args: &MethodArgs, idw: bool, samples: usize, few: bool) -> Result<Neighbourhood> {
    let max = match args.neighbours {
        Some(Neighbours::Nearest(max)) => Some(max),
        Some(Neighbours::All) => None,
        // A radius alone means all within it.
        None if args.radius.is_some() => None,
        None if idw => Some(IDW_NEIGHBOURS),
        None if few => None,
        None => Some(NEIGHBOURS),
    };
    if max.is_none() && args.radius.is_none() {
        ensure!(args.sectors.is_none(), "--sectors shares a number of neighbours: give it by --neighbours");
        ensure!(
            args.min_neighbours.get() <= samples,
            "--min-neighbours is {}, but there are only {samples} samples",
            args.min_neighbours
        );
        return Ok(Neighbourhood::Global);
    }
    ensure!(
        args.sectors.is_none() || max.is_some(),
        "--sectors share a number of neighbours: --neighbours must be one, not all"
    );
    let search = Search::new(max, args.min_neighbours.get(), args.radius)?;
    Ok(Neighbourhood::Moving(match args.sectors {
        Some(count) => search.with_sectors(Sectors::from_count(count)?)?,
        None => search,
    }))
}
