import Records

/// The eras since Meiji, from the edicts and orders that began them.
///
/// Meiji 45 ended, and Taisho 1 began, on 1912-07-30 (edict of that day: "from this day on"); Taisho 15 became Showa 1 on 1926-12-25;
/// Showa 64 ended on 1989-01-07 and Heisei began on 1989-01-08 (Cabinet Order 1 of 1989); Heisei 31 ended on 2019-04-30 and Reiwa began
/// on 2019-05-01 (Cabinet Order 143 of 2019). Meiji is read from 明治6年1月1日 (1873-01-01) on: the day from which Japan uses the
/// Gregorian calendar (edict 337 of 1872). Earlier days of Meiji are lunar dates, and none can be told from a Gregorian one.
enum JapaneseEra: Int, CaseIterable, Sendable {
    case meiji, taisho, showa, heisei, reiwa

    /// The Gregorian year before year 1.
    var yearZero: Int {
        switch self {
        case .meiji: 1867
        case .taisho: 1911
        case .showa: 1925
        case .heisei: 1988
        case .reiwa: 2018
        }
    }

    /// Days since 1970-01-01 of its first and last day as read here.
    var days: ClosedRange<Int> {
        switch self {
        case .meiji: Timestamp.days(year: 1873, month: 1, day: 1)...Timestamp.days(year: 1912, month: 7, day: 29)
        case .taisho: Timestamp.days(year: 1912, month: 7, day: 30)...Timestamp.days(year: 1926, month: 12, day: 24)
        case .showa: Timestamp.days(year: 1926, month: 12, day: 25)...Timestamp.days(year: 1989, month: 1, day: 7)
        case .heisei: Timestamp.days(year: 1989, month: 1, day: 8)...Timestamp.days(year: 2019, month: 4, day: 30)
        case .reiwa: Timestamp.days(year: 2019, month: 5, day: 1)...Timestamp.days(year: 9999, month: 12, day: 31)
        }
    }

    static let spellings: [(text: [UInt8], era: JapaneseEra)] = {
        let texts: [(String, JapaneseEra)] = [
            ("令和", .reiwa), ("平成", .heisei), ("昭和", .showa), ("大正", .taisho), ("明治", .meiji), ("令", .reiwa), ("平", .heisei),
            ("昭", .showa), ("大", .taisho), ("明", .meiji), ("㋿", .reiwa), ("㍻", .heisei), ("㍼", .showa), ("㍽", .taisho),
            ("㍾", .meiji), ("R", .reiwa), ("H", .heisei), ("S", .showa), ("T", .taisho), ("M", .meiji), ("r", .reiwa),
            ("h", .heisei), ("s", .showa), ("t", .taisho), ("m", .meiji),
        ]
        return texts.map { (Array($0.0.utf8), $0.1) }
    }()

    /// For messages: what days each era has.
    static let summary =
        "令和 from 2019-05-01, 平成 1989-01-08 to 2019-04-30, 昭和 1926-12-25 to 1989-01-07, 大正 1912-07-30 to 1926-12-24, "
        + "明治 1873-01-01 to 1912-07-29"
}
