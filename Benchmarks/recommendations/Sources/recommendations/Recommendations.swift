import Foundation
import Models
import Records

/// Speed of the recommenders on one file, and accuracy on its inner or outer slice; what peer.py does with implicit and numpy.
///
///   recommendations als FILE THREADS [name=value ...]        seconds an epoch
///   recommendations ease FILE                                seconds of the whole training; the inversion is most of it
///   recommendations top FILE THREADS                         users a second, lists of ten for all of them
///   recommendations accuracy FILE inner|outer FAMILY [name=value ...]
///   recommendations large FOLDER THREADS                     ALS on simulated orders, scored for all users; what EASE says to them
@main enum Recommendations {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count > 1 else { throw Usage() }
        switch words[0] {
        case "als":
            try als(try Log.read(words[1]), threads: Int(words[2]) ?? 1, settings(words.dropFirst(3), of: ImplicitALSFamily.definition))
        case "ease": try ease(try Log.read(words[1]))
        case "top": try top(try Log.read(words[1]), threads: Int(words[2]) ?? 1)
        case "accuracy": try accuracy(try Log.read(words[1]), words)
        case "large": try large(words[1], threads: words.count > 2 ? Int(words[2]) ?? 1 : 1)
        default: throw Usage()
        }
    }

    struct Usage: Error {}

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let time = try ContinuousClock().measure(body)
        return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    }

    /// CPU seconds of the process: what else runs on the machine changes them little.
    static func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
        let start = clock()
        try body()
        return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }

    static func text(_ value: Double) -> String { String(format: "%.4f", value) }

    static func settings(_ words: some Sequence<String>, of definition: Definition) -> [String: ParameterValue] {
        var values: [String: ParameterValue] = [:]
        for word in words {
            let parts = word.split(separator: "=").map(String.init)
            guard parts.count == 2, let parameter = definition.parameters.first(where: { $0.name == parts[0] }) else { continue }
            switch parameter.kind {
            case .integer: values[parts[0]] = Int(parts[1]).map { .integer($0) }
            case .number: values[parts[0]] = Double(parts[1]).map { .number($0) }
            default: values[parts[0]] = .text(parts[1])
            }
        }
        return values
    }

    private static func factorization(_ settings: [String: ParameterValue]) -> Factorization {
        let factors = if case .integer(let value)? = settings["factors"] { value } else { 64 }
        return Factorization(factors: factors, unobservedWeight: 0.1, lambda: 0.01, scaling: 1, steps: 3)
    }

    static func als(_ log: InteractionLog, threads: Int, _ settings: [String: ParameterValue]) throws {
        let pairs = InteractionMatrix(log), byItem = pairs.transposed()
        let factorization = factorization(settings)
        var sides = factorization.start(pairs, deviation: 0.1, seed: 1)
        try factorization.epoch(&sides, pairs: pairs, byItem: byItem, threads: threads)
        var wall: [Double] = []
        let cpu = try (0..<9).map { _ in
            try cpuSeconds {
                wall.append(try seconds { try factorization.epoch(&sides, pairs: pairs, byItem: byItem, threads: threads) })
            }
        }
        print(
            "als threads \(threads) factors \(factorization.factors): an epoch \(text(cpu.sorted()[4])) CPU s, \(text(wall.sorted()[4])) s (least \(text(wall.min() ?? 0)))"
        )
    }

    static func ease(_ log: InteractionLog) throws {
        let pairs = InteractionMatrix(log)
        let time = try cpuSeconds { _ = try EASEFamily.weights(of: pairs, lambda: 200, threads: 1) }
        print("ease \(log.items.count) items: \(text(time)) CPU s")
    }

    static func top(_ log: InteractionLog, threads: Int) throws {
        let asOf = (log.times.last ?? 0) + 1
        let model = try ImplicitALSFamily.train(on: log, asOf: asOf, parameters: ["epochs": .integer(2)], seed: 1, threads: threads)
        let histories = log.histories(asOf: asOf)
        let known = histories.map { Set($0.items).sorted() }
        func measure(_ what: String, _ body: () throws -> Void) rethrows {
            var wall: [Double] = []
            let cpu = try (0..<5).map { _ in try cpuSeconds { wall.append(try seconds(body)) } }
            let rates = [cpu, wall].map { Int(Double(histories.count) / $0.sorted()[2]) }
            print("top 10 threads \(threads): \(rates[0]) users a CPU second, \(rates[1]) a second, their vectors \(what)")
        }
        guard let model = model as? FactorRecommender else { throw Usage() }
        let queries = try model.vectors(of: histories, threads: threads)
        let search = VectorSearch(PackedVectors(model.vectors, factors: queries.count / histories.count))
        let asked = histories.map { _ in true }
        measure("known") { _ = search.best(10, for: queries, isAsked: asked, excluding: known, threads: threads) }
        try measure("solved for") { _ = try model.recommendations(for: histories, excluding: known, count: 10, threads: threads) }
    }

    static func accuracy(_ log: InteractionLog, _ words: [String]) throws {
        let families: [any RecommenderFamily.Type] = [
            ImplicitALSFamily.self, ItemNeighbourFamily.self, EASEFamily.self, PopularityFamily.self, RepeatFamily.self,
        ]
        guard words.count > 3, let family = families.first(where: { type in type.definition.name == words[3] }) else { throw Usage() }
        let base = words[2] == "inner" ? try RecommendationSplit(log, onlyNew: false).training : log
        let settings = settings(words.dropFirst(4), of: family.definition)
        var model: (any Recommender)?
        for onlyNew in [false, true] {
            let split = try RecommendationSplit(base, onlyNew: onlyNew)
            let trained = try model ?? family.train(on: split.training, asOf: split.cut, parameters: settings, seed: 1, threads: 1)
            model = trained
            let histories = split.training.histories(asOf: split.cut)
            let lists = try trained.recommendations(
                for: split.users.map { histories[$0] }, excluding: split.known.map { (onlyNew ? $0 : []) + split.unseen }, count: 20,
                threads: 1)
            let figures = RankingFigures(lists.map { $0.map(\.item) }, split: split)
            let means = figures.figures.map { $0.values.reduce(0, +) / Double($0.values.count) }
            print(words[2], onlyNew ? "new" : "all", words.dropFirst(3).joined(separator: " "), means.map(text).joined(separator: " "))
        }
    }

    static func large(_ folder: String, threads: Int) throws {
        var read: (pairs: InteractionMatrix, purchases: Int)?
        print("read in \(text(try seconds { read = try Log.pairs(ofOrders: folder) })) s; peak memory \(Log.peakMebibytes) MiB")
        guard let (pairs, purchases) = read else { return }
        let byItem = pairs.transposed()
        print("\(pairs.rowCount) users, \(pairs.columnCount) items, \(purchases) purchases, \(pairs.count) pairs")
        print(EASEFamily.refusal(items: pairs.columnCount, allowed: 4096)?.description ?? "ease would hold them")
        let factorization = factorization([:])
        var sides = factorization.start(pairs, deviation: 0.1, seed: 1)
        for epoch in 1...15 {
            var time = 0.0
            let cpu = try cpuSeconds {
                time = try seconds { try factorization.epoch(&sides, pairs: pairs, byItem: byItem, threads: threads) }
            }
            print("epoch \(epoch): \(text(cpu)) CPU s, \(text(time)) s")
        }
        let search = VectorSearch(PackedVectors(sides.items, factors: factorization.factors))
        var (named, time) = (0, 0.0)
        let cpu = cpuSeconds {
            time = seconds {
                for first in stride(from: 0, to: pairs.rowCount, by: 65_536) {
                    let rows = first..<min(pairs.rowCount, first + 65_536)
                    let queries = Array(sides.people[rows.lowerBound * factorization.factors..<rows.upperBound * factorization.factors])
                    let bought = rows.map { pairs.columns[pairs.range(of: $0)].map { Int($0) } }
                    named += search.best(10, for: queries, isAsked: rows.map { _ in true }, excluding: bought, threads: threads).count
                }
            }
        }
        print("scored \(named) users in \(text(cpu)) CPU s, \(text(time)) s; peak memory \(Log.peakMebibytes) MiB")
    }
}
