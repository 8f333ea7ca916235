import Connectors
import Records
import Testing

@Suite struct CSVWriterTests {
    private func written(_ change: (inout CSVWriter.Configuration) -> Void = { _ in }, _ fill: (inout CSVWriter) -> Void) -> String {
        var configuration = CSVWriter.Configuration(encoding: .utf8)
        configuration.usesCRLF = false
        change(&configuration)
        var writer = CSVWriter(configuration)
        fill(&writer)
        return String(decoding: writer.take(), as: UTF8.self)
    }

    @Test("fields are quoted where they must be, and only there")
    func quoting() {
        let text = written { writer in
            for field in ["plain", "a,b", "a\"b", "a\nb", "a\rb", "", " spaced "] { writer.text(field) }
            writer.missing()
            writer.value("-1.5")
            writer.endRecord()
        }
        #expect(text == "plain,\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",\"\", spaced ,,-1.5\n")
        #expect(
            written { writer in
                for _ in 0..<2 {
                    writer.missing()
                    writer.endRecord()
                }
            } == "\"\"\n\"\"\n")
        #expect(
            written(
                { ($0.delimiter, $0.usesCRLF) = (UInt8(ascii: ";"), true) },
                {
                    $0.text("a,b")
                    $0.text("c;d")
                    $0.endRecord()
                }) == "a,b;\"c;d\"\r\n")
    }

    @Test("texts that a spreadsheet would run are given an apostrophe; values are not")
    func formulas() {
        let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]
        for formula in formulas {
            var writer = CSVWriter(CSVWriter.Configuration(encoding: .utf8))
            writer.text(formula)
            #expect(writer.guarded == 1)
            let text = String(decoding: writer.take(), as: UTF8.self)
            #expect(text == "'" + formula || text == "\"'" + formula + "\"")
            #expect(written({ $0.guardsFormulas = false }, { $0.text(formula) }).contains("'") == false)
        }
        #expect(
            written {
                $0.value("-1")
                $0.text("a=1")
                $0.text("'=1")
                $0.text("ー")
            } == "-1,a=1,'=1,ー")
        // A formula hidden behind a quote stays inside its field.
        #expect(written { $0.text("\",=1") } == "\"\"\",=1\"")
    }

    @Test("encodings: a byte order mark once, lacking characters counted, second bytes that look like a delimiter quoted")
    func encodings() {
        var writer = CSVWriter(CSVWriter.Configuration())
        writer.text("é")
        writer.endRecord()
        #expect(writer.take() == [0xEF, 0xBB, 0xBF, 0xC3, 0xA9, 13, 10])
        writer.missing()
        writer.endRecord()
        #expect(writer.take() == Array("\"\"\r\n".utf8))
        var configuration = CSVWriter.Configuration(encoding: .cp932)
        configuration.delimiter = UInt8(ascii: "|")
        var japanese = CSVWriter(configuration)
        japanese.text("ポ")
        japanese.text("能〜")
        #expect(japanese.take() == [34, 0x83, 0x7C, 34, 0x7C, 0x94, 0x5C] + Array("U+301C".utf8) && japanese.lacking == 1)
    }

    @Test("what is written is read back by our reader, whatever the texts")
    func roundTrip() throws {
        let texts = ["a", "a,b", "\"", "\"\"", "a\r\nb", "\n", "能ポ", "'", " ", "\"a\"\n,"]
        var configuration = CSVWriter.Configuration(encoding: .utf8WithMark)
        configuration.guardsFormulas = false
        var writer = CSVWriter(configuration)
        writer.text("a")
        writer.text("b")
        writer.endRecord()
        for text in texts {
            writer.text(text)
            writer.missing()
            writer.endRecord()
        }
        #expect(try readCSV(writer.take(), columns: textColumns("a", "b")).rows == texts.map { [$0, nil] })
    }
}
