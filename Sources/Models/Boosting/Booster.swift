import CXGBoost
package import Records
import Synchronization

/// A booster of libxgboost: trains and is written out; scoring and explaining go through ``TreeEnsemble``, which tests compare with this.
///
/// Safe to share: libxgboost configures a booster lazily inside its predictions, so every use of the handle after training holds `lock`.
// Proof of `@unchecked Sendable`: `handle` is assigned once, and used only under `lock` or before `self` is shared.
package final class Booster: @unchecked Sendable {
    /// Values of `type` in libxgboost's prediction settings (`c_api.h`).
    package enum Prediction: Int, Sendable {
        case probability = 0
        case margin = 1
        case contributions = 2
    }

    private let handle: BoosterHandle
    private let threads: Int
    /// The rounds with the least loss on validation rows, the first of equal ones; nil = all are kept.
    private let bestRounds: Int?
    private let lock = Mutex(())

    /// `xgboost 1.7.4`
    static let version: String = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        XGBoostVersion(&major, &minor, &patch)
        return "xgboost \(major).\(minor).\(patch)"
    }()

    /// Trains `trees` rounds on rows that were checked before.
    ///
    /// - Parameters:
    ///   - settings: names and values as libxgboost has them, in the order to set them.
    ///   - validation: rows on which rounds stop when they no longer gain.
    init(
        matrix: FeatureMatrix, featureNames: [String], labels: [Float], weights: [Float], settings: [(String, String)], trees: Int,
        threads: Int, validation: TrainingSet.Validation? = nil
    ) throws(Failure) {
        let data = try DataMatrix(matrix, threads: threads)
        try data.set("label", labels)
        if !weights.isEmpty { try data.set("weight", weights) }
        let watched = try validation.map { rows throws(Failure) in try DataMatrix(rows.matrix, threads: threads) }
        self.threads = threads
        let made = try Self.made(for: [data.handle] + (watched.map { [$0.handle] } ?? []))
        handle = made
        do throws(Failure) {
            bestRounds = try Self.train(
                made, data: data, featureNames: featureNames, settings: settings, trees: trees, validation: validation, watched: watched)
        } catch {
            XGBoosterFree(made)
            throw error
        }
    }

    /// - Returns: the rounds with the least loss on `validation`.
    private static func train(
        _ handle: BoosterHandle, data: DataMatrix, featureNames: [String], settings: [(String, String)], trees: Int,
        validation: TrainingSet.Validation?, watched: DataMatrix?
    ) throws(Failure) -> Int? {
        for (name, value) in settings { try check(XGBoosterSetParam(handle, name, value), doing: "training") }
        try set(featureNames, of: handle)
        var best: (loss: Double, rounds: Int)?
        for round in 0..<trees {
            try check(XGBoosterUpdateOneIter(handle, Int32(round), data.handle), doing: "training")
            guard let validation, let watched else { continue }
            // The library keeps the margins of rows it knows, so a round costs the pass of one tree.
            let found = try predict(handle, .probability, of: watched)
            let loss = Metrics.logLoss(probabilities: found, labels: validation.labels) ?? .infinity
            if best.map({ loss < $0.loss }) ?? true { best = (loss, round + 1) }
            if let best, round + 1 - best.rounds >= validation.patience { break }
        }
        return best.map { $0.rounds }
    }

    /// The model of the best rounds alone; itself where no rows were watched.
    func best() throws(Failure) -> Booster {
        guard let bestRounds else { return self }
        return try locked { handle throws(Failure) in
            var cut: BoosterHandle?
            try Self.check(XGBoosterSlice(handle, 0, Int32(bestRounds), 1, &cut), doing: "cutting the model")
            guard let cut else { throw .library("boosting", doing: "cutting the model", cause: "no handle") }
            return Booster(taking: cut, threads: threads)
        }
    }

    /// - Parameter handle: freed with this object.
    private init(taking handle: BoosterHandle, threads: Int) { (self.handle, self.threads, bestRounds) = (handle, threads, nil) }

    /// Reads what ``serialized()`` wrote; check the bytes with ``TreeEnsemble`` first, the library trusts them.
    package init(_ bytes: [UInt8], threads: Int) throws(Failure) {
        (self.threads, bestRounds) = (threads, nil)
        handle = try Self.made(for: [])
        // Loading itself runs on as many threads as the booster has by then.
        try Self.check(XGBoosterSetParam(handle, "nthread", "\(threads)"), doing: "loading")
        try Self.check(XGBoosterLoadModelFromBuffer(handle, bytes, bst_ulong(bytes.count)), doing: "loading")
        for (name, value) in [("nthread", "\(threads)"), ("verbosity", "0")] {
            try Self.check(XGBoosterSetParam(handle, name, value), doing: "loading")
        }
    }

    deinit { XGBoosterFree(handle) }

    /// The model as Universal Binary JSON, feature names included.
    func serialized() throws(Failure) -> [UInt8] {
        try locked { handle throws(Failure) in
            var length: bst_ulong = 0
            var bytes: UnsafePointer<CChar>?
            try Self.check(XGBoosterSaveModelToBuffer(handle, #"{"format": "ubj"}"#, &length, &bytes), doing: "saving")
            return UnsafeRawBufferPointer(start: bytes, count: Int(length)).map { $0 }
        }
    }

    /// One number a row, or of contributions the feature count and one more.
    package func predict(_ prediction: Prediction, of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        guard matrix.rowCount > 0 else { return [] }
        let data = try DataMatrix(matrix, threads: threads)
        return try locked { handle throws(Failure) in try Self.predict(handle, prediction, of: data) }
    }

    private static func predict(_ handle: BoosterHandle, _ prediction: Prediction, of data: DataMatrix) throws(Failure) -> [Float] {
        let settings = """
            {"type": \(prediction.rawValue), "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false}
            """
        var (shape, dimensions, values): (UnsafePointer<bst_ulong>?, bst_ulong, UnsafePointer<Float>?) = (nil, 0, nil)
        let code = XGBoosterPredictFromDMatrix(handle, data.handle, settings, &shape, &dimensions, &values)
        try check(code, doing: "scoring")
        let count = (0..<Int(dimensions)).reduce(1) { $0 * Int(shape?[$1] ?? 0) }
        return Array(UnsafeBufferPointer(start: values, count: count))
    }

    /// One number a row straight from the buffer, without a copy into the library: for the measurement beside ``TreeEnsemble``.
    package func predictInPlace(_ prediction: Prediction, of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        guard matrix.rowCount > 0 else { return [] }
        let settings = """
            {"type": \(prediction.rawValue), "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false, \
            "cache_id": 0, "missing": NaN}
            """
        return try locked { handle throws(Failure) in
            var (shape, dimensions, values): (UnsafePointer<bst_ulong>?, bst_ulong, UnsafePointer<Float>?) = (nil, 0, nil)
            let code = matrix.values.withUnsafeBytes { buffer in
                let address = UInt(bitPattern: buffer.baseAddress)
                let array = """
                    {"data": [\(address), true], "shape": [\(matrix.rowCount), \(matrix.featureCount)], "typestr": "<f4", "version": 3}
                    """
                return XGBoosterPredictFromDense(handle, array, settings, nil, &shape, &dimensions, &values)
            }
            try Self.check(code, doing: "scoring")
            return Array(UnsafeBufferPointer(start: values, count: matrix.rowCount))
        }
    }

    private func locked<Value: Sendable>(_ body: (BoosterHandle) throws(Failure) -> Value) throws(Failure) -> Value {
        try lock.withLock { _ throws(Failure) in try body(handle) }
    }

    private static func made(for data: [DMatrixHandle?]) throws(Failure) -> BoosterHandle {
        var made: BoosterHandle?
        try check(XGBoosterCreate(data, bst_ulong(data.count), &made), doing: "making a model")
        guard let made else { throw .library("boosting", doing: "making a model", cause: "no handle") }
        return made
    }

    private static func set(_ featureNames: [String], of handle: BoosterHandle) throws(Failure) {
        let texts = featureNames.map { Array($0.utf8CString) }
        let joined = texts.flatMap { $0 }
        let code = joined.withUnsafeBufferPointer { joined in
            var (pointers, offset): ([UnsafePointer<CChar>?], Int) = ([], 0)
            for text in texts {
                pointers.append(joined.baseAddress.map { $0 + offset })
                offset += text.count
            }
            return XGBoosterSetStrFeatureInfo(handle, "feature_name", &pointers, bst_ulong(pointers.count))
        }
        try check(code, doing: "naming the features")
    }

    /// The first line of the library's last error: the lines after it are a trace of the library's own code.
    fileprivate static func check(_ code: Int32, doing: String) throws(Failure) {
        guard code != 0 else { return }
        let text = XGBGetLastError().map { String(cString: $0) } ?? ""
        throw .library("boosting", doing: doing, cause: text.split(separator: "\n").first.map(String.init) ?? "")
    }
}

/// A copy of a matrix inside the library, freed with this object.
private final class DataMatrix {
    let handle: DMatrixHandle

    init(_ matrix: FeatureMatrix, threads: Int) throws(Failure) {
        var made: DMatrixHandle?
        let code = XGDMatrixCreateFromMat_omp(
            matrix.values, bst_ulong(matrix.rowCount), bst_ulong(matrix.featureCount), .nan, &made, Int32(threads))
        try Booster.check(code, doing: "reading the rows")
        guard let made else { throw .library("boosting", doing: "reading the rows", cause: "no handle") }
        handle = made
    }

    deinit { XGDMatrixFree(handle) }

    func set(_ field: String, _ values: [Float]) throws(Failure) {
        try Booster.check(XGDMatrixSetFloatInfo(handle, field, values, bst_ulong(values.count)), doing: "reading the rows")
    }
}
