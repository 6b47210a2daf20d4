//! Two halves of a job at once.

/// Runs a job on two parts, one of them on a thread of its own where there can be one. The results do not depend on it.
pub(crate) fn both<P: Sync, R: Send>(parts: (&P, &P), job: impl Fn(&P) -> R + Sync) -> (R, R) {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().spawn_scoped(scope, || job(parts.0));
        let second = job(parts.1);
        let first = match started {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // Where threads cannot be started, one after the other.
            Err(_) => job(parts.0),
        };
        (first, second)
    })
}

#[cfg(test)]
mod tests {
    use super::both;

    #[test]
    fn each_half_gets_its_own_answer() {
        let (a, b) = (vec![1, 2], vec![3, 4, 5]);
        assert_eq!(both((&a, &b), |part| part.iter().sum::<i32>()), (3, 12));
    }
}
