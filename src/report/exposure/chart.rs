//! Bars for the terminal, and rounding that keeps sums.

/// Returns a bar of `weight` at `scale` per full width, with `|` where `mark` stands. Negative weights are drawn with
/// `-`, so that no meaning hangs on colour.
pub fn bar(weight: f64, mark: Option<f64>, scale: f64, width: usize) -> String {
    if width == 0 || scale <= 0.0 {
        return String::new();
    }
    let cells = |part: f64| ((part.abs() / scale * width as f64).round() as usize).min(width);
    let sign = if weight < 0.0 { '-' } else { '#' };
    let mut drawn: Vec<char> = vec![sign; cells(weight)];
    if let Some(mark) = mark.filter(|mark| *mark > 0.0) {
        let at = cells(mark).min(width - 1);
        drawn.resize(drawn.len().max(at + 1), ' ');
        if let Some(cell) = drawn.get_mut(at) {
            *cell = '|';
        }
    }
    drawn.into_iter().collect()
}

/// Rounds parts to whole units so that they add up to the rounded whole: the largest remainders are rounded up.
pub fn rounded(parts: &[f64], unit: f64) -> Vec<f64> {
    let scaled: Vec<f64> = parts.iter().map(|part| part / unit).collect();
    let mut whole: Vec<f64> = scaled.iter().map(|part| part.floor()).collect();
    let missing = scaled.iter().sum::<f64>().round() - whole.iter().sum::<f64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: &usize| scaled.get(*at).map_or(0.0, |part| part - part.floor());
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)).then(a.cmp(b)));
    for at in order.into_iter().take(missing.max(0.0) as usize) {
        if let Some(part) = whole.get_mut(at) {
            *part += 1.0;
        }
    }
    whole.into_iter().map(|part| part * unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_its_weight_and_the_mark() {
        assert_eq!(bar(0.5, None, 1.0, 10), "#####");
        assert_eq!(bar(0.5, Some(0.2), 1.0, 10), "##|##");
        assert_eq!(bar(0.2, Some(0.5), 1.0, 10), "##   |");
        assert_eq!(bar(-0.3, None, 1.0, 10), "---");
        assert_eq!(bar(2.0, Some(3.0), 1.0, 4), "###|");
        assert_eq!(bar(0.5, None, 0.0, 10), "");
    }

    #[test]
    fn rounded_parts_add_up_to_the_rounded_whole() {
        // 33.33 three times is 100.0: one part takes the tenth that is left.
        let third = rounded(&[1.0 / 3.0; 3], 0.001);
        assert_eq!(third.iter().map(|part| (part * 1000.0).round()).collect::<Vec<_>>(), [334.0, 333.0, 333.0]);
        let mixed = rounded(&[0.12345, -0.02, 0.0], 0.001);
        assert_eq!(mixed.iter().map(|part| (part * 1000.0).round()).collect::<Vec<_>>(), [123.0, -20.0, 0.0]);
        assert!(rounded(&[], 0.001).is_empty());
    }
}
