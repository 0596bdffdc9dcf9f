//! The simulator that was asked for, or the exact one where it can be had.

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_core::censored::Imputations;
use soilscope_core::drift::Drift;
use soilscope_core::simulation::{
    CirculantSimulation, EmbeddingReport, PathOrder, PathSharing, SequentialGaussian, Simulator,
};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Error, Samples};
use soilscope_pipeline::grid::Grid;

use crate::args::{PathChoice, SimulationArgs, SimulatorChoice};
use crate::field::refuse_idle;
use crate::words::{Method, Neighbours, TransformChoice};

/// Up to this many samples circulant fields are conditioned on all of them by default.
const ALL_UP_TO: usize = 1000;
/// Samples for a cell of a circulant field by default, beyond that.
const NEIGHBOURS: usize = 64;

/// How the fields were simulated, for the record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SimulatorRecord {
    pub(super) simulator: &'static str,
    pub(super) seed: u64,
    pub(super) realisations: usize,
    /// `None` where it is estimated.
    known_mean: Option<f64>,
    /// Most samples for a cell; `None` for all.
    sample_neighbours: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_neighbours: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_sharing: Option<PathSharing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<EmbeddingReport>,
}

/// The spatial mean on the modelling scale.
pub(super) fn drift(args: &SimulationArgs, transform: TransformChoice) -> Result<Drift> {
    Ok(match &args.method {
        None if transform == TransformChoice::NormalScore => Drift::KnownMean(0.0),
        None | Some(Method::Ordinary) => Drift::Constant,
        Some(Method::Simple { mean }) => Drift::KnownMean(*mean),
        Some(_) => anyhow::bail!(
            "--method: fields are simulated with ordinary or simple:MEAN, a mean that is the same everywhere"
        ),
    })
}

/// Refuses options that the chosen simulator does not have.
pub(super) fn refuse_idle_options(args: &SimulationArgs) -> Result<()> {
    let given = [("--nodes", args.nodes.is_some()), ("--path", args.path.is_some()), ("--own-paths", args.own_paths)];
    let idle: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if args.simulator == SimulatorChoice::Sgs {
        return Ok(());
    }
    refuse_idle(&idle, "only --simulator sgs simulates cell by cell; ask for it")
}

/// The simulator for the cells of a grid, with notes for the reader; each realisation with a draw of its own of values below limits,
/// where there are such.
#[allow(clippy::too_many_arguments, reason = "what is simulated, from what and where, each used once")]
pub(super) fn prepare(
    args: &SimulationArgs,
    variogram: &Variogram,
    drift: Drift,
    on_scale: &Samples,
    imputations: Option<&Imputations>,
    grid: &Grid,
    cells: &[usize],
) -> Result<(Box<dyn Simulator>, SimulatorRecord, Vec<String>)> {
    let mut notes = Vec::new();
    let record = SimulatorRecord {
        simulator: "circulant-embedding",
        seed: args.seed,
        realisations: args.realisations as usize,
        known_mean: drift.known_mean(),
        sample_neighbours: None,
        node_neighbours: None,
        path: None,
        path_sharing: None,
        embedding: None,
    };
    if args.simulator != SimulatorChoice::Sgs {
        let mut recipe = CirculantSimulation::new(variogram.clone(), drift, args.seed);
        recipe.sample_neighbours = match args.neighbours {
            Some(Neighbours::Nearest(most)) => Some(most),
            Some(Neighbours::All) => None,
            None => (on_scale.len() > ALL_UP_TO).then_some(NEIGHBOURS),
        };
        let window = grid.patch([0, 0], grid.size()).window();
        match recipe.prepare(Some(on_scale), window, Some(cells)) {
            Ok(run) => {
                let embedding = run.embedding();
                if let Some(e) = embedding.filter(|e| e.covariance_error > 1e-12) {
                    notes.push(format!(
                        "the embedding takes negative eigenvalues as 0: covariances are off by at most {:.1e} of the sill",
                        e.covariance_error
                    ));
                }
                let record = SimulatorRecord { sample_neighbours: recipe.sample_neighbours, embedding, ..record };
                let run = match imputations {
                    Some(imputations) => run.with_imputations(imputations),
                    None => run,
                };
                return Ok((Box::new(run), record, notes));
            }
            Err(refused @ Error::Embedding { .. }) if imputations.is_some() => {
                return Err(anyhow::Error::from(refused).context(
                    "--nondetect censored needs circulant fields, and this model has none on this grid: let a number stand for values \
                     below their limits, as --nondetect limit/2",
                ));
            }
            Err(refused @ Error::Embedding { .. }) if args.simulator == SimulatorChoice::Auto => {
                notes.push(format!("simulated sequentially, since {refused}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut recipe = SequentialGaussian::new(variogram.clone(), drift, args.seed);
    match args.neighbours {
        Some(Neighbours::Nearest(most)) => recipe.sample_neighbours = most,
        Some(Neighbours::All) => recipe.sample_neighbours = on_scale.len(),
        None => {}
    }
    if let Some(nodes) = args.nodes {
        recipe.node_neighbours = nodes as usize;
    }
    if args.path == Some(PathChoice::Random) {
        recipe.path = PathOrder::Random;
    }
    if args.own_paths {
        recipe.sharing = PathSharing::Own;
    }
    if drift == Drift::Constant {
        notes.push(
            "the mean is estimated anew at every cell (ordinary kriging), so fields vary more than the model: state the mean \
             by --method simple:MEAN, or use --simulator circulant"
                .into(),
        );
    }
    ensure!(u32::try_from(cells.len()).is_ok(), "the grid has {} cells: simulate it in parts", cells.len());
    let patch = grid.patch([0, 0], grid.size());
    let places: Vec<Coord> = cells.iter().map(|&cell| patch.centre(cell)).collect();
    let run = recipe.prepare(Some(on_scale), &places)?;
    let record = SimulatorRecord {
        simulator: "sequential-gaussian",
        sample_neighbours: Some(recipe.sample_neighbours),
        node_neighbours: Some(recipe.node_neighbours),
        path: Some(recipe.path),
        path_sharing: Some(recipe.sharing),
        ..record
    };
    Ok((Box::new(run), record, notes))
}
