import Pipelines
import Records

/// The languages of the pages. What feeds, job files and people wrote is shown as they wrote it.
package enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case japanese = "ja"

    var name: String { self == .english ? "English" : "日本語" }

    /// The one of these that a browser likes best, by its `Accept-Language`; English where it likes neither.
    package init(accepted header: String?) {
        var best: (language: Language, quality: Double)?
        for part in (header ?? "").split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let tag = pieces.first?.lowercased(), let language = Language(rawValue: String(tag.prefix { $0 != "-" })) else {
                continue
            }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if quality > 0, quality > best?.quality ?? 0 { best = (language, quality) }
        }
        self = best?.language ?? .english
    }
}

/// Texts in both languages, side by side where they are used.
struct Words: Sendable {
    let language: Language

    func callAsFunction(_ english: String, _ japanese: String) -> String { language == .english ? english : japanese }

    /// `3 h`, `2 d`: how far away a time is.
    func distance(_ seconds: Int64) -> String {
        let size = abs(seconds)
        switch size {
        case ..<3_600: return self("\(size / 60) min", "\(size / 60)分")
        case ..<172_800: return self("\(size / 3_600) h", "\(size / 3_600)時間")
        default: return self("\(size / 86_400) days", "\(size / 86_400)日")
        }
    }

    /// `in 3 h` or `2 days ago`
    func relative(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = (time.microseconds - now.microseconds) / 1_000_000
        let text = distance(seconds)
        return seconds >= 0 ? self("in \(text)", "\(text)後") : self("\(text) ago", "\(text)前")
    }

    /// `2026-03-04 07:18`, in UTC as everywhere in the program.
    func time(_ time: Timestamp) -> String { String(time.iso8601.prefix(16)).replacing("T", with: " ") }

    func state(_ entry: ReviewEntry, now: Timestamp, person: ReviewPerson) -> String {
        switch entry.state.phase(at: now) {
        case .open where entry.state.isOverdue(at: now): self("overdue", "期限切れ")
        case .open: entry.state.putOff == nil ? self("open", "未処理") : self("waiting", "保留中")
        case .claimed(let claim) where claim.person == person: self("yours", "担当中")
        case .claimed(let claim): self("claimed by \(claim.person)", "\(claim.person) が担当中")
        case .decided: self("decided: \(entry.state.decision?.outcome ?? "")", "決定済み: \(entry.state.decision?.outcome ?? "")")
        case .superseded(let item): self("superseded by item \(item)", "案件 \(item) に置き換え")
        }
    }

    func cause(_ item: ReviewItem) -> String {
        if let probability = item.sampleProbability {
            let share = Quantity.share(probability)
            return self("drawn into the audit sample, with probability \(share)", "監査標本として抽出(確率 \(share))")
        }
        switch item.cause {
        case "cost": return self("asking is cheaper than guessing", "自動判断より確認のほうが安い")
        case "no-model": return self("there is no model yet, and the rules are suspicious", "モデルがまだなく、規則が疑いを示した")
        case "beyond-promise": return self("the model alone may not clear it: beyond what is promised", "約束した誤りの範囲を超えるため、モデルだけでは処理できない")
        case "no-promise": return self("no model keeps the promise yet: people decide", "約束を守れるモデルがまだなく、人が決める")
        case "deadline": return self("the run's deadline had passed", "実行の期限を過ぎていた")
        case "correction": return self("the row was corrected", "行が訂正された")
        case _ where item.cause.hasPrefix("rule: "):
            return self("the rule \(item.cause.dropFirst(6))", "規則 \(item.cause.dropFirst(6))")
        default: return item.cause
        }
    }
}
