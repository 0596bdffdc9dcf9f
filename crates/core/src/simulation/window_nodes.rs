//! The nodes of a window that a grid of fields is drawn for, with room for the samples.

use super::embedding::EmbeddingLimits;
use crate::{Coord, Error, Result, Targets, Window};

/// Nodes in a window that was made large enough for every sample.
pub(super) struct WindowNodes {
    /// The window with the samples.
    pub(super) whole: Window,
    /// Of each node, its cell in it.
    pub(super) cells: Vec<usize>,
    /// Of each node, its place.
    pub(super) at: Vec<Coord>,
}

impl WindowNodes {
    /// All nodes of `window` or those of these numbers, with room for `samples`.
    ///
    /// # Errors
    /// A window without cells or with a step of 0, or more cells than the limits allow.
    ///
    /// # Panics
    /// A node beyond the window.
    pub(super) fn new(
        window: Window,
        nodes: Option<&[usize]>,
        samples: &[Coord],
        limits: &EmbeddingLimits,
    ) -> Result<Self> {
        check_window(&window)?;
        let (whole, offset) = enlarged(window, samples, limits.cells).ok_or(Error::Embedding {
            columns: window.size[0],
            rows: window.size[1],
            cells: limits.cells,
            covariance_error: f64::INFINITY,
            allowed: limits.covariance_error,
        })?;
        let all = window.size[0] * window.size[1];
        let wanted: Vec<usize> = nodes.map_or_else(|| (0..all).collect(), <[usize]>::to_vec);
        let cell = |&i: &usize| {
            assert!(i < all, "a node of the window");
            let [column, row] = [i % window.size[0], i / window.size[0]];
            (row + offset[1]) * whole.size[0] + column + offset[0]
        };
        let cells = wanted.iter().map(cell).collect();
        let at = wanted.iter().map(|&i| Targets::window(window).coord(i)).collect();
        Ok(Self { whole, cells, at })
    }
}

/// Refuses a window without cells or with a step of 0.
fn check_window(window: &Window) -> Result<()> {
    for k in 0..2 {
        if window.size[k] == 0 {
            return Err(Error::Parameter { name: "cells along a window", value: 0.0, requirement: "at least 1" });
        }
        if !(window.step[k] != 0.0 && window.step[k].is_finite() && window.origin[k].is_finite()) {
            let requirement = "a finite number other than 0, from a finite origin";
            return Err(Error::Parameter { name: "step of a window", value: window.step[k], requirement });
        }
    }
    Ok(())
}

/// The window with as many more cells as it takes to hold every place, and the columns and rows before the window's own;
/// `None` where that is more than `most` cells.
fn enlarged(window: Window, places: &[Coord], most: usize) -> Option<(Window, [usize; 2])> {
    let mut whole = window;
    let mut offset = [0; 2];
    for k in 0..2 {
        let last = (window.size[k] - 1) as f64;
        let (mut low, mut high) = (0.0_f64, last);
        for c in places {
            let position = (c[k] - window.origin[k]) / window.step[k];
            low = low.min(position.floor());
            high = high.max(position.ceil());
        }
        if !(high - low < most as f64) {
            return None;
        }
        offset[k] = -low as usize;
        whole.size[k] = (high - low) as usize + 1;
        whole.origin[k] = window.origin[k] + low * window.step[k];
    }
    Some((whole, offset))
}
