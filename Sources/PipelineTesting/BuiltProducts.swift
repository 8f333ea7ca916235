public import Foundation

/// What was built together with the running tests.
public enum BuiltProducts {
    /// The folder of its programs: of the tests' own configuration and sanitizer, whatever the scratch path.
    public static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
}
