import Models
import PipelineTesting
import Records
import Testing

/// Days taken into the inverse by changes of low rank.
@Suite struct EASEUpdateTests {
    private static let day: Int64 = 86_400_000_000
    private static let lambda = 20.0

    /// 400 people of whom a tenth come on a day, 640 items with a long tail, 60 days.
    private static let rows: [(user: String, item: String, time: Int64)] = {
        var random = SeededGenerator(seed: 5)
        var rows: [(user: String, item: String, time: Int64)] = []
        for day in 0..<60 {
            for person in 0..<400 where Int.random(in: 0..<10, using: &random) == 0 {
                for _ in 0..<Int.random(in: 2...8, using: &random) {
                    let place = min(Int.random(in: 0..<320, using: &random), Int.random(in: 0..<320, using: &random)) * 2 + person % 2
                    rows.append(("P\(person)", "I\(place)", Int64(day) * Self.day + Int64(person)))
                }
            }
        }
        return rows
    }()

    /// What is known at the begin of a day, of the days before it; items without a row are not in it.
    private func log(before day: Int, days: Int = .max) throws -> InteractionLog {
        let known = Self.rows.filter { $0.time < Int64(day) * Self.day && (days == .max || $0.time >= Int64(day - days) * Self.day) }
        return try InteractionLog(users: known.map(\.user), items: known.map(\.item), times: known.map(\.time))
    }

    private func model(_ log: InteractionLog, _ day: Int, weights: String = "binary") throws -> any Recommender {
        try EASEFamily.train(
            on: log, asOf: Int64(day) * Self.day, parameters: ["lambda": .number(Self.lambda), "weights": .text(weights)], seed: 1,
            threads: 1)
    }

    /// A row of scores an item: the weights.
    private func weights(_ model: any Recommender) throws -> [Float] {
        try model.scores(for: model.items.indices.map { History(items: [$0]) })
    }

    private func difference(_ left: [Float], _ right: [Float]) -> Float {
        left.count == right.count ? zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
    }

    @Test(
        "ten days one by one give weights within 1e-6 of inverting anew, on any number of threads, with items that came and went",
        arguments: [("binary", Int.max), ("log", 40)])
    func days(weights: String, window: Int) throws {
        let first = 50
        var log = try log(before: first, days: window), model = try model(log, first, weights: weights)
        var (came, went) = (0, 0)
        for day in first + 1...first + 10 {
            let next = try self.log(before: day, days: window), asOf = Int64(day) * Self.day
            came += Set(next.items).subtracting(log.items).count
            went += Set(log.items).subtracting(next.items).count
            let updated = try #require(try model.updated(with: next, asOf: asOf, threads: 2))
            #expect(try updated.serialized() == model.updated(with: next, asOf: asOf, threads: 1)?.serialized())
            (log, model) = (next, try EASEFamily.load(updated.serialized()))
        }
        let anew = try self.model(log, first + 10, weights: weights)
        #expect(model.items == anew.items && came > 0 && (window == .max || went > 0), "\(came) came, \(went) went")
        let far = try difference(self.weights(model), self.weights(anew))
        // Not 0: the days were taken in, nothing was inverted anew.
        #expect(far < 1e-6 && far > 0, "\(far)")
        #expect(model.items.count >= EASEUpdate.fewestItems)
    }

    @Test("a row that is not taken off is found by the test and by the residual; so is a day that is left out")
    func control() throws {
        let before = try log(before: 50), after = try log(before: 51)
        let ((old, memory), (new, _)) = (try trained(before), try trained(after))
        var update = EASEUpdate(memory, items: before.items, to: InteractionMatrix(after), items: after.items)
        #expect(update.isCheaper && !update.isEmpty && !update.removed.isEmpty)
        let whole = try #require(update.weights(from: old, lambda: Self.lambda, threads: 1))
        #expect(difference(whole.weights, new) < 1e-6)
        update.removed.removeLast()
        #expect(update.weights(from: old, lambda: Self.lambda, threads: 1) == nil)
        let wrong = try #require(update.weights(from: old, lambda: Self.lambda, threads: 1, tolerance: .infinity))
        #expect(difference(wrong.weights, new) > 1e-4)
    }

    private func trained(_ log: InteractionLog) throws -> (weights: [Float], memory: EASEMemory) {
        let model = try EASEFamily.Penalty(lambda: Self.lambda, memory: 4096).model(of: log, threads: 1)
        return (model.weights, try #require(model.memory))
    }

    @Test("where nothing is new not a bit moves; where much is, and for a model without its rows, it is what a training gives")
    func anew() throws {
        let log = try log(before: 50), old = try model(log, 50)
        #expect(try old.updated(with: log, asOf: 51 * Self.day, threads: 2)?.serialized() == old.serialized())
        let later = try self.log(before: 60), trained = try model(later, 60)
        // Nearly everybody bought something in ten days.
        #expect(try old.updated(with: later, asOf: 60 * Self.day, threads: 2)?.serialized() == trained.serialized())
        let (weights, _) = try self.trained(log)
        var writer = ModelBytesWriter(family: "ease")
        writer.texts(log.items)
        writer.number(Self.lambda)
        writer.integer(4096)
        writer.integer(0)
        writer.array(weights)
        let older = try EASEFamily.load(writer.sealed()), next = try self.log(before: 51)
        #expect(try self.weights(older) == self.weights(old))
        #expect(try older.updated(with: next, asOf: 51 * Self.day, threads: 1)?.serialized() == model(next, 51).serialized())
        // The control: with its rows it is not to the bit.
        #expect(try old.updated(with: next, asOf: 51 * Self.day, threads: 1)?.serialized() != model(next, 51).serialized())
    }

    @Test("the ranker's similarities take a day in the same way, and a blend's EASE")
    func within() throws {
        let before = try log(before: 50), after = try log(before: 51), asOf = 51 * Self.day
        let small: [String: ParameterValue] = [
            "trees": .integer(3), "depth": .integer(2), "candidates": .integer(10), "lambda": .number(Self.lambda), "horizon": .number(7),
        ]
        let blend: [String: ParameterValue] = [
            "families": .text("ease popularity"), "weights": .text("1 1"), "lambda": .number(Self.lambda),
        ]
        for (name, parameters) in [("ranked", small), ("blend", blend)] {
            let family = try ModelFamilies.recommender(named: name)
            let old = try family.train(on: before, asOf: 50 * Self.day, parameters: parameters, seed: 1, threads: 1)
            let updated = try #require(try family.load(old.serialized()).updated(with: after, asOf: asOf, threads: 2))
            #expect(try updated.serialized() == old.updated(with: after, asOf: asOf, threads: 1)?.serialized(), "\(name)")
            let again = try #require(try updated.updated(with: after, asOf: asOf, threads: 1))
            #expect(try again.serialized() == updated.serialized(), "\(name)")
            #expect(updated.items == after.items, "\(name)")
        }
    }
}
