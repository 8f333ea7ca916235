import Connectors
public import Models
public import Records

/// Measures the streaming detector by the Numenta Anomaly Benchmark, on a job of two table feeds: `readings` (time and value, a file a
/// series) and `windows` (series, start, end; both ends inside).
///
/// The official way takes the one threshold for all series that scores best on them; beside it stands what each series scores at the
/// threshold that is best for the others.
public struct AnomalyEvaluator: Sendable {
    let settings: SeriesDetector.Settings
    let resamples: Int

    /// - Parameter resamples: of the series, for the intervals; 1 or more.
    public init(settings: SeriesDetector.Settings = SeriesDetector.Settings(), resamples: Int = 1_000) {
        (self.settings, self.resamples) = (settings, resamples)
    }

    private struct Observed {
        var series: AnomalyBenchmark.Series
        var levels: [Float]
    }

    /// Levels tried: one reading in 10 to one in 100 million, fifty a decade.
    private static let thresholds = (0...350).map { 1 + Float($0) / 50 }

    /// - Parameter shuffled: turns each series' levels round in time first: the control that must find nothing much.
    /// - Throws: a job without these feeds, files that cannot be read.
    public func measure(_ job: Job, shuffled: Bool = false) throws(Failure) -> ProtocolReport {
        guard let readings = job.feeds.first(where: { $0.name == "readings" }),
            let windows = job.feeds.first(where: { $0.name == "windows" })
        else { throw .protocolFeeds("nab", found: job.feeds.map(\.name), expected: ["readings", "windows"]) }
        let labelled = try self.windows(windows, in: job.directory)
        var observed: [Observed] = []
        for file in try Readiness.deliveries(of: readings, in: job.directory) {
            var own = try observe(file, feed: readings, windows: labelled)
            if shuffled { own.levels.reverse() }
            observed.append(own)
        }
        guard !observed.isEmpty else { throw .feedWithoutRows(readings.files) }
        // A window that no reading lies in would be missed by nobody.
        let found = observed.reduce(0) { $0 + $1.series.windows.count }
        guard found == labelled.count else { throw .protocolWindows(windows.files, found: found, expected: labelled.count) }
        let detections = observed.map { own in Self.thresholds.map { self.detections(own.levels, threshold: $0) } }
        var figures: [ProtocolReport.Figure] = []
        for profile in [AnomalyBenchmark.Profile.standard, .lowFalseAlarms, .lowMisses] {
            figures += self.figures(profile, observed, detections)
        }
        return ProtocolReport(
            job: job.name, name: "nab",
            facts: [
                ("series", "\(observed.count)"), ("readings", "\(observed.reduce(0) { $0 + $1.levels.count })"),
                ("windows", "\(observed.reduce(0) { $0 + $1.series.windows.count })"), ("quiet", "\(settings.quiet)"),
                ("shuffled", "\(shuffled)"),
            ], figures: figures)
    }

    /// The best threshold for all, and for each series the best one for the others; both with resamples over series.
    private func figures(
        _ profile: AnomalyBenchmark.Profile, _ observed: [Observed], _ detections: [[[Int]]]
    ) -> [ProtocolReport.Figure] {
        let benchmark = AnomalyBenchmark(profile)
        let raw = observed.indices.map { place in detections[place].map { benchmark.raw(observed[place].series, detections: $0) } }
        let windows = observed.map { Double($0.series.windows.count) }
        let bootstrap = ClusterBootstrap(identifiers: Array(observed.indices), resamples: max(resamples, 40), seed: 1)
        let intervals = bootstrap.intervals { weights in
            let own = observed.indices.map { Double(weights[bootstrap.clusters[$0]]) }
            let count = zip(own, windows).reduce(0) { $0 + $1.0 * $1.1 }
            guard count > 0 else { return [nil, nil] }
            let totals = Self.thresholds.indices.map { threshold in raw.indices.reduce(0) { $0 + own[$1] * raw[$1][threshold] } }
            let none = -profile.missed * count
            func scaled(_ sum: Double) -> Double { 100 * (sum - none) / (count - none) }
            var apart = 0.0
            for place in raw.indices where own[place] > 0 {
                // A series that was drawn twice is no other series.
                var (best, most) = (0, -Double.infinity)
                for threshold in totals.indices {
                    let others = totals[threshold] - own[place] * raw[place][threshold]
                    if others > most { (best, most) = (threshold, others) }
                }
                apart += own[place] * raw[place][best]
            }
            return [scaled(totals.max() ?? none), scaled(apart)]
        }
        let name = profile.name.replacing("-", with: "_")
        return zip([name, name + "_threshold_of_other_series"], intervals).compactMap { ProtocolReport.Figure($0, $1) }
    }

