import Foundation
import Records

/// XGBoost's model as JSON, as versions 1.3 to 3.2 write it (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html).
enum XGBoostFile {
    private struct Document: Decodable {
        var version: [Int]
        var learner: Learner
    }
    private struct Learner: Decodable {
        var attributes: [String: String]?
        var featureNames: [String]?
        var gradientBooster: Booster
        var learnerModelParam: Parameters
        var objective: Objective
    }
    private struct Objective: Decodable { var name: String }
    private struct Parameters: Decodable {
        var baseScore: String
        var numClass: String?
        var numFeature: String
        var numTarget: String?
    }
    private struct Booster: Decodable {
        var name: String
        var model: Model?
    }
    private struct Model: Decodable {
        var trees: [Tree]
        var iterationIndptr: [Int]?
    }
    private struct Tree: Decodable {
        var leftChildren: [Int64]
        var rightChildren: [Int64]
        var splitIndices: [Int64]
        var splitConditions: [Float]
        var splitType: [Int]?
        var categoriesNodes: [Int]?
        var defaultLeft: [Flag]
        var sumHessian: [Float]
    }
    /// 0 and 1, or false and true, as older versions write it.
    private struct Flag: Decodable {
        var value: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) { value = number } else { value = try container.decode(Bool.self) ? 1 : 0 }
        }
    }

    static func read(_ bytes: [UInt8]) throws(Failure) -> ForeignModel {
        let document: Document
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            document = try decoder.decode(Document.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw .foreignFile("XGBoost JSON", found: place(of: error), expected: "a model of `save_model(\"x.json\")`")
        } catch {
            throw .foreignFile("XGBoost JSON", found: "\(bytes.count) bytes that are not JSON", expected: "a model")
        }
        let learner = document.learner, parameters = learner.learnerModelParam
        guard learner.objective.name == "binary:logistic" else {
            throw .foreignUnsupported("objective \(learner.objective.name)", expected: "objective binary:logistic")
        }
        guard learner.gradientBooster.name == "gbtree", let model = learner.gradientBooster.model else {
            throw .foreignUnsupported("booster \(learner.gradientBooster.name)", expected: "booster gbtree")
        }
        guard ["0", "1"].contains(parameters.numClass ?? "0"), ["0", "1"].contains(parameters.numTarget ?? "1") else {
            throw .foreignUnsupported("several classes or targets", expected: "one output")
        }
        // Version 3.1 and later write one number a target, in brackets.
        let text = parameters.baseScore.filter { $0 != "[" && $0 != "]" }
        guard let base = Float(text), base > 0, base < 1 else {
            throw .foreignFile("base_score", found: parameters.baseScore, expected: "a probability between 0 and 1")
        }
        guard let count = Int(parameters.numFeature), count > 0, !model.trees.isEmpty else {
            throw .foreignFile("XGBoost JSON", found: "no features or no trees", expected: "both")
        }
        let names = learner.featureNames ?? []
        guard names.isEmpty || names.count == count else {
            throw .foreignFile("feature_names", found: "\(names.count) names", expected: "\(count)")
        }
        return ForeignModel(
            format: .xgboost, library: "xgboost \(document.version.map(String.init).joined(separator: "."))",
            featureNames: names.isEmpty ? nil : names, featureCount: count, bestTrees: best(learner, model),
            baseMargin: LogOdds.margin(base), trees: try trees(model, features: count))
    }

    private static func trees(_ model: Model, features: Int) throws(Failure) -> [ParsedTree] {
        var trees: [ParsedTree] = []
        for (index, tree) in model.trees.enumerated() {
            guard tree.splitType?.allSatisfy({ $0 == 0 }) ?? true, tree.categoriesNodes?.isEmpty ?? true else {
                throw .foreignUnsupported("a categorical split in tree \(index)", expected: "splits on numbers alone")
            }
            guard
                let parsed = ParsedTree(
                    left: tree.leftChildren, right: tree.rightChildren, features: tree.splitIndices,
                    defaultLeft: tree.defaultLeft.map(\.value), conditions: tree.splitConditions, covers: tree.sumHessian,
                    featureCount: features)
            else { throw .foreignFile("tree \(index)", found: "damaged nodes", expected: "a tree") }
            trees.append(parsed)
        }
        return trees
    }

    /// Trees up to the best round, where early stopping left more than those: `predict_proba` of the scikit-learn interface uses them.
    private static func best(_ learner: Learner, _ model: Model) -> Int? {
        guard let round = learner.attributes?["best_iteration"].flatMap({ Int($0) }), round >= 0 else { return nil }
        let count: Int
        if let ends = model.iterationIndptr, round + 1 < ends.count { count = ends[round + 1] } else { count = round + 1 }
        return count > 0 && count < model.trees.count ? count : nil
    }

    private static func place(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "no '\(key.stringValue)' in \(path(context.codingPath))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "another type at \(path(context.codingPath))"
        case .dataCorrupted(let context): context.codingPath.isEmpty ? "bytes that are not JSON" : "damage at \(path(context.codingPath))"
        @unknown default: "another document"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "the document" : keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}
