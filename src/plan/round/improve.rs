//! Improving a whole-share plan that breaks nothing.

use super::{MOST_PAIRED, MOST_STEPS, Table};

impl Table<'_, '_> {
    /// Improves the levels of a whole-share plan. A continuous plan is the optimum already.
    pub(super) fn improve(&mut self) {
        let mut score = self.score();
        let mut made = 0;
        while made < MOST_STEPS {
            let candidates = self.candidates();
            let mut moved = 0;
            for index in &candidates {
                for change in [1, -1] {
                    while made < MOST_STEPS && self.attempt(&[(*index, change)], &mut score) {
                        made += 1;
                        moved += 1;
                    }
                }
            }
            self.sum_up();
            if moved > 0 {
                continue;
            }
            let paired: Vec<usize> = candidates.iter().copied().take(MOST_PAIRED).collect();
            for (place, first) in paired.iter().enumerate() {
                for second in paired.iter().skip(place + 1) {
                    for (one, other) in self.pairs(*first, *second) {
                        let moves = [(*first, one), (*second, other)];
                        while made < MOST_STEPS && self.is_affordable(&moves) && self.attempt(&moves, &mut score) {
                            made += 1;
                            moved += 1;
                        }
                    }
                }
            }
            if moved == 0 && score.first() == Some(&0.0) {
                moved += self.fill(&mut score);
                moved += self.raise(&mut score);
                made += moved;
            }
            if moved == 0 {
                return;
            }
        }
    }
}
