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

    /// The purchases in the plain files of `pipeline simulate recommendations --plain`; returns are left out.
    static func pairs(ofOrders folder: String) throws -> (pairs: InteractionMatrix, purchases: Int) {
        var (people, items) = (Places(), Places())
        var (rows, columns): ([Int32], [Int32]) = ([], [])
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            guard let file = FileHandle(forReadingAtPath: "\(folder)/\(name)") else { continue }
            var (rest, isHeader): ([UInt8], Bool) = ([], true)
            while let piece = try file.read(upToCount: 1 << 24), !piece.isEmpty {
                rest += piece
                let end = (rest.lastIndex(of: 10) ?? -1) + 1
                rest[..<end].withUnsafeBufferPointer { bytes in
                    var start = 0
                    while start < bytes.count {
                        var (place, commas, found) = (start, SIMD4(repeating: start), 0)
                        while bytes[place] != 10 {
                            if bytes[place] == 44 {
                                commas[found] = place
                                found += 1
                            }
                            place += 1
                        }
                        // CUSTOMER,TIME,ARTICLE,QUANTITY,PRICE; a minus before the quantity is a return.
                        if !isHeader, bytes[commas[2] + 1] != 45 {
                            rows.append(people.place(of: bytes[start..<commas[0]]))
                            columns.append(items.place(of: bytes[commas[1] + 1..<commas[2]]))
                        }
                        isHeader = false
                        start = place + 1
                    }
                }
                rest.removeFirst(end)
            }
        }
        let pairs = InteractionMatrix(rows: rows, columns: columns, rowCount: people.known.count, columnCount: items.known.count)
        return (pairs, rows.count)
    }

    private struct Places {
        private(set) var known: [String: Int32] = [:]

        mutating func place(of bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int32 {
            let name = String(decoding: bytes, as: UTF8.self)
            if let place = known[name] { return place }
            known[name] = Int32(known.count)
            return Int32(known.count - 1)
        }
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
