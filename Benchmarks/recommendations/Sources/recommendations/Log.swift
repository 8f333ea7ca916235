import Foundation
import Models
import Records

enum Log {
    /// A plain file `user,item,time,value`.
    static func read(_ path: String) throws -> InteractionLog {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var (users, items, times): ([String], [String], [Int64]) = ([], [], [])
        for line in text.utf8.split(separator: 10).dropFirst() {
            let fields = line.split(separator: 44)
            users.append(String(fields[0]) ?? "")
            items.append(String(fields[1]) ?? "")
            let time = String(fields[2]) ?? ""
            times.append((Timestamp(iso8601: time + "Z") ?? Timestamp(microseconds: 0)).microseconds)
        }
        return try InteractionLog(users: users, items: items, times: times)
    }

    /// People with tastes of their own in a long tail of items; a third of what they buy is bought again.
    static func simulated(users: Int, items: Int, events: Int) -> InteractionMatrix {
        var random = SplitMix64(seed: 1)
        var (rows, columns): ([Int32], [Int32]) = ([], [])
        rows.reserveCapacity(events)
        columns.reserveCapacity(events)
        let groups = 50
        for event in 0..<events {
            let user = event < users ? event : random.next(below: users)
            let taste = user % groups, kind = random.next(below: 10)
            // The square of a uniform number: low numbers far more often than high ones.
            let place = random.next(below: 1 << 20),
                tail = Int((Double(place) / 1_048_576 * Double(place) / 1_048_576) * Double(items / groups))
            let item = kind < 7 ? tail * groups + taste : tail * groups + random.next(below: groups)
            rows.append(Int32(user))
            columns.append(Int32(min(items - 1, item)))
        }
        return InteractionMatrix(rows: rows, columns: columns, rowCount: users, columnCount: items)
    }

    static var peakMebibytes: Int {
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss / 1_024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss / 1_048_576
        #endif
    }
}
