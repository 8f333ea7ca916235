import Connectors
import Foundation
import Records

/// A warehouse in a folder of its own, for the length of a recomputation.
struct ScratchWarehouse {
    let warehouse: Warehouse
    private let folder: String

    /// - Parameter parent: an existing folder; the warehouse's own is made in it, readable by this account only.
    init(folder parent: String) throws(Failure) {
        var template = Array("\(parent)/pipeline-replay-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .replayFolder(parent, cause: String(cString: strerror(errno))) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        warehouse = try Warehouse(path: "\(folder)/replay.db")
    }

    func remove() {
        warehouse.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
