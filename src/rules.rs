//! rules.

pub mod gates;
pub mod strength;
