import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a model file", .serialized) struct ModelTransferTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/models").path

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code ?? "\(error)" }
        return nil
    }

    private func transfer(_ bank: ModelBank, as account: String = "ann") -> ModelTransfer {
        ModelTransfer(
            warehouse: bank.warehouse,
            environment: Environment(now: { ModelBank.clock }, actor: account, host: "desk", processIdentifier: 1))
    }

    private func digest(_ bank: ModelBank, _ version: Int) throws -> String {
        try bank.warehouse.read { try ModelStore($0).required("bank", version: version).digest }
    }

    @Test("of our own brings the same bytes to another database, with a card that says where from")
    func own() throws {
        let bank = try ModelBank(versions: 2), other = try ModelBank(versions: 0)
        let path = "\(bank.bank.folder)/bank-2.model"
        let (version, _) = try transfer(bank).export("bank", version: 2, to: path)
        #expect(code { _ = try transfer(bank).export("bank", version: 2, to: path) } == "models.export-exists")
        let added = try transfer(other, as: "bob").load(path, for: other.job, settings: .init(statement: "from the other bank"))
        #expect(added.version == 1 && added.digest == version.digest && added.featureNames == version.featureNames)
        let origin = try #require(added.card.origin)
        #expect(origin.format == "pipeline" && origin.importedBy == "bob@desk" && origin.exportedVersion == 2)
        #expect(added.card.trainedTo == version.card.trainedTo)
        _ = try other.promoter(0).promote("bank", version: 1, for: other.job, report: nil, reason: "first")
        _ = try other.run(day: 1)
        #expect(try other.count("SELECT count(*) FROM bank_scores") > 500)
    }

    @Test("that was altered is refused, wherever the change is, and nothing is added")
    func altered() throws {
        let bank = try ModelBank()
        let path = "\(bank.bank.folder)/bank.model"
        _ = try transfer(bank).export("bank", version: 1, to: path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let place = text.index(text.range(of: "\"artefact\":\"")!.upperBound, offsetBy: 400)
        let letter = text[place] == "A" ? "B" : "A"
        let changes = [
            text.replacingCharacters(in: place...place, with: letter), text.replacing("\"version\":1", with: "\"version\":2"),
            text.replacing("positives\\\":", with: "positives\\\":1"), text.replacing("\"model\":\"bank\"", with: "\"model\":\"tank\""),
        ]
        for change in changes {
            #expect(change != text)
            try change.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(code { _ = try transfer(bank).load(path, for: bank.job, settings: .init(statement: "x")) } == "models.file-altered")
        }
        try String(text.prefix(text.count / 2)).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(code { _ = try transfer(bank).load(path, for: bank.job, settings: .init(statement: "x")) } == "models.file")
        try "anything".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(code { _ = try transfer(bank).load(path, for: bank.job, settings: .init(statement: "x")) } == "models.foreign-file")
        #expect(try bank.count("SELECT count(*) FROM pipeline_models") == 1)
    }

    /// A fixture whose features have names of the bank's stage.
    private func foreign(_ name: String, _ end: String, _ bank: ModelBank, sample: String? = nil) throws -> (model: String, sample: String)
    {
        let names = try bank.warehouse.read { try ModelStore($0).required("bank", version: 1).featureNames }
        let own = [names[0], names[5], names[2], names[9]]
        func renamed(_ file: String) throws -> String {
            var text = try String(contentsOfFile: "\(Self.fixtures)/\(file)", encoding: .utf8)
            text = text.replacing("feature_names=amount hour count_1d ratio", with: "feature_names=\(own.joined(separator: " "))")
            text = text.replacing(#"["amount","hour","count_1d","ratio"]"#, with: "[\(own.map { "\"\($0)\"" }.joined(separator: ","))]")
            text = text.replacing("amount,hour,count_1d,ratio,probability", with: "\(own.joined(separator: ",")),probability")
            let path = "\(bank.bank.folder)/\(file)"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
        return (try renamed("\(name).\(end)"), try renamed("\(sample ?? name).csv"))
    }

    @Test(
        "of XGBoost or LightGBM scores as its sample says; the card says who brought it, from which bytes",
        arguments: [
            ("xgboost-deep", "json", 8), ("xgboost-stopped", "json", 6), ("xgboost-nameless", "json", 5), ("lightgbm-deep", "txt", 6),
            ("lightgbm-stopped", "txt", 0),
        ])
    func foreignModels(_ name: String, _ end: String, _ trees: Int) throws {
        let bank = try ModelBank()
        let (model, sample) = try foreign(name, end, bank)
        let settings = ModelImportSettings(
            sample: sample, trainedTo: Timestamp(iso8601: "2026-01-20"), statement: "made by the risk team")
        let added = try transfer(bank).load(model, for: bank.job, settings: settings)
        let origin = try #require(added.card.origin)
        #expect(added.version == 2 && origin.importedBy == "ann@desk" && origin.statement == "made by the risk team")
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: model)))
        #expect(origin.fileDigest == ModelVersion.digest(of: file))
        #expect(origin.sampleRows == 40 && (origin.largestDifference ?? 1) <= 1e-5 && origin.tolerance == 1e-5)
        if trees > 0 { #expect(origin.trees == trees) }
        #expect(added.card.trainedTo == "2026-01-20T00:00:00Z" && added.card.trainedFrom == "not stated")
        #expect(try bank.warehouse.read { try ModelStore($0).role(of: added, asOf: .distantFuture) } == .candidate)
        _ = try bank.promoter(0).promote("bank", version: 2, for: bank.job, report: nil, reason: "trial")
        _ = try bank.run(day: 1)
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE score BETWEEN 0 AND 1") > 500)
        #expect(try bank.replay().difference == nil)
    }

    @Test("with more trees than its best round takes those that the sample shows")
    func stopped() throws {
        let bank = try ModelBank()
        let (model, sample) = try foreign("xgboost-stopped", "json", bank, sample: "xgboost-stopped-all")
        let added = try transfer(bank).load(model, for: bank.job, settings: .init(sample: sample, statement: "x"))
        #expect(added.card.origin?.trees == 11)
    }

    @Test("whose sample does not match is refused: other outputs, too few rows, missing columns, none at all")
    func samples() throws {
        let bank = try ModelBank()
        let (model, sample) = try foreign("lightgbm-missing", "txt", bank)
        func load(_ edit: (String) -> String) throws {
            let path = "\(bank.bank.folder)/edited.csv"
            try edit(try String(contentsOfFile: sample, encoding: .utf8)).write(toFile: path, atomically: true, encoding: .utf8)
            _ = try transfer(bank).load(model, for: bank.job, settings: .init(sample: path, statement: "x"))
        }
        let swapped = code {
            try load { text in
                // Outputs of the next row.
                let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
                let moved = lines.indices.map { row -> String in
                    var cells = lines[row]
                    if row > 0 { cells[4] = lines[row == lines.count - 1 ? 1 : row + 1][4] }
                    return cells.joined(separator: ",")
                }
                return moved.joined(separator: "\n")
            }
        }
        #expect(swapped == "models.sample-differs")
        // Missing values that are given as zeros are other inputs.
        #expect(code { try load { $0.replacing(",,", with: ",0.0,") } } == "models.sample-differs")
        #expect(code { try load { $0.split(separator: "\n").prefix(6).joined(separator: "\n") } } == "models.sample")
        #expect(code { try load { $0.replacing("probability", with: "p") } } == "models.sample")
        #expect(code { try load { "x" + $0 } } == "models.sample")
        #expect(code { _ = try transfer(bank).load(model, for: bank.job, settings: .init(statement: "x")) } == "models.sample-missing")
        try load { $0 }
        #expect(try bank.count("SELECT count(*) FROM pipeline_models") == 2)
    }
}

