import Foundation

/// A step along a direction that meets the strong Wolfe conditions.
///
/// Sources: Moré, Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM Transactions on Mathematical Software 20 (1994);
/// where that ends without a step, Nocedal, Wright, "Numerical Optimization", 2nd ed., algorithms 3.5 and 3.6.
struct LineSearch {
    /// Value and slope at a step.
    struct Place {
        var step = 0.0, value = 0.0, slope = 0.0
    }

    static let (decrease, curvature) = (1e-4, 0.9)
    let start: Place
    let value: (Double) -> Double
    /// Of the place whose value was asked for last, or of another.
    let slope: (Double) -> Double

    /// - Parameters:
    ///   - first: the step that is tried first.
    /// - Returns: nil where no step meets the conditions.
    func run(first: Double) -> Place? { bracketed(first: first) ?? zoomed(first: first) }

    private func isLow(_ place: Place) -> Bool { place.value <= start.value + place.step * Self.decrease * start.slope }
    private func isFlat(_ place: Place) -> Bool { abs(place.slope) <= -Self.curvature * start.slope }

    /// Moré and Thuente.
    private func bracketed(first: Double) -> Place? {
        guard start.slope < 0, first > 0 else { return nil }
        let (least, most, tolerance) = (1e-100, 1e100, 1e-14), test = Self.decrease * start.slope
        var best = start, other = start, isBracketed = false, isFirstStage = true
        var width = most - least, before = 2 * width, low = 0.0, high = 5 * first, step = first
        for _ in 0..<100 {
            guard step.isFinite else { return nil }
            var trial = Place(step: step)
            trial.value = value(step)
            trial.slope = slope(step)
            if isFirstStage, isLow(trial), trial.slope >= 0 { isFirstStage = false }
            let isDone = isLow(trial) && isFlat(trial)
            if isDone { return trial }
            if isBracketed, step <= low || step >= high || high - low <= tolerance * high { return nil }
            if step == most && isLow(trial) && trial.slope <= test { return nil }
            if step == least && (!isLow(trial) || trial.slope >= test) { return nil }
            let isModified = isFirstStage && trial.value <= best.value && !isLow(trial)
            if isModified {
                // Of the function less its sufficient decrease.
                (best, other, trial) = (tilted(best, -test), tilted(other, -test), tilted(trial, -test))
            }
            step = Self.next(&best, &other, trial, &isBracketed, low, high)
            if isModified { (best, other) = (tilted(best, test), tilted(other, test)) }
            if isBracketed {
                if abs(other.step - best.step) >= 0.66 * before { step = best.step + 0.5 * (other.step - best.step) }
                (before, width) = (width, abs(other.step - best.step))
                (low, high) = (min(best.step, other.step), max(best.step, other.step))
            } else {
                (low, high) = (step + 1.1 * (step - best.step), step + 4 * (step - best.step))
            }
            step = min(max(step, least), most)
            if isBracketed, step <= low || step >= high || high - low <= tolerance * high { step = best.step }
        }
        return nil
    }

    private func tilted(_ place: Place, _ slope: Double) -> Place {
        Place(step: place.step, value: place.value + place.step * slope, slope: place.slope + slope)
    }

    /// The next step from the interval's ends and the last trial (cubic and quadratic or secant steps, safeguarded), and the new interval.
    private static func next(
        _ best: inout Place, _ other: inout Place, _ trial: Place, _ isBracketed: inout Bool, _ low: Double, _ high: Double
    ) -> Double {
        let isOpposed = trial.slope * (best.slope < 0 ? -1 : best.slope > 0 ? 1 : 0) < 0
        var step: Double
        if trial.value > best.value {
            let cubic = best.step + cubicShare(best, trial, .higher) * (trial.step - best.step)
            let gap = (best.value - trial.value) / (trial.step - best.step)
            let quadratic = best.step + best.slope / (gap + best.slope) / 2 * (trial.step - best.step)
            step = abs(cubic - best.step) <= abs(quadratic - best.step) ? cubic : cubic + (quadratic - cubic) / 2
            isBracketed = true
        } else if isOpposed {
            let cubic = trial.step + cubicShare(best, trial, .opposed) * (best.step - trial.step)
            let secant = trial.step + trial.slope / (trial.slope - best.slope) * (best.step - trial.step)
            step = abs(cubic - trial.step) > abs(secant - trial.step) ? cubic : secant
            isBracketed = true
        } else if abs(trial.slope) < abs(best.slope) {
            let share = cubicShare(best, trial, .flatter)
            let cubic = share < 0 ? trial.step + share * (best.step - trial.step) : trial.step > best.step ? high : low
            let secant = trial.step + trial.slope / (trial.slope - best.slope) * (best.step - trial.step)
            if isBracketed {
                step = abs(cubic - trial.step) < abs(secant - trial.step) ? cubic : secant
                let limit = trial.step + 0.66 * (other.step - trial.step)
                step = trial.step > best.step ? min(limit, step) : max(limit, step)
            } else {
                step = abs(cubic - trial.step) > abs(secant - trial.step) ? cubic : secant
                step = min(max(step, low), high)
            }
        } else if isBracketed {
            step = trial.step + cubicShare(other, trial, .opposed) * (other.step - trial.step)
        } else {
            step = trial.step > best.step ? high : low
        }
        if trial.value > best.value {
            other = trial
        } else {
            if isOpposed { other = best }
            best = trial
        }
        return step
    }

