package import Records

/// Wording of what can be wrong with a feed's files and their reading.
extension Failure {
    // MARK: Finding files

    /// - Parameter names: what the folder does hold, in order.
    package static func feedFilesMissing(_ glob: String, folder: String, names: [String]) -> Failure {
        var found = "no file of that name; \(folder) holds "
        if names.isEmpty { found += "nothing" }
        found += names.prefix(5).joined(separator: ", ")
        if names.count > 5 { found += " and \(names.count - 5) more" }
        return Failure(
            .failed, code: "feed.files-missing", what: "the feed has no files", place: glob, found: found, expected: "at least one file",
            remedy: "Put the files there, or correct `files` in the job file (* ? and [] are understood).")
    }

    package static func feedFolderMissing(_ glob: String, folder: String) -> Failure {
        Failure(
            .failed, code: "feed.folder-missing", what: "the feed's folder is not there", place: glob, found: "no folder \(folder)",
            expected: "a folder with the feed's files", remedy: "Correct `files` in the job file; it starts from the job file's folder.")
    }

    // MARK: Opening one

    package static func feedFileMissing(_ name: String) -> Failure {
        Failure(
            .failed, code: "feed.file-missing", what: "there is no such file", place: name, expected: "a file of the feed",
            remedy: "Put it back, or correct `files` in the job file.")
    }

    package static func feedFileUnreadable(_ name: String) -> Failure {
        Failure(
            .failed, code: "feed.file-unreadable", what: "the file cannot be opened", place: name, found: "no permission to read it",
            expected: "a file this account may read", remedy: "Change its permissions.")
    }

    package static func feedFileIsFolder(_ name: String) -> Failure {
        Failure(
            .failed, code: "feed.file-is-folder", what: "this is not a file", place: name, found: "a folder", expected: "a file",
            remedy: "Write a glob for the files in it, such as \(name.hasSuffix("/") ? name : name + "/")*.csv.")
    }

    package static func feedFileEmpty(_ name: String) -> Failure {
        Failure(
            .failed, code: "feed.file-empty", what: "the file is empty", place: name, found: "0 bytes",
            expected: "at least a header or a record",
            remedy: "Fetch it again, or take it away.")
    }

    package static func feedFileFailed(_ name: String, cause: String) -> Failure {
        Failure(
            .failed, code: "feed.file-failed", what: "the file could not be read", place: name, remedy: "Start the same command again.",
            cause: cause)
    }

    package static func feedFileShorter(_ name: String, offset: Int64, found: Int64) -> Failure {
        Failure(
            .failed, code: "feed.file-shorter", what: "the file is shorter than when it was read before", place: name,
            found: "\(found) bytes",
            expected: "at least \(offset) bytes", remedy: "Put the file back as it was, or name the new one differently.")
    }

    package static func feedEncodingMark(_ name: String, declared: TextEncoding, mark: TextEncoding) -> Failure {
        Failure(
            .failed, code: "feed.encoding-mark", what: "the file is in another encoding than declared", place: name,
            found: "a byte order mark of \(mark.rawValue)", expected: declared.rawValue,
            remedy: "Set `encoding: \(mark.rawValue)` for the feed in the job file.")
    }

    // MARK: Its columns

    /// - Parameters:
    ///   - source: what the job file says (`from`).
    ///   - names: the columns the file has, in order.
    package static func feedColumnMissing(_ source: String, column: String, file: String, names: [String]) -> Failure {
        var found = "the columns \(names.prefix(30).joined(separator: ", "))"
        if names.count > 30 { found += " and \(names.count - 30) more" }
        let nearest = Nearest.name(to: source, among: names)
        return Failure(
            .failed, code: "feed.column-missing", what: "the file has no column '\(source)' for '\(column)'", place: file, found: found,
            expected: "a column '\(source)'",
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "") + "Correct `from` of column '\(column)' in the job file.")
    }

    package static func feedPositionMissing(_ source: String, column: String, file: String, count: Int) -> Failure {
        let isNumber = Int(source).map { $0 > 0 } ?? false
        return Failure(
            .failed, code: "feed.column-missing", what: "the file has no column at position '\(source)' for '\(column)'", place: file,
            found: isNumber ? "\(count) \(count == 1 ? "field" : "fields") in the first record" : "'\(source)', which is no position",
            expected: "a position from 1 to \(count), as the feed has no header",
            remedy: "Correct `from` of column '\(column)' in the job file, or set `header: true`.")
    }

    // MARK: Declarations

    package static func timestampPattern(_ pattern: String, column: String, problem: String) -> Failure {
        Failure(
            .job, code: "feed.timestamp-pattern", what: "the format of column '\(column)' \(problem)", found: "'\(pattern)'",
            expected: "a pattern such as 'yyyy-MM-dd HH:mm:ss'", remedy: "Correct `format` of column '\(column)' in the job file.")
    }

    package static func zoneUnknown(_ zone: String, column: String) -> Failure {
        let nearest = Nearest.name(to: zone, among: Zone.knownNames)
        return Failure(
            .job, code: "feed.zone-unknown", what: "the zone of column '\(column)' is not known", found: "'\(zone)'",
            expected: "a name such as Asia/Tokyo",
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "") + "Correct `zone` of column '\(column)' in the job file.")
    }

    package static func formatUnknown(_ name: String) -> Failure {
        let names = FeedFormats.names
        return Failure(
            .job, code: "feed.format-unknown", what: "there is no format '\(name)'", found: "'\(name)'",
            expected: names.count == 1 ? "'\(names[0])'" : "one of \(names.joined(separator: ", "))",
            remedy: Nearest.name(to: name, among: names).map { "Did you mean '\($0)'?" } ?? "Correct `format` in the job file.")
    }

    package static func formatOption(_ option: String, format: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "feed.format-option", what: "the setting '\(option)' of format '\(format)' is wrong", found: found,
            expected: expected,
            remedy: "Correct it in the job file.")
    }
}
