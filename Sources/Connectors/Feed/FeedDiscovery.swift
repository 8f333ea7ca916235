import Foundation
public import Records

/// Finds the files of a feed.
public enum FeedDiscovery {
    /// The files that a glob names, in byte order of their names.
    ///
    /// `*` (any text), `?` (one character) and `[a-z]`, `[!a-z]` (one of a set) are understood in every component and never match `/`
    /// or a leading point. Folders that match are left out, and so are names that programs give to files they are still writing
    /// (`.tmp`, `.part`, `.partial`, `.filepart`).
    ///
    /// - Parameters:
    ///   - glob: relative to `directory`, or absolute.
    ///   - directory: the job file's folder.
    /// - Returns: at least one file; names are written as the glob is (`../sample-data/fraud/transactions/2018-05-01.csv.gz`).
    /// - Throws: a folder that is not there, no file that matches (with what is there), a name without wildcards that is a folder.
    public static func files(matching glob: String, in directory: String) throws(Failure) -> [FeedFile] {
        let isAbsolute = glob.hasPrefix("/")
        let components = glob.split(separator: "/").map(String.init)
        let root = isAbsolute ? "/" : directory.isEmpty ? "." : directory
        // Names so far, as the glob writes them; "" is the root.
        var names = [isAbsolute ? "/" : ""]
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            var next: [String] = []
            if GlobPattern.hasWildcards(component) {
                let pattern = GlobPattern(component)
                for name in names {
                    for entry in entries(of: path(name, root)) where pattern.matches(entry) && !isTemporary(entry) {
                        let full = joined(name, entry)
                        if isFolder(path(full, root)) != isLast { next.append(full) }
                    }
                }
            } else {
                next = names.map { joined($0, component) }.filter { FileManager.default.fileExists(atPath: path($0, root)) }
            }
            if next.isEmpty { throw nothing(glob, names: names, root: root, isLast: isLast, component: component) }
            names = next
        }
        let files = names.filter { !isFolder(path($0, root)) }
        guard !files.isEmpty else { throw .feedFileIsFolder(names[0].isEmpty ? glob : names[0]) }
        return files.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.map { FeedFile(path: path($0, root), name: $0) }
    }

    /// Whether a program that is still writing names its file so.
    package static func isTemporary(_ name: String) -> Bool {
        let lower = name.lowercased()
        return [".tmp", ".part", ".partial", ".filepart"].contains { lower.hasSuffix($0) }
    }

    private static func nothing(_ glob: String, names: [String], root: String, isLast: Bool, component: String) -> Failure {
        let folder = names[0].isEmpty ? "the job file's folder" : names[0]
        guard isLast else { return .feedFolderMissing(glob, folder: joined(names[0], component)) }
        // A folder's slash tells why a name that fits is not taken.
        let there = entries(of: path(names[0], root)).filter { !$0.hasPrefix(".") }
            .map { isFolder(path(joined(names[0], $0), root)) ? $0 + "/" : $0 }
        return .feedFilesMissing(glob, folder: folder, names: there)
    }

    private static func path(_ name: String, _ root: String) -> String {
        if name.isEmpty { return root }
        return name.hasPrefix("/") ? name : root.hasSuffix("/") ? root + name : root + "/" + name
    }

    private static func joined(_ name: String, _ component: String) -> String {
        name.isEmpty || name.hasSuffix("/") ? name + component : name + "/" + component
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Names in a folder, in byte order; none where it cannot be read.
    private static func entries(of path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
