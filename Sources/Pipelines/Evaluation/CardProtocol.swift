/// Which rows train and which are tested, as in the Fraud Detection Handbook (Le Borgne et al., chapter 5, `get_train_test_set`).
///
/// A card that is known to be compromised is blocked, so its rows leave the test: on each test day d the cards with a fraud in the
/// training period, or on any day from its end up to d - delay - 1, whose labels are known by then.
public enum CardProtocol {
    /// Indices of rows, in their order.
    public struct Selection: Hashable, Sendable {
        public var training: [Int]
        public var test: [Int]
    }

    /// - Parameters:
    ///   - days: day of each row, as a count from any origin.
    ///   - cards: the card of each row.
    ///   - positives: whether each row is a fraud.
    ///   - training: days trained on; `delay` whole days lie between it and `test`.
    ///   - delay: days until a label is known.
    ///   - removal: the last so many days of the training period whose frauds remove their cards from the test; nil = all of them. With it
    ///     set, models of longer and shorter training periods are tested on the same rows.
    public static func select(
        days: [Int], cards: [Int], positives: [Bool], training: ClosedRange<Int>, test: ClosedRange<Int>, delay: Int, removal: Int? = nil
    ) -> Selection {
        precondition(days.count == cards.count && days.count == positives.count)
        let firstDay = removal.map { training.upperBound - $0 + 1 } ?? training.lowerBound
        // The first day on which a card's fraud counts against it; earlier days are not looked at.
        var firstFraud: [Int: Int] = [:]
        for row in days.indices where positives[row] && days[row] >= firstDay {
            firstFraud[cards[row]] = min(firstFraud[cards[row]] ?? .max, days[row])
        }
        var selection = Selection(training: [], test: [])
        for row in days.indices {
            if training.contains(days[row]) {
                selection.training.append(row)
            } else if test.contains(days[row]) {
                let known = max(training.upperBound, days[row] - delay - 1)
                if (firstFraud[cards[row]] ?? .max) > known { selection.test.append(row) }
            }
        }
        return selection
    }
}
