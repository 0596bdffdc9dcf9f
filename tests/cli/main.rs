//! The program as people and scripts meet it. `make bless` accepts new snapshots; read the difference first.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod association;
mod bad_input;
mod cokriging;
mod columnar;
mod coming_from;
mod compare_limits;
mod drift;
mod estimation;
mod exchange;
mod hotspot_trust;
mod hotspots;
mod journal;
mod law;
mod limits;
mod map;
mod only;
mod outlook;
mod plan_limits;
mod readme;
mod replay;
mod sample_plan;
mod several;
mod simulate;
mod skill;
mod sources;
mod sphere;
mod support;
mod thresholds;
mod together;
mod variogram;
mod verbs;
mod zones;
