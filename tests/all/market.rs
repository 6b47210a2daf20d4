//! Market files, signals, brakes and strength as a whole, over made-up markets.

#[cfg(test)]
#[path = "market/synthetic.rs"]
mod synthetic;

#[cfg(test)]
#[path = "market/look_ahead.rs"]
mod look_ahead;

#[cfg(test)]
#[path = "market/robust.rs"]
mod robust;

#[cfg(test)]
#[path = "market/rotation.rs"]
mod rotation;

#[cfg(test)]
#[path = "market/taken.rs"]
mod taken;
