/// The name closest to what was typed, for "did you mean".
public enum Nearest {
    /// The candidate with the smallest optimal string alignment distance, if at most a third of the longer name (at least 1); nil otherwise.
    public static func name(to typed: String, among candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        let lowered = Array(typed.lowercased())
        for candidate in candidates {
            let distance = distance(lowered, Array(candidate.lowercased()))
            if distance <= max(1, max(lowered.count, candidate.count) / 3), best.map({ distance < $0.distance }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { current[j + 1] = min(current[j + 1], before[j - 1] + 1) }
            }
            (before, previous) = (previous, current)
        }
        return previous[b.count]
    }
}
