public import Pipelines
import Records

extension StageInput {
    /// A part of the rows, with the label events that become known there (by the watermark) or, with the last part, later.
    ///
    /// - Parameter eventsFirst: all events come with the first row instead.
    public func part(_ rows: Range<Int>, eventsFirst: Bool = false) -> StageInput {
        let before = times[..<rows.lowerBound].max() ?? .min, through = times[..<rows.upperBound].max() ?? .min
        let isFirst = rows.lowerBound == 0, isLast = rows.upperBound == times.count
        let due = events.filter { event in
            if eventsFirst { return isFirst }
            let known = event.known.microseconds
            return (isFirst || known > before) && (known <= through || isLast)
        }
        var part = StageInput(
            batch: batch.selecting(Array(rows)), keys: Array(keys[rows]), times: Array(times[rows]),
            labels: labels.isEmpty ? [] : Array(labels[rows]), labelDelay: labelDelay, events: due)
        part.corrected = corrected.isEmpty ? [] : Array(corrected[rows])
        return part
    }

    /// The whole input in parts that end at the given rows (ascending) and at the end.
    public func parts(cutAt cuts: [Int], eventsFirst: Bool = false) -> [StageInput] {
        var (parts, start): ([StageInput], Int) = ([], 0)
        for cut in cuts + [times.count] where cut > start {
            parts.append(part(start..<cut, eventsFirst: eventsFirst))
            start = cut
        }
        return parts
    }
}
