import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// The support stage with a sentence encoder: the tiny one of the fixtures, whose weights are random.
@Suite("The support stage with an encoder", .serialized) struct SupportEncoderTests {
    private static let fixture = "\(Messages.root)/Tests/Fixtures/encoder"

    /// A folder with the shipped job, which names the encoder that is copied beside it.
    private static func inFolder(_ body: (_ folder: String, _ job: Job) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "encoded-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: fixture, toPath: "\(folder)/tiny")
        try body(folder, try job(folder))
    }

    private static func job(_ folder: String, encoder: String = "tiny") throws -> Job {
        let text = try String(contentsOfFile: "\(Messages.root)/jobs/support.yaml", encoding: .utf8)
            .replacing("../sample-data/", with: "\(Messages.root)/sample-data/")
            .replacing("text: message,", with: "text: message, encoder: \(encoder),")
        return try Job.load(bytes: Array(text.utf8), path: "\(folder)/job.yaml")
    }

    private static func scores(_ warehouse: Warehouse) throws -> [Double] {
        try warehouse.read { try Double.fetchAll($0, sql: "SELECT score FROM support_messages_current ORDER BY id") }
    }

    private static func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code ?? "\(error)" }
        return nil
    }

    @Test("keeps every promise of a stage, and rests on the encoder it learnt with alone")
    func contract() throws {
        let samples = try Messages.samples(), encoder = try SentenceEncoder(folder: Self.fixture)
        func stage(_ learned: [UInt8], takes: Bool = true) throws(Failure) -> SupportStage {
            let stage = try Messages.stage()
            if takes { stage.take(encoder) }
            try stage.prepare(learned)
            return stage
        }
        let teacher = try Messages.stage()
        teacher.take(encoder)
        teacher.survey(Messages.stream(samples.prefix(300).map { ($0.text, $0.intent) }).batch)
        let learned = teacher.preparation()
        #expect(SupportStage.encoderDigest(of: learned) == encoder.digest)
        #expect(SupportStage.encoderDigest(of: try Messages.learned(Array(samples.prefix(300)))) == nil)
        #expect(Self.code { _ = try stage(learned, takes: false) } == "models.encoder-missing")
        let contract = StageContract(
            stream: Messages.stream(samples[300..<360].map { ($0.text, $0.intent) }), seed: 5, trials: 3
        ) { () throws(Failure) in try stage(learned) }
        #expect(try contract.check() == [])
    }

    @Test("training keeps the encoder; runs and replays take it from the catalog, whatever becomes of the folder")
    func run() throws {
        try Self.inFolder { folder, job in
            let warehouse = try Warehouse(path: "\(folder)/pipeline.db")
            defer { warehouse.close() }
            _ = try Trainer(warehouse: warehouse, environment: .fixed(Messages.clock)).train(job)
            _ = try Trainer(warehouse: warehouse, environment: .fixed(Messages.clock)).train(job)
            let kept = try warehouse.read { try ModelStore($0).versions(of: nil) }
            #expect(kept.map { "\($0.name) \($0.version) \($0.family)" }.sorted() == ["support 1 logistic", "tiny 1 encoder"])
            try FileManager.default.removeItem(atPath: "\(folder)/tiny")
            _ = try Runner(warehouse: warehouse, environment: .fixed(Messages.clock)).run(job)
            let report = try Replayer(warehouse: warehouse, environment: .fixed(Messages.clock + .days(1)))
                .replay(job, asOf: .distantFuture, in: folder)
            #expect(report.difference == nil && report.runs == [1])

            let plain = try Warehouse(path: "\(folder)/plain.db")
            defer { plain.close() }
            let without = try Job.load(
                bytes: Array(job.text.replacing(" encoder: tiny,", with: "").utf8),
                path: "\(folder)/job.yaml")
            _ = try Trainer(warehouse: plain, environment: .fixed(Messages.clock)).train(without)
            _ = try Runner(warehouse: plain, environment: .fixed(Messages.clock)).run(without)
            let (one, other) = (try Self.scores(warehouse), try Self.scores(plain))
            #expect(one.count == 1_194 && other.count == 1_194 && one != other)
        }
    }

    @Test("a folder without an encoder stops training, and a catalog without it stops the run, in words")
    func missing() throws {
        try Self.inFolder { folder, job in
            let warehouse = try Warehouse(path: "\(folder)/pipeline.db")
            defer { warehouse.close() }
            let other = try Self.job(folder, encoder: "nowhere")
            #expect(
                Self.code { _ = try Trainer(warehouse: warehouse, environment: .fixed(Messages.clock)).train(other) } == "models.encoder")
            _ = try Trainer(warehouse: warehouse, environment: .fixed(Messages.clock)).train(job)
            try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_models WHERE family = 'encoder'") }
            #expect(
                Self.code { _ = try Runner(warehouse: warehouse, environment: .fixed(Messages.clock)).run(job) } == "models.encoder-missing"
            )
        }
    }

    @Test("another database takes the encoder first, then the model, and answers as this one does")
    func moved() throws {
        try Self.inFolder { folder, job in
            let (here, there) = (try Warehouse(path: "\(folder)/here.db"), try Warehouse(path: "\(folder)/there.db"))
            defer {
                here.close()
                there.close()
            }
            let environment = Environment.fixed(Messages.clock)
            _ = try Trainer(warehouse: here, environment: environment).train(job)
            let out = ModelTransfer(warehouse: here, environment: environment),
                into = ModelTransfer(warehouse: there, environment: environment)
            for name in ["tiny", "support"] { _ = try out.export(name, version: 1, to: "\(folder)/\(name).model") }
            let settings = ModelImportSettings(statement: "from the other desk")
            #expect(Self.code { _ = try into.load("\(folder)/support.model", for: job, settings: settings) } == "models.encoder-missing")
            let encoder = try into.load("\(folder)/tiny.model", for: job, settings: settings)
            #expect(encoder.name == "tiny" && encoder.family == "encoder" && encoder.card.origin?.statement == "from the other desk")
            let model = try into.load("\(folder)/support.model", for: job, settings: settings)
            try there.write {
                try ModelStore($0).setRole(.champion, of: model, at: Messages.clock, actor: "ann@desk", reason: "moved")
            }
            for warehouse in [here, there] { _ = try Runner(warehouse: warehouse, environment: environment).run(job) }
            #expect(try Self.scores(here) == Self.scores(there))
        }
    }
}
