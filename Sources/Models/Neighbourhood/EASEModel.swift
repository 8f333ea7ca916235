package import Records

/// What EASE learnt, with what it takes new days in by.
package struct EASEModel: Sendable {
    /// B, row-major: row = item of the history, column = item that is scored.
    package let weights: [Float]
    /// Nil in models that were written before there was one, and where it would take more room than the weights: the next day inverts anew.
    package let memory: EASEMemory?
}

/// What the inverse is made again from, and what it was made of.
package struct EASEMemory: Sendable {
    /// Of P, which is -B times it off the diagonal: an entry an item.
    package let diagonal: [Float]
    /// A row a person, without names: XᵀX does not depend on whose they are.
    package let people: InteractionMatrix

    init(diagonal: [Float], people: InteractionMatrix) { (self.diagonal, self.people) = (diagonal, people) }

    /// Whether people's rows take no more room than the weights, or a megabyte.
    static func holds(_ people: InteractionMatrix) -> Bool {
        let isPlain = people.weights.allSatisfy { $0 == 1 }
        return people.rowCount * 8 + people.count * (isPlain ? 4 : 8) <= max(1 << 20, people.columnCount * people.columnCount * 4)
    }

    func write(to writer: inout ModelBytesWriter) {
        writer.array(diagonal)
        writer.array(people.starts)
        writer.array(people.columns)
        writer.array(people.weights.allSatisfy { $0 == 1 } ? [] : people.weights)
    }

    init(from reader: inout ModelBytesReader, items: Int) throws(Failure) {
        diagonal = try reader.array(of: Float.self)
        let people = InteractionMatrix(
            written: try reader.array(of: Int.self), columns: try reader.array(of: Int32.self), weights: try reader.array(of: Float.self),
            columnCount: items)
        guard let people, diagonal.count == items else {
            throw .modelBytes(family: EASEFamily.definition.name, reason: "parts that do not fit together")
        }
        self.people = people
    }
}

extension ModelBytesWriter {
    mutating func memory(_ memory: EASEMemory?) {
        integer(memory == nil ? 0 : 1)
        memory?.write(to: &self)
    }
}

extension ModelBytesReader {
    /// Nil also at the end of bytes that were written before there was one.
    mutating func memory(items: Int) throws(Failure) -> EASEMemory? {
        guard !isAtEnd, try integer() == 1 else { return nil }
        return try EASEMemory(from: &self, items: items)
    }
}

extension EASEFamily.Penalty {
    /// - Throws: more items than the memory holds, a matrix that cannot be inverted.
    package func model(of log: InteractionLog, threads: Int) throws(Failure) -> EASEModel {
        try model(of: pairs(in: log), threads: threads)
    }

    private func model(of pairs: InteractionMatrix, threads: Int) throws(Failure) -> EASEModel {
        if let refusal = EASEFamily.refusal(items: pairs.columnCount, allowed: memory) { throw refusal }
        let found = try EASEFamily.inverse(of: pairs, lambda: lambda, threads: threads)
        let kept = EASEMemory.holds(pairs) ? EASEMemory(diagonal: found.diagonal, people: pairs) : nil
        return EASEModel(weights: found.weights, memory: kept)
    }

    /// The model after more days: by changes of low rank where that is cheaper and as exact, else inverted anew.
    ///
    /// - Parameter items: of the model, rising by their UTF-8 bytes.
    func updated(_ model: EASEModel, items: [String], with log: InteractionLog, threads: Int) throws(Failure) -> EASEModel {
        let pairs = pairs(in: log)
        guard let memory = model.memory, log.items.count >= EASEUpdate.fewestItems,
            EASEFamily.refusal(items: log.items.count, allowed: self.memory) == nil, EASEMemory.holds(pairs)
        else { return try self.model(of: pairs, threads: threads) }
        let update = EASEUpdate(memory, items: items, to: pairs, items: log.items)
        // Not a bit may move where nothing is new: what stands would be offered anew.
        if update.isEmpty { return model }
        guard update.isCheaper, let found = update.weights(from: model.weights, lambda: lambda, threads: threads) else {
            return try self.model(of: pairs, threads: threads)
        }
        return EASEModel(weights: found.weights, memory: EASEMemory(diagonal: found.diagonal, people: pairs))
    }
}
