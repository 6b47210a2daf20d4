//! Issuers' holdings files, recognised by content.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Registry;
use crate::diagnostics::Sink;
use crate::model::{RawFile, Symbol};

/// One layout of holdings files.
pub struct Format {
    /// Its id.
    pub id: &'static str,
}

/// Every layout.
pub const FORMATS: &[Format] = &[];

pub(crate) fn apply(
    _registry: &mut Registry,
    _files: &[RawFile],
    _links: &BTreeMap<String, Symbol>,
    _as_of: Option<NaiveDate>,
    _sink: &mut Sink,
) {
}
