import ArgumentParser
import Models
import Pipelines
import Records

/// `pipeline classify`
struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learn the classes of texts from a labelled CSV file, measure them, or say the classes of other texts.",
        discussion: """
            Without more, prints how well texts held out in training are answered and what may be answered automatically under the promise. \
            With --test, the same of a file that training never sees. With --texts, prints class, confidence, urgency, language and doubts of \
            each text. With --answers, prints what a classifier of words alone and one of all views say of the labelled texts, for \
            `pipeline cascade`. With --encoder, vectors of a sentence encoder stand beside words and characters, and --answers has a third \
            classifier, `encoded`. Nothing is written, nothing leaves.

              pipeline classify --train ../shared/data/support/banking_train.csv --text text --label category
              pipeline classify --train train.csv --label category --test test.csv --promise 0.99
              pipeline classify --train train.csv --label category --texts new.csv --format csv
              pipeline classify --train train.csv --label category --answers --format csv > answers.csv
              pipeline classify --train train.csv --label category --encoder all-MiniLM-L6-v2
            """)

    @Option(help: ArgumentHelp("A CSV file with texts and their classes.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var train: String
    @Option(help: ArgumentHelp("The column with the texts, in all files.", valueName: "name"))
    var text = "text"
    @Option(help: ArgumentHelp("The column with the classes.", valueName: "name"))
    var label: String
    @Option(help: ArgumentHelp("A labelled file to measure on.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var test: String?
    @Option(help: ArgumentHelp("A file whose texts are to be classified.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var texts: String?
    @Flag(help: "Print answers and doubts of two classifiers: of the file of --test, else of the training texts while they were held out.")
    var answers = false
    @OptionGroup var encoding: EncoderOption
    @Option(help: ArgumentHelp("Share of automatic answers that is right, with 95 % confidence.", valueName: "share"))
    var promise = 0.99
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard promise > 0.5, promise < 1 else { throw ValidationError("--promise is \(promise), expected more than 0.5 and less than 1") }
        if test != nil, texts != nil { throw ValidationError("--test measures and --texts classifies: give one of them") }
        if answers, texts != nil { throw ValidationError("--answers is about labelled texts, --texts has none: give one of them") }
    }

    func run() throws {
        if answers { return try printAnswers() }
        let model = try TextColumns.classifier(trainedOn: train, text: text, label: label, encoder: try encoding.model(), threads: 2)
        let promise = AnswerPromise(accuracy: promise)
        if let texts { return try classify(try TextColumns(path: texts, columns: [text]).columns[0], model, promise) }
        var labelled: (texts: [String], labels: [String])?
        if let test {
            let file = try TextColumns(path: test, columns: [text, label])
            labelled = (file.columns[0], file.columns[1])
        }
        let measured = TextMeasurement(model, promise: promise, test: labelled)
        func fields(_ figures: TextMeasurement.Figures) -> [Details.Field] {
            [
                .init("texts", .count(figures.texts)), .init("accuracy", .real(figures.accuracy, decimals: 4)),
                .init("automatic", .real(figures.automaticShare, decimals: 4)),
                .init("automatic_accuracy", .real(figures.automaticAccuracy, decimals: 4)),
            ]
        }
        var sections: [Details.Section] = [
            .init(
                nil,
                [
                    .init("classes", .count(measured.classes)), .init("promise", .real(promise.accuracy, decimals: 3)),
                    .init("threshold", measured.threshold.map { Cell.real(Double($0), decimals: 4) } ?? .missing),
                ]),
            .init(
                "held_out",
                fields(measured.heldOut) + [
                    .init("resamples", .count(TextMeasurement.resamples)), .init("resamples_kept", .count(measured.resamplesKept)),
                    .init("resamples_automatic", .real(measured.resamplesShare, decimals: 4)),
                ]),
        ]
        if let figures = measured.test { sections.append(.init("test", fields(figures))) }
        try format.write(Details(title: "Classes of texts", sections: sections), to: output.console)
    }

    private func printAnswers() throws {
        let kept = try TextAnswers(
            train: train, test: test, text: text, label: label, encoder: try encoding.model(), threads: 2)
        var said = [("words", "words_doubt", kept.words), ("answer", "doubt", kept.all)]
        if encoding.encoder != nil { said.append(("encoded", "encoded_doubt", kept.encoded)) }
        let table = Table(
            columns: [.init("text"), .init(label)] + said.flatMap { [.init($0.0), .init($0.1, .number)] },
            rows: kept.texts.indices.map { row in
                [.text(kept.texts[row]), .text(kept.labels[row])]
                    + said.flatMap { [.text($0.2[row].answer), .real(1 - Double($0.2[row].confidence), decimals: 6)] }
            })
        try format.write(table, to: output.console)
    }

    private func classify(_ texts: [String], _ model: any TextClassifier, _ promise: AnswerPromise) throws {
        let decisions = MessageTriage(classifier: model, promise: promise).decisions(on: texts, asOf: .distantFuture)
        let table = Table(
            columns: [
                .init("text"), .init("class"), .init("confidence", .number), .init("automatic"), .init("urgency"), .init("language"),
                .init("doubts"),
            ],
            rows: zip(texts, decisions).map { text, decision in
                [
                    .text(text), .text(decision.intent), .real(Double(decision.confidence), decimals: 4), .bool(decision.isAutomatic),
                    .text(decision.urgency.rawValue), .text(decision.language), .list(decision.doubts, separator: "; "),
                ]
            })
        try format.write(table, to: output.console)
    }
}
