//! When to stop: once the dev split has gained nothing for some epochs.

/// Follows the loss on the dev split from epoch to epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopping {
    patience: usize,
    /// Epoch and loss.
    best: (usize, f64),
    last: usize,
}

impl Stopping {
    /// Begin with the loss before the first epoch, which is epoch 0.
    pub fn new(patience: usize, loss: f64) -> Stopping {
        Stopping {
            patience,
            best: (0, loss),
            last: 0,
        }
    }

    /// Take down an epoch's loss; whether it is the lowest yet.
    pub fn record(&mut self, epoch: usize, loss: f64) -> bool {
        self.last = epoch;
        let lower = loss < self.best.1;
        if lower {
            self.best = (epoch, loss);
        }
        lower
    }

    /// The epoch of the lowest loss, 0 for the start.
    pub fn best_epoch(&self) -> usize {
        self.best.0
    }

    /// Whether as many epochs as patience lasts have brought nothing.
    pub fn is_over(&self) -> bool {
        self.last - self.best.0 >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_when_patience_is_spent_and_keeps_the_best() {
        let mut stopping = Stopping::new(2, 1.0);
        let over: Vec<(bool, bool)> = [0.9, 0.95, 0.8, 0.85, 0.81]
            .into_iter()
            .enumerate()
            .map(|(at, loss)| (stopping.record(at + 1, loss), stopping.is_over()))
            .collect();
        assert_eq!(
            over,
            [
                (true, false),
                (false, false),
                (true, false),
                (false, false),
                (false, true)
            ]
        );
        assert_eq!(stopping.best_epoch(), 3);
    }

    #[test]
    fn the_start_is_kept_where_nothing_is_better() {
        let mut stopping = Stopping::new(1, 0.5);
        assert!(!stopping.is_over());
        assert!(!stopping.record(1, 0.5));
        assert!(stopping.is_over());
        assert_eq!(stopping.best_epoch(), 0);
    }
}
