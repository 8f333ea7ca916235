import Synchronization

/// Counts how often it was asked, from any thread.
final class Blocks: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
