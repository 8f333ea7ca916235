/// What the outside world gives a run: comes in at the door, so that tests set it and nothing inside asks the system.
public struct Environment: Sendable {
    /// The clock. Read once at a run's first start; stored and reused on resume.
    public var now: @Sendable () -> Timestamp
    /// Operating-system account, for decisions and audit entries.
    public var actor: String
    public var host: String
    public var processIdentifier: Int32
    /// Environment variables; secrets come only from here or from files with mode 0600.
    public var variables: [String: String]

    public init(
        now: @escaping @Sendable () -> Timestamp, actor: String, host: String, processIdentifier: Int32, variables: [String: String] = [:]
    ) {
        (self.now, self.actor, self.host) = (now, actor, host)
        (self.processIdentifier, self.variables) = (processIdentifier, variables)
    }

    /// A fixed clock and a made-up actor, for tests.
    public static func fixed(_ now: Timestamp) -> Environment {
        Environment(now: { now }, actor: "tester", host: "test-host", processIdentifier: 1)
    }
}
