public import Connectors
import GRDB
public import Models
public import Records

/// Where a promotion stands.
public struct PromotionStanding: Sendable {
    public var promotion: Promotion
    /// In order, the proposer first.
    public var accounts: [String]
    public var role: ModelRole

    /// Accounts that are still missing.
    public var missing: Int { max(0, promotion.approvalsNeeded - accounts.count) }
}

/// Makes a version the champion, for a stated reason, with as many accounts behind it as the job asks for.
public struct ModelPromoter: Sendable {
    let warehouse: Warehouse
    let environment: Environment

    public init(warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    private var actor: String { "\(environment.actor)@\(environment.host)" }

    /// Proposes a version; where one account is enough, it is the champion from now on.
    ///
    /// - Parameter report: of a replay with this very version under the job's policy; required where the job asks for two accounts or more.
    /// - Throws: a job that names another model, no such version, one that is champion, a model that does not fit the job, a report about
    ///   another job, model or policy, no report where one is required.
    public func promote(
        _ name: String, version number: Int, for job: Job, report: PromotionReport?, reason: String
    ) throws(Failure) -> PromotionStanding {
        let scored = try job.scored()
        guard scored.modelName == name else { throw .promotionJob(name, job: job.name, model: scored.modelName) }
        let needed = scored.train?.approvals ?? 1
        let features = try Stages.definition(of: scored.stage).features.map(\.name)
        return try warehouse.write(durable: true) { database in
            let store = ModelStore(database), now = environment.now()
            let version = try store.required(name, version: number)
            guard try store.role(of: version, asOf: .distantFuture) != .champion else { throw Failure.promotionChampion(version) }
            guard version.featureNames == features else {
                throw Failure.modelFeatures("\(name) version \(number)", found: version.featureNames, expected: features)
            }
            // The bytes are what would score: they are read, and checked against their digest, before anybody stands behind them.
            _ = try store.artefact(of: version)
            if let report {
                try check(report, of: version, job: job)
            } else if needed > 1 {
                throw Failure.promotionWithoutReport(version, approvals: needed)
            }
            try RunStore(database).register(job)
            let promotions = PromotionStore(database)
            let added = try promotions.add(
                name, version: number, modelDigest: version.digest, job: job, report: report, approvals: needed, by: environment,
                reason: reason)
            if needed <= 1 { try crown(version, promotion: added, at: now, in: database) }
            return PromotionStanding(
                promotion: added, accounts: [environment.actor], role: try store.role(of: version, asOf: .distantFuture))
        }
    }

    /// Stands behind the newest promotion of a version; with the last account that is missing, the version is the champion.
    ///
    /// - Parameter digest: of the report that this account has looked at.
    /// - Throws: no promotion that waits, another report's digest, an account that stands behind it already, a model that was changed.
    public func approve(_ name: String, version number: Int, digest: String, reason: String) throws(Failure) -> PromotionStanding {
        try warehouse.write(durable: true) { database in
            let models = ModelStore(database), store = PromotionStore(database)
            let version = try models.required(name, version: number)
            guard let promotion = try store.promotions(of: name).last(where: { $0.version == number }),
                case let before = try store.approvals(of: promotion.id), 1 + before.count < promotion.approvalsNeeded
            else { throw Failure.promotionNotWaiting(version) }
            guard digest == promotion.reportDigest else {
                throw Failure.approvalDigest(version, found: digest, expected: promotion.reportDigest ?? "none")
            }
            guard version.digest == promotion.modelDigest else {
                throw Failure.artefactChanged(name, number, found: version.digest, expected: promotion.modelDigest)
            }
            _ = try models.artefact(of: version)
            // By account alone: the same person at another machine is the same person.
            let accounts = [promotion.actor] + before.map(\.actor)
            guard !accounts.contains(environment.actor) else { throw Failure.approvalTwice(version, account: environment.actor) }
            try store.approve(promotion, digest: digest, by: environment, reason: reason)
            if accounts.count + 1 >= promotion.approvalsNeeded {
                try crown(version, promotion: promotion, at: environment.now(), in: database)
            }
            return PromotionStanding(
                promotion: promotion, accounts: accounts + [environment.actor], role: try models.role(of: version, asOf: .distantFuture))
        }
    }

    /// Takes a version out of service. A job whose champion is retired is scored by its stage's rules until another is promoted.
    ///
    /// - Returns: what it was before.
    public func retire(_ name: String, version number: Int, reason: String) throws(Failure) -> ModelRole {
        try warehouse.write(durable: true) { database in
            let store = ModelStore(database)
            let version = try store.required(name, version: number)
            let role = try store.role(of: version, asOf: .distantFuture)
            guard role != .retired else { throw Failure.retiredAlready(version) }
            try store.setRole(.retired, of: version, at: try moment(database), actor: actor, reason: reason)
            return role
        }
    }

    /// Lets a version be scored beside what decides.
    public func challenge(_ name: String, version number: Int, reason: String) throws(Failure) -> ModelRole {
        try warehouse.write(durable: true) { database in
            let store = ModelStore(database)
            let version = try store.required(name, version: number)
            let role = try store.role(of: version, asOf: .distantFuture)
            guard role != .champion, role != .challenger else { throw Failure.challengerAlready(version, role: role) }
            try store.setRole(.challenger, of: version, at: try moment(database), actor: actor, reason: reason)
            return role
        }
    }

    private func check(_ report: PromotionReport, of version: ModelVersion, job: Job) throws(Failure) {
        guard report.job == job.name else { throw .reportOther("job", found: report.job, expected: job.name) }
        guard report.modelDigest == version.digest else { throw .reportOther("model", found: report.modelDigest, expected: version.digest) }
        guard report.policyDigest == job.policyDigest else {
            throw .reportOther("policy", found: report.policyDigest, expected: job.policyDigest)
        }
    }

    private func crown(_ version: ModelVersion, promotion: Promotion, at now: Timestamp, in database: Database) throws {
        try ModelStore(database).setRole(
            .champion, of: version, at: try moment(database), actor: actor, reason: "promotion \(promotion.id): \(promotion.reason)")
    }

    /// Now, or just after a run of this very second: who was champion at its clock must stay what it was.
    private func moment(_ database: Database) throws -> Timestamp {
        let now = environment.now()
        let ran = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM pipeline_runs WHERE clock = ?)", arguments: [now.microseconds])
        return ran == true ? Timestamp(microseconds: now.microseconds + 1) : now
    }
}
