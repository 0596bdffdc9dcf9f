//! kriging-rs 0.4: `kriging-rs-peer WORK CSV CELLS OUT`.
//!
//! - `global`: its planar model of all samples. Its covariance at distance 0 leaves the nugget out, so that it solves another
//!   problem: for its speed alone.
//! - `variogram`: its directional variogram with a tolerance of 90 degrees, which is all directions.
//!
//! Its search for neighbours is for longitudes and latitudes only, and its leave-one-out factorises the whole matrix for
//! each sample; neither is run.

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use kriging_rs::variogram::empirical::PositiveReal;
use kriging_rs::{
    Anisotropy2D, DirectionalConfig, ProjectedCoord, ProjectedDataset, ProjectedKrigingModel, VariogramModel,
    VariogramType, compute_directional_empirical_variogram,
};

const CORNER: [f64; 2] = [3_500_000.0, 2_000_000.0];
const SIDE: f64 = 1_000_000.0;

fn save(folder: &Path, name: &str, numbers: impl Iterator<Item = f64>) -> std::io::Result<()> {
    fs::write(folder.join(name), numbers.flat_map(f64::to_le_bytes).collect::<Vec<u8>>())
}

fn cells(text: &str) -> Result<Vec<ProjectedCoord>, Box<dyn Error>> {
    let numbers = text.split([':', ',']).map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let (side, [column, row, columns, rows]) = match numbers[..] {
        [side] => (side, [0, 0, side, side]),
        [side, column, row, columns, rows] => (side, [column, row, columns, rows]),
        _ => return Err(format!("`{text}` are no cells").into()),
    };
    let step = SIDE / side as f64;
    let centre = |i: usize| {
        let (c, r) = (column + i % columns, row + i / columns);
        ProjectedCoord::new(CORNER[0] + (c as f64 + 0.5) * step, CORNER[1] + SIDE - (r as f64 + 0.5) * step)
    };
    Ok((0..columns * rows).map(centre).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, work, csv, grid, out] = &args[..] else { return Err("WORK CSV CELLS OUT".into()) };
    let out = Path::new(out);
    let began = Instant::now();
    let (mut places, mut values) = (vec![], vec![]);
    for line in fs::read_to_string(csv)?.lines().skip(1) {
        let row = line.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        places.push(ProjectedCoord::new(row[0], row[1]));
        values.push(row[2]);
    }
    let read_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let seconds = match work.as_str() {
        "global" => {
            let model = VariogramModel::new(100.0, 400.0, 50_000.0, VariogramType::Spherical)?;
            let data = ProjectedDataset::new(places, values)?;
            let kriging = ProjectedKrigingModel::new(data, model, Anisotropy2D::isotropic())?;
            let predictions = kriging.predict_batch(&cells(grid)?)?;
            let seconds = began.elapsed().as_secs_f64();
            save(out, "pred.f64", predictions.iter().map(|p| p.value))?;
            save(out, "var.f64", predictions.iter().map(|p| p.variance))?;
            seconds
        }
        "variogram" => {
            let cutoff = PositiveReal::try_new(100_000.0)?;
            let classes = NonZeroUsize::new(15).ok_or("15 is not 0")?;
            let all = DirectionalConfig::new(0.0, 90.0)?;
            let v = compute_directional_empirical_variogram(&places, &values, cutoff, classes, all)?;
            let seconds = began.elapsed().as_secs_f64();
            save(out, "pred.f64", v.semivariances.iter().copied())?;
            save(out, "np.f64", v.n_pairs.iter().map(|&n| n as f64))?;
            seconds
        }
        _ => return Err(format!("no {work}").into()),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let said = format!("{{\"compute_s\": {seconds}, \"read_s\": {read_s}, \"threads\": {threads}}}");
    fs::write(out.join("self.json"), said)?;
    Ok(())
}