    /// Alarms at a threshold, as the detector raises them.
    private func detections(_ levels: [Float], threshold: Float) -> [Int] {
        var (found, last, level): ([Int], Int, Float) = ([], .min / 2, 0)
        for (place, value) in levels.enumerated()
        where value >= threshold && (place - last > settings.quiet || value > Float(SeriesDetector.rise) * level) {
            (last, level) = (place, value)
            found.append(place)
        }
        return found
    }

    private func observe(
        _ file: FeedFile, feed: JobFeed, windows: [(series: String, start: Int64, end: Int64)]
    ) throws(Failure) -> Observed {
        let path = file.path.hasSuffix(".gz") ? String(file.path.dropLast(3)) : file.path
        let own = windows.filter { path.hasSuffix("/" + $0.series) }
        guard let time = feed.schema.index(of: "time"), let value = feed.schema.index(of: "value"), Self.isTime(feed.schema.fields[time]),
            feed.schema.fields[value].type == .float64
        else {
            throw .protocolFeeds(
                "nab", found: feed.schema.fields.map { "\($0.name) (\($0.type.name))" },
                expected: ["time (timestamp, not optional)", "value (float64)"])
        }
        var detector = SeriesDetector(settings)
        var (times, levels): ([Int64], [Float]) = ([], [])
        let reader = BlockReader(feed: feed, files: [file], blockRows: 8_192)
        while let next = try reader.next() {
            times += next.block.batch.columns[time].integers
            for reading in MaintenanceStage.numbers(next.block.batch.columns[value]) {
                levels.append(Float(detector.consume(reading).level))
            }
        }
        let places = own.compactMap { window -> ClosedRange<Int>? in
            guard let first = times.firstIndex(where: { $0 >= window.start }), let last = times.lastIndex(where: { $0 <= window.end }),
                first <= last
            else { return nil }
            return first...last
        }
        return Observed(
            series: AnomalyBenchmark.Series(count: times.count, windows: places.sorted { $0.lowerBound < $1.lowerBound }), levels: levels)
    }

    private static func isTime(_ field: Field) -> Bool { field.type == .timestamp && !field.isOptional }

    private func windows(_ feed: JobFeed, in directory: String) throws(Failure) -> [(series: String, start: Int64, end: Int64)] {
        let schema = feed.schema
        guard let series = schema.index(of: "series"), let start = schema.index(of: "start"), let end = schema.index(of: "end"),
            schema.fields[series].type == .string, Self.isTime(schema.fields[start]), Self.isTime(schema.fields[end])
        else {
            throw .protocolFeeds(
                "nab", found: schema.fields.map { "\($0.name) (\($0.type.name))" },
                expected: ["series (string)", "start and end (timestamp, not optional)"])
        }
        var found: [(series: String, start: Int64, end: Int64)] = []
        let reader = BlockReader(feed: feed, files: try Readiness.deliveries(of: feed, in: directory), blockRows: 8_192)
        while let next = try reader.next() {
            let columns = next.block.batch.columns
            for row in 0..<next.block.batch.count {
                found.append((columns[series].string(row) ?? "", columns[start].integers[row], columns[end].integers[row]))
            }
        }
        return found
    }
}

extension Failure {
    fileprivate static func protocolWindows(_ path: String, found: Int, expected: Int) -> Failure {
        Failure(
            .failed, code: "evaluate.windows", what: "not every window has readings", place: path, found: "\(found) windows with readings",
            expected: "\(expected), as many as there are lines", remedy: "Name each series by its file's name as `readings` finds it.")
    }

    fileprivate static func protocolFeeds(_ name: String, found: [String], expected: [String]) -> Failure {
        Failure(
            .usage, code: "evaluate.feeds", what: "this job is not measured by this protocol", place: "--protocol \(name)",
            found: found.map { "`\($0)`" }.joined(separator: ", "), expected: expected.map { "`\($0)`" }.joined(separator: ", "),
            remedy: "Name the feeds and columns as in jobs/nab.yaml.")
    }
}
