import ArgumentParser
import Models
import Pipelines
import Records

extension Evaluate {
    /// A job of the stage `recommendations`: families beside each other, on what people took after a cut in time.
    func evaluateRecommendations(_ job: Job, console: Console) throws {
        let report = try RecommendationEvaluator(resamples: resamples).evaluate(job, isInner: inner, threads: 2)
        let sections = ["all", "new"].map { relevance in
            Details.Section(
                relevance == "all" ? "all_items" : "only_new_items",
                report.rows.filter { $0.relevance == relevance }.map(Self.field))
        }
        let facts: [Details.Field] = [
            .init("job", .text(report.job)), .init("family", .text(report.family)), .init("cut", .text(report.cut)),
            .init("interactions", .count(report.interactions)), .init("inner", .bool(inner)), .init("resamples", .count(resamples)),
        ]
        try format.write(
            Details(title: "\(report.job): recommendations after \(report.cut)", sections: [.init(nil, facts)] + sections), to: console)
    }

    /// The published figures of a protocol that leaks time, for checking the code.
    func leaveOneOut(_ job: Job, console: Console) throws {
        let report = try RecommendationEvaluator(resamples: resamples).leaveOneOut(job, threads: 2)
        let facts: [Details.Field] = [
            .init("job", .text(report.job)), .init("protocol", .text("leave-one-out")), .init("family", .text(report.family)),
            .init("interactions", .count(report.interactions)), .init("resamples", .count(resamples)), .init("leaks_time", .bool(true)),
        ]
        try format.write(
            Details(
                title: "\(report.job): each person's newest item, from all else",
                sections: [.init(nil, facts), .init("newest_item", report.rows.map(Self.field))]), to: console)
        console.note("Models see what others did after the moment that is asked about: for checking code, not for choosing anything.")
    }

    private static func field(_ row: RecommendationReport.Row) -> Details.Field {
        func text(_ value: BootstrapInterval) -> String {
            "\(Quantity.decimal(value.estimate, 4)) (\(Quantity.decimal(value.lower, 4)) to \(Quantity.decimal(value.upper, 4)))"
        }
        func object(_ value: BootstrapInterval) -> JSONValue {
            .object([.init("value", .real(value.estimate)), .init("lower", .real(value.lower)), .init("upper", .real(value.upper))])
        }
        return .init(
            row.family,
            .nested(
                "recall@10 \(text(row.recall10)), NDCG@10 \(text(row.ndcg10)), recall@20 \(text(row.recall20)), coverage "
                    + "\(Quantity.decimal(row.coverage, 3)), novelty \(Quantity.decimal(row.novelty, 2)), ahead of it by \(text(row.ndcgBehind)), "
                    + "\(row.users) people",
                .object([
                    .init("recall_at_10", object(row.recall10)), .init("ndcg_at_10", object(row.ndcg10)),
                    .init("recall_at_20", object(row.recall20)), .init("coverage", .real(row.coverage)),
                    .init("novelty", .real(row.novelty)), .init("ndcg_behind", object(row.ndcgBehind)), .init("users", .integer(row.users)),
                ])))
    }
}
