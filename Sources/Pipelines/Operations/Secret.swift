import Foundation
public import Records

/// A secret of a channel: from an environment variable, or from a file that only its owner may read. Never from the command line, where
/// every account sees it.
public enum Secret {
    /// - Returns: without the line end; nil where neither is there.
    /// - Throws: a file that others may read, or that is missing.
    public static func read(variable: String, file: String?, environment: Environment) throws(Failure) -> String? {
        guard let file else { return environment.variables[variable].flatMap { $0.isEmpty ? nil : $0 } }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .secretFile(
                file, found: String(cString: strerror(errno)),
                remedy: errno == ENOENT ? "Create it: (umask 077; cat > \(file))" : "Make it readable for this account.")
        }
        defer { close(descriptor) }
        // Of what is open: the name may be given to another file meanwhile.
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .secretFile(file, found: "no file", remedy: "Name a file, not a folder or a pipe.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .secretFile(file, found: "mode \(String(status.st_mode & 0o777, radix: 8))", remedy: "chmod 600 \(file)")
        }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw .secretFile(file, found: "nothing", remedy: "Write the secret into it, on one line.") }
        return text
    }
}

extension Failure {
    static func secretFile(_ path: String, found: String, remedy: String) -> Failure {
        Failure(
            .usage, code: "secret.file", what: "a secret's file cannot be used", place: path, found: found,
            expected: "a file of mode 0600 with one line", remedy: remedy)
    }
}
