import Models
import Pipelines
import Records

/// Promotions and where imported models came from, for people and programs.
enum PromotionView {
    static func table(_ promotions: [(Promotion, [PromotionApproval])]) -> Table {
        Table(
            columns: [
                .init("promotion", .number), .init("version", .number), .init("proposed"), .init("by"), .init("approved_by"),
                .init("needed", .number), .init("report"), .init("reason"),
            ],
            rows: promotions.map { promotion, approvals in
                [
                    .integer(promotion.id), .count(promotion.version), .time(promotion.proposed),
                    .text("\(promotion.actor)@\(promotion.host)"),
                    .text(approvals.map { "\($0.actor)@\($0.host)" }.joined(separator: ", ")), .count(promotion.approvalsNeeded),
                    promotion.reportDigest.map { .digest($0) } ?? .text("none"), .text(promotion.reason),
                ]
            })
    }

    static func standing(_ standing: PromotionStanding) -> Details {
        let promotion = standing.promotion
        let what =
            standing.missing == 0 ? "is the champion" : "waits for \(standing.missing) more account\(standing.missing == 1 ? "" : "s")"
        return Details(
            title: "Model \(promotion.name) version \(promotion.version) \(what)",
            [
                .init("model", .text(promotion.name)), .init("version", .identifier(promotion.version)),
                .init("promotion", .integer(promotion.id)), .init("role", .text(standing.role.rawValue)),
                .init("accounts", .list(standing.accounts)), .init("needed", .count(promotion.approvalsNeeded)),
                .init("missing", .count(standing.missing)), .init("report", promotion.reportDigest.map { .text($0) } ?? .text("none")),
                .init("digest", .digest(promotion.modelDigest)),
            ])
    }

    static func origin(_ origin: ModelOrigin) -> Details.Section {
        var fields: [Details.Field] = [
            .init("format", .text(origin.format)), .init("imported_by", .text(origin.importedBy)),
            .init("imported", .text(origin.imported)), .init("file_digest", .text(origin.fileDigest)),
            .init("statement", .text(origin.statement)),
        ]
        if let trees = origin.trees { fields.append(.init("trees", .count(trees))) }
        if let version = origin.exportedVersion { fields.append(.init("exported_version", .count(version))) }
        if let rows = origin.sampleRows, let found = origin.largestDifference, let allowed = origin.tolerance {
            fields += [
                .init("sample_digest", .text(origin.sampleDigest ?? "")), .init("sample_rows", .count(rows)),
                .init("largest_difference", .text("\(found)")), .init("tolerance", .text("\(allowed)")),
            ]
        }
        return .init("imported", fields)
    }
}
