import Connectors
import Foundation
import Records
import Testing

@Suite struct CSVFailureTests {
    private func failure(
        _ text: String, _ columns: [FeedColumn]? = nil, options: [String: ParameterValue] = [:], from position: FeedPosition = .start
    ) -> String {
        failureText { _ = try readCSV(Array(text.utf8), columns: columns ?? textColumns("a", "b"), options: options, from: position) }
    }

    @Test("a column that is not there is offered the nearest, with all that are")
    func columns() {
        #expect(
            failure("TX_ID,TX_AMOUNT,TX_TIME\n", [FeedColumn(field: Field("amount", .string), source: "TX_AMUONT")])
                == "the file has no column 'TX_AMUONT' for 'amount' (f.csv): the columns TX_ID, TX_AMOUNT, TX_TIME, expected a column 'TX_AMUONT'. "
                + "Did you mean 'TX_AMOUNT'? Correct `from` of column 'amount' in the job file.")
        #expect(
            failure("a,b,a\n")
                == "the file has the column 'a' more than once (f.csv): 2 columns 'a', expected one for 'a'. "
                + "Write `from: \"a#1\"` or `from: \"a#2\"` in the job file, or rename one in the file.")
        #expect(
            failure("a;b;c\n1;2;3\n")
                == "the header is one field, so there is no column for 'a' (f.csv): 'a;b;c', expected fields separated by the declared delimiter. "
                + "With `delimiter: \";\"` it has 3 columns: set that in the job file.")
        #expect(failure("a\tb or so\n").contains("With `delimiter: \"tab\"` it has 2 columns"))
        #expect(
            failure("a\0b,c\n")
                == "the header is no text (f.csv): NUL bytes, expected text in the declared encoding. "
                + "A file in UTF-16 needs `encoding: utf-16` in the job file; otherwise fetch it again.")
        #expect(
            failure("1,2\n", textColumns("3"), options: ["header": .bool(false)])
                == "the file has no column at position '3' for '3' (f.csv): 2 fields in the first record, "
                + "expected a position from 1 to 2, as the feed has no header. Correct `from` of column '3' in the job file, or set `header: true`."
        )
        #expect(
            failure("1,2\n", textColumns("amount"), options: ["header": .bool(false)])
                == "the file has no column at position 'amount' for 'amount' (f.csv): 'amount', which is no position, "
                + "expected a position from 1 to 2, as the feed has no header. "
                + "Correct `from` of column 'amount' in the job file, or set `header: true`.")
    }

    @Test("a file that gives nothing is refused in words")
    func files() throws {
        #expect(
            failure("") == "the file is empty (f.csv): 0 bytes, expected at least a header or a record. Fetch it again, or take it away.")
        #expect(
            failure("\n\r\n")
                == "the file has no record (f.csv): blank lines only, expected a header or a record. Fetch it again, or take it away.")
        #expect(
            failure("a,\"b\n1,2\n")
                == "the header is not well quoted (f.csv): a quote that is not closed, or text after a closing quote, expected names as in RFC 4180. "
                + "Correct the file's first line, or `quote` in the job file.")
        #expect(
            failure(String(repeating: "x", count: 1_100_000))
                == "the first record does not end (f.csv): no line end in 1 MiB, expected a header of at most 1 MiB. "
                + "Is this a CSV file? Correct `files` or `format` in the job file.")
        #expect(
            failureText { _ = try readCSV([0xFF, 0xFE, 97, 0], columns: textColumns("a")) }
                == "the file is in another encoding than declared (f.csv): a byte order mark of utf-16le, expected utf-8. "
                + "Set `encoding: utf-16le` for the feed in the job file.")
        #expect(
            failure("a,b\n", options: ["encoding": .text("ebcdic")]).hasPrefix(
                "the setting 'encoding' of format 'csv' is wrong: 'ebcdic', expected one of utf-8, utf-16, "))
        #expect(
            failure("a,b\n1,2\n", from: FeedPosition(offset: 500, row: 9, line: 9))
                == "the file is shorter than when it was read before (f.csv): 8 bytes, expected at least 500 bytes. "
                + "Put the file back as it was, or name the new one differently.")
    }

    @Test("a file that cannot be opened is refused in words")
    func opening() throws {
        let folder = try TemporaryFolder()
        func open(_ name: String) -> String {
            failureText {
                _ = try CSVFormat.reader(
                    of: FeedFile(path: folder.path + "/" + name, name: "data/" + name), columns: textColumns("a"), options: [:],
                    from: .start, blockRows: 1,
                    bufferBytes: 1)
            }
        }
        #expect(
            open("gone.csv")
                == "there is no such file (data/gone.csv): expected a file of the feed. Put it back, or correct `files` in the job file.")
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
        #expect(
            open("sub")
                == "this is not a file (data/sub): a folder, expected a file. Write a glob for the files in it, such as data/sub/*.csv.")
        #expect(
            "\(Failure.feedFileUnreadable("f.csv"))"
                == "the file cannot be opened (f.csv): no permission to read it, expected a file this account may read. Change its permissions."
        )
        #expect(
            "\(Failure.feedFileFailed("f.csv", cause: "Input/output error"))"
                == "the file could not be read (f.csv). Start the same command again. [Input/output error]")
    }

    @Test("settings and declarations that make no sense are refused in words")
    func declarations() {
        #expect(
            failure("a,b\n", options: ["delimiter": .text(";;")])
                == "the setting 'delimiter' of format 'csv' is wrong: ';;', expected one ASCII character, tab or blanks. Correct it in the job file."
        )
        #expect(
            failure("a,b\n", options: ["quote": .text(",")])
                == "the setting 'quote' of format 'csv' is wrong: the delimiter ',', expected another character than the delimiter. "
                + "Correct it in the job file.")
        #expect(
            failure("a,b\n", options: ["escape": .text("backslash"), "quote": .text("\\")])
                == "the setting 'escape' of format 'csv' is wrong: the backslash, which is the quote too, expected 'doubled'. "
                + "Correct it in the job file.")
        #expect(
            failure("a,b\n", options: ["comment": .text("#\n")])
                == "the setting 'comment' of format 'csv' is wrong: 2 bytes, expected the start of a line, at most 64 bytes. "
                + "Correct it in the job file.")
        #expect(
            failure("a\n", [FeedColumn(field: Field("a", .timestamp), source: "a", format: "yyyy-mm-dd")])
                == "the format of column 'a' does not have MM: 'yyyy-mm-dd', expected a pattern such as 'yyyy-MM-dd HH:mm:ss'. "
                + "Correct `format` of column 'a' in the job file.")
        #expect(
            failure("a\n", [FeedColumn(field: Field("a", .timestamp), source: "a", zone: "Asia/Tokio")])
                == "the zone of column 'a' is not known: 'Asia/Tokio', expected a name such as Asia/Tokyo. Did you mean 'Asia/Tokyo'? "
                + "Correct `zone` of column 'a' in the job file.")
        #expect(
            failureText { _ = try FeedFormats.named("cvs") }
                == "there is no format 'cvs': 'cvs', expected one of \(FeedFormats.names.joined(separator: ", ")). Did you mean 'csv'?")
    }
}
