import Foundation
import Records

extension Environment {
    /// What the operating system says, asked here and nowhere else.
    ///
    /// - Parameter clock: instead of now.
    static func system(clock: Timestamp? = nil) -> Environment {
        var name = [CChar](repeating: 0, count: 256)
        let host = gethostname(&name, name.count - 1) == 0 ? text(name) : "unknown"
        return Environment(
            now: { clock ?? realTime() }, actor: account(), host: host, processIdentifier: getpid(),
            variables: ProcessInfo.processInfo.environment)
    }

    /// The effective account, not `USER`, which anybody can set.
    private static func account() -> String {
        let identifier = geteuid()
        guard let entry = getpwuid(identifier), let name = entry.pointee.pw_name else { return "uid \(identifier)" }
        return String(cString: name)
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whole seconds: people type these times again, in `--as-of`.
    private static func realTime() -> Timestamp {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Timestamp(seconds: Int64(clock.tv_sec))
    }

    /// Where a replay may work.
    var scratchFolder: String { variables["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }
}
