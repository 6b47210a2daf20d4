//! Ctrl-C in a long run: what is finished is still told. A second one ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};

/// Whether somebody has asked it to stop.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where the system lets nobody listen.
    pub fn listen() -> Result<Interrupt> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The first finds the flag as it is and sets it; the second finds it set.
            register_conditional_default(signal, flag.clone())
                .and_then(|_| register(signal, flag.clone()))
                .context("could not listen for Ctrl-C")?;
        }
        Ok(Interrupt(flag))
    }

    /// Returns what is set once it was asked.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Returns whether it was.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
