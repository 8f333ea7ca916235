import Foundation
import Pipelines
import Synchronization

/// How far a long command is, on standard error: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet.
package final class Progress: Sendable {
    private struct State {
        var began: Double
        var shown: Double
        var hasBar = false
    }

    private let title: String
    private let terminal: Terminal
    private let isQuiet: Bool
    private let state: Mutex<State>

    package init(_ title: String, console: Console) {
        (self.title, terminal, isQuiet) = (title, console.errors, console.isQuiet)
        let now = Progress.now()
        state = Mutex(State(began: now, shown: now))
    }

    /// - Parameter fraction: in 0...1; nil where the end is not known.
    package func report(rows: Int64, fraction: Double?) {
        if isQuiet { return }
        let now = Progress.now()
        state.withLock { state in
            guard now - state.shown >= (terminal.isTerminal ? 0.1 : 5) else { return }
            state.shown = now
            let elapsed = now - state.began
            if terminal.isTerminal {
                state.hasBar = true
                let line = Progress.bar(title, rows: rows, fraction: fraction, elapsed: elapsed, width: terminal.width ?? 80)
                _ = Console.write("\r\u{1B}[K" + line, to: 2)
            } else {
                _ = Console.write(Progress.line(title, rows: rows, fraction: fraction, elapsed: elapsed) + "\n", to: 2)
            }
        }
    }

    /// Takes the bar away.
    package func finish() {
        state.withLock { state in
            if state.hasBar { _ = Console.write("\r\u{1B}[K", to: 2) }
            state.hasBar = false
        }
    }

    /// `run  ██████░░░░  61 %  620,000 rows  240,000 rows/s  2 s left`
    package static func bar(_ title: String, rows: Int64, fraction: Double?, elapsed: Double, width: Int) -> String {
        let facts = facts(rows: rows, fraction: fraction, elapsed: elapsed).joined(separator: "  ")
        guard let fraction else { return DisplayWidth.cut("\(title)  \(facts)", to: width - 1) }
        let room = min(30, width - title.count - facts.count - 6)
        guard room >= 4 else { return DisplayWidth.cut("\(title)  \(facts)", to: width - 1) }
        let filled = Int((min(max(fraction, 0), 1) * Double(room)).rounded(.down))
        return "\(title)  \(String(repeating: "█", count: filled))\(String(repeating: "░", count: room - filled))  \(facts)"
    }

    /// `run: 61 %, 620,000 rows, 240,000 rows/s, 2.0 s left`
    package static func line(_ title: String, rows: Int64, fraction: Double?, elapsed: Double) -> String {
        "\(title): \(facts(rows: rows, fraction: fraction, elapsed: elapsed).joined(separator: ", "))"
    }

    private static func facts(rows: Int64, fraction: Double?, elapsed: Double) -> [String] {
        var facts: [String] = []
        if let fraction { facts.append("\(Int((fraction * 100).rounded(.down))) %") }
        // What copies pages, as a backup does, has a share and no rows.
        if rows > 0 || fraction == nil { facts.append(Quantity.count(rows, "row")) }
        if rows > 0, elapsed > 0.05 { facts.append("\(Quantity.count(Int64(Double(rows) / elapsed))) rows/s") }
        if let fraction, fraction > 0.01, fraction < 1 { facts.append("\(Quantity.seconds(elapsed * (1 - fraction) / fraction)) left") }
        return facts
    }

    private static func now() -> Double {
        var clock = timespec()
        clock_gettime(CLOCK_MONOTONIC, &clock)
        return Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9
    }
}