    private enum Case { case higher, opposed, flatter }

    /// Where between two places the cubic through their values and slopes is least: of the first one's side for `higher`, else of the trial's.
    private static func cubicShare(_ place: Place, _ trial: Place, _ form: Case) -> Double {
        let theta = 3 * (place.value - trial.value) / (trial.step - place.step) + place.slope + trial.slope
        let size = max(abs(theta), abs(place.slope), abs(trial.slope))
        let square = (theta / size) * (theta / size) - place.slope / size * (trial.slope / size)
        var gamma = size * (form == .flatter ? max(0, square) : square).squareRoot()
        if form == .higher {
            if trial.step < place.step { gamma = -gamma }
            return (gamma - place.slope + theta) / (gamma - place.slope + gamma + trial.slope)
        }
        if trial.step > place.step { gamma = -gamma }
        if form == .flatter {
            let share = (gamma - trial.slope + theta) / (gamma + (place.slope - trial.slope) + gamma)
            return gamma == 0 ? 0 : share
        }
        return (gamma - trial.slope + theta) / (gamma - trial.slope + gamma + place.slope)
    }

    /// Nocedal and Wright: steps grow until one is too long, then the interval is searched.
    private func zoomed(first: Double) -> Place? {
        var before = start, trial = Place(step: first)
        trial.value = value(first)
        for round in 0..<10 {
            guard trial.step > 0, before.step <= 1e100 else { return nil }
            if !isLow(trial) || (trial.value >= before.value && round > 0) { return zoom(before, trial) }
            trial.slope = slope(trial.step)
            if isFlat(trial) { return trial }
            if trial.slope >= 0 { return zoom(trial, before) }
            before = trial
            trial = Place(step: 2 * trial.step)
            trial.value = value(trial.step)
        }
        trial.slope = slope(trial.step)
        return trial
    }

    private func zoom(_ first: Place, _ second: Place) -> Place? {
        var low = first, high = second, last = start
        for round in 0...10 {
            let width = high.step - low.step, left = min(low.step, high.step), right = max(low.step, high.step)
            var step = round > 0 ? Self.cubic(low, high, last) : .nan
            if !step.isFinite || step > right - 0.2 * width || step < left + 0.2 * width {
                let gap = high.step - low.step
                step = low.step - low.slope / (2 * (high.value - low.value - low.slope * gap) / (gap * gap))
                if !step.isFinite || step > right - 0.1 * width || step < left + 0.1 * width { step = low.step + 0.5 * width }
            }
            var trial = Place(step: step)
            trial.value = value(step)
            if !isLow(trial) || trial.value >= low.value {
                (last, high) = (high, trial)
                continue
            }
            trial.slope = slope(step)
            if isFlat(trial) { return trial }
            if trial.slope * (high.step - low.step) >= 0 {
                (last, high) = (high, low)
            } else {
                last = low
            }
            low = trial
        }
        return nil
    }

    /// Where the cubic through one place with its slope and two others is least; not finite where it has no least value.
    private static func cubic(_ place: Place, _ second: Place, _ third: Place) -> Double {
        let b = second.step - place.step, c = third.step - place.step
        let scale = b * c * (b * c) * (b - c)
        let rise = second.value - place.value - place.slope * b, other = third.value - place.value - place.slope * c
        let first = (c * c * rise - b * b * other) / scale, square = (b * b * b * other - c * c * c * rise) / scale
        return place.step + (-square + (square * square - 3 * first * place.slope).squareRoot()) / (3 * first)
    }
}
