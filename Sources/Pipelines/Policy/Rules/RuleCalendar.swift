import Records

/// What a condition means by hours, days and years.
struct RuleCalendar: Sendable {
    /// What can be asked of a time or a date, as written after its dot.
    enum Part: String, CaseIterable, Sendable {
        /// 0...23; 0 of a date.
        case hour
        /// 0 = Monday ... 6 = Sunday.
        case weekday
        /// Days since 1970-01-01.
        case date
        /// 1...12.
        case month
        /// 1...4, from the first month of the fiscal year.
        case quarter
        /// The calendar year in which the fiscal year begins.
        case year
    }

    /// An IANA name.
    var zone: String
    /// Month in which a year begins, 1...12.
    var fiscalYear = 1

    static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    /// 1...12; nil when it is no month's name.
    static func month(named name: String) -> Int? { months.firstIndex(of: name).map { $0 + 1 } }

    /// - Parameter local: the time on the zone's clock, as if it were UTC.
    func value(_ part: Part, of local: Timestamp) -> Double {
        switch part {
        case .hour: return Double(local.hour)
        case .weekday: return Double(local.weekday)
        case .date: return Double(local.day)
        case .month: return Double(local.parts.month)
        case .quarter: return Double((local.parts.month - fiscalYear + 12) % 12 / 3 + 1)
        case .year:
            let parts = local.parts
            return Double(parts.month < fiscalYear ? parts.year - 1 : parts.year)
        }
    }
}
