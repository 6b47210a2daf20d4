//! Prices, breadth and macro series from the user's market folder, whatever vendor they come from.

use crate::diagnostics::Sink;
use crate::model::RawFile;

/// Everything the market files say.
#[derive(Clone, Debug, Default)]
pub struct Market {}

/// Reads market files, each recognised by content. Problems are pushed to the sink.
pub fn load(_files: &[RawFile], _sink: &mut Sink) -> Market {
    Market::default()
}
