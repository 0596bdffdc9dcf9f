//! Dry and fresh matter, and the simplest of transfer models.

use super::CropError;
use crate::quantity::{held, not_negative, positive};

fn dry_share(moisture: f64) -> Result<f64, CropError> {
    Ok(1.0 - held("moisture", moisture, (0.0..1.0).contains(&moisture), "at least 0 and below 1")?)
}

/// Content of fresh matter of one of dry matter: C_dw × (1 − moisture).
///
/// # Units
/// Contents in mg/kg; moisture as a share of the fresh mass.
///
/// # Errors
/// A content below 0; a moisture that is not from 0 to below 1.
///
/// # Examples
/// ```
/// use soilscope_assess::crop::{dry_from_fresh, fresh_from_dry};
/// assert!((fresh_from_dry(4.0, 0.95)? - 0.2).abs() < 1e-12); // lettuce
/// assert!((dry_from_fresh(0.2, 0.95)? - 4.0).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::crop::CropError>(())
/// ```
pub fn fresh_from_dry(dry: f64, moisture: f64) -> Result<f64, CropError> {
    Ok(not_negative("content of dry matter", dry)? * dry_share(moisture)?)
}

/// Content of dry matter of one of fresh matter, the inverse of [`fresh_from_dry`].
///
/// # Units
/// As [`fresh_from_dry`].
///
/// # Errors
/// As [`fresh_from_dry`].
pub fn dry_from_fresh(fresh: f64, moisture: f64) -> Result<f64, CropError> {
    Ok(not_negative("content of fresh matter", fresh)? / dry_share(moisture)?)
}

/// Soil, mg/kg, at which a crop reaches `limit` by a bioconcentration factor (crop over soil): limit / BCF. Limit and factor
/// must be of one kind of matter, dry or fresh.
///
/// # Units
/// Limit and result in mg/kg; the factor is a ratio of contents in mg/kg.
///
/// # Errors
/// A limit or factor that is not above 0.
///
/// # Examples
/// ```
/// use soilscope_assess::crop::soil_at_by_factor;
/// assert_eq!(soil_at_by_factor(0.2, 0.5)?, 0.4);
/// # Ok::<(), soilscope_assess::crop::CropError>(())
/// ```
pub fn soil_at_by_factor(limit: f64, factor: f64) -> Result<f64, CropError> {
    Ok(positive("limit of the crop", limit)? / positive("bioconcentration factor", factor)?)
}