@Suite("a comparison of two versions", .serialized) struct ModelComparisonTests {
    @Test("is over the same rows after both training periods, is antisymmetric, and refuses rows that were trained on")
    func both() throws {
        let bank = try ModelBank(versions: 2, delivered: 40)
        let comparer = ModelComparer(warehouse: bank.warehouse, environment: .fixed(ModelBank.clock), resamples: 100)
        let to = Timestamp(iso8601: "2026-02-08T00:00:00Z")!
        // Training ended on 28 January at the latest, and labels of the last week are not complete.
        let report = try comparer.compare("bank", 1, 2, for: bank.job, to: to)
        let turned = try comparer.compare("bank", 2, 1, for: bank.job, to: to)
        #expect(report.from == "2026-01-28T00:00:00Z" && report.rows == turned.rows && report.rows > 50 && report.positives > 0)
        #expect(report.figures.map(\.name) == ["auc", "average_precision", "cost"])
        for (one, two) in zip(report.figures, turned.figures) {
            #expect(one.first == two.second && one.second == two.first && one.difference == -two.difference)
            #expect(abs(one.lower + two.upper) < 1e-9 && one.lower <= one.upper && abs(one.shareNotBetter + two.shareNotBetter - 1) < 1e-9)
        }
        #expect(report.outcomes.map(\.first).reduce(0, +) == report.rows && report.outcomes.map(\.second).reduce(0, +) == report.rows)
        for from in ["2026-01-20", "2026-01-27T23:59:59Z"] {
            do {
                _ = try comparer.compare("bank", 1, 2, for: bank.job, from: Timestamp(iso8601: from), to: to)
                Issue.record("rows from \(from) were taken")
            } catch { #expect(error.code == "models.compare-trained") }
        }
    }
}
