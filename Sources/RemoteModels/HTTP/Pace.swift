package import Records

/// Time and chance as a client needs them: come in at the door, so that tests set them.
package struct Pace: Sendable {
    /// The wall clock: signatures carry it.
    package var now: @Sendable () -> Timestamp
    /// A clock that never goes back, for time limits and latencies.
    package var elapsed: @Sendable () -> Timestamp.Span
    package var sleep: @Sendable (_ seconds: Double) async throws -> Void
    /// Evenly from 0..<1.
    package var draw: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Timestamp.Span,
        sleep: @escaping @Sendable (Double) async throws -> Void, draw: @escaping @Sendable () -> Double
    ) {
        (self.now, self.elapsed, self.sleep, self.draw) = (now, elapsed, sleep, draw)
    }

    /// The system's clock and randomness: waits between repetitions are drawn, nothing that is stored is.
    package static func system(now: @escaping @Sendable () -> Timestamp) -> Pace {
        let start = ContinuousClock.now
        return Pace(
            now: now,
            elapsed: {
                let (seconds, attoseconds) = (ContinuousClock.now - start).components
                return Timestamp.Span(microseconds: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
            },
            sleep: { try await Task.sleep(for: .seconds($0)) },
            draw: { Double.random(in: 0..<1) })
    }
}
