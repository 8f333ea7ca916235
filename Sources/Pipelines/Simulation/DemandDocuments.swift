import Connectors
import Records

/// A shop's sales and stock as UBL 2.1 documents: a ProductActivity a month, with a line a day, and an InventoryReport of the last day.
///
/// Source of the form: OASIS, "Universal Business Language Version 2.1" (2013), ProductActivity-2 and InventoryReport-2. Every fifth item is sold in
/// cases of twelve (`CS`), the others by the piece (`EA`).
struct DemandDocuments {
    private let folder: String
    private let gzipLevel: Int?
    private static let spaces = [
        "cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\"",
        "cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"",
    ]
    private var lines: [String] = []
    private var day: [String] = []
    private var month = ""
    static let shop = "S001"

    init(folder: String, gzipLevel: Int?) { (self.folder, self.gzipLevel) = (folder, gzipLevel) }

    static func isInCases(_ item: Int) -> Bool { item % 5 == 4 }

    private static func head(_ kind: String, id: String, issued: String) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<\(kind) xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:\(kind)-2\""
        for space in spaces { text += " xmlns:\(space)" }
        text += ">\n<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>\(id)</cbc:ID><cbc:IssueDate>\(issued)</cbc:IssueDate>\n"
        return text
    }

    private static func party(_ kind: String, _ name: String) -> String {
        "<cac:\(kind)><cac:PartyName><cbc:Name>\(name)</cbc:Name></cac:PartyName></cac:\(kind)>"
    }

    private static func item(_ id: String) -> String {
        "<cac:Item><cac:SellersItemIdentification><cbc:ID>\(id)</cbc:ID></cac:SellersItemIdentification></cac:Item>"
    }

    /// - Parameter units: pieces.
    mutating func add(_ item: Int, id: String, units: Int) {
        // What is no whole case is sold by the piece.
        let cases = Self.isInCases(item) && units % 12 == 0 && units > 0
        day.append(
            "<cac:SalesItem><cbc:Quantity unitCode=\"\(cases ? "CS" : "EA")\">\(cases ? units / 12 : units)</cbc:Quantity>\(Self.item(id))"
                + "</cac:SalesItem>")
    }

    /// - Parameter date: of the items that were added.
    mutating func finishDay(_ date: String) throws(Failure) {
        defer { day = [] }
        month = String(date.prefix(7))
        guard !day.isEmpty else { return }
        lines.append(
            "<cac:SupplyChainActivityDataLine><cbc:ID>\(date)</cbc:ID><cbc:SupplyChainActivityTypeCode>SALES</cbc:SupplyChainActivityTypeCode>"
                + "<cac:ActivityPeriod><cbc:StartDate>\(date)</cbc:StartDate><cbc:EndDate>\(date)</cbc:EndDate></cac:ActivityPeriod>"
                + "<cac:ActivityOriginLocation><cbc:ID>\(Self.shop)</cbc:ID></cac:ActivityOriginLocation>\n")
        lines += day.map { $0 + "\n" }
        lines.append("</cac:SupplyChainActivityDataLine>\n")
    }

    mutating func finishMonth(_ last: String, _ summary: inout DemandSimulation.Summary) throws(Failure) {
        guard !lines.isEmpty else { return }
        var head = Self.head("ProductActivity", id: "PA-\(month)", issued: last)
        head += "<cac:ActivityPeriod><cbc:StartDate>\(month)-01</cbc:StartDate><cbc:EndDate>\(last)</cbc:EndDate></cac:ActivityPeriod>"
        head += Self.party("SenderParty", "Simulated Shop") + Self.party("ReceiverParty", "Simulated Supplier") + "\n"
        try write("\(folder)/ubl/activity/\(month).xml", [head] + lines + ["</ProductActivity>\n"], &summary)
        lines = []
    }

    /// - Parameter stock: of each item, units on hand and what one costs in minor units.
    func writeStock(
        _ stock: [(id: String, units: Int, cost: Int)], _ date: String, _ summary: inout DemandSimulation.Summary
    ) throws(Failure) {
        var texts = [
            Self.head("InventoryReport", id: "IR-\(date)", issued: date)
                + "<cac:InventoryPeriod><cbc:StartDate>\(date)</cbc:StartDate><cbc:EndDate>\(date)</cbc:EndDate></cac:InventoryPeriod>\n"
        ]
        for (place, line) in stock.enumerated() {
            let value = line.units * line.cost, cents = String(value % 100)
            texts.append(
                "<cac:InventoryReportLine><cbc:ID>\(place + 1)</cbc:ID><cbc:Quantity unitCode=\"EA\">\(line.units)</cbc:Quantity>"
                    + "<cbc:InventoryValueAmount currencyID=\"EUR\">\(value / 100).\(cents.count < 2 ? "0" : "")\(cents)</cbc:InventoryValueAmount>"
                    + "\(Self.item(line.id))<cac:InventoryLocation><cbc:ID>\(Self.shop)</cbc:ID></cac:InventoryLocation></cac:InventoryReportLine>\n"
            )
        }
        try write("\(folder)/ubl/stock/\(date).xml", texts + ["</InventoryReport>\n"], &summary)
    }

    private func write(_ path: String, _ texts: [String], _ summary: inout DemandSimulation.Summary) throws(Failure) {
        let name = gzipLevel == nil ? path : path + ".gz"
        let writer = try GzipWriter(path: name, encoding: gzipLevel.map { .gzip(level: $0) } ?? .plain)
        var buffer = TextBuffer()
        for text in texts {
            buffer.append(Array(text.utf8))
            try buffer.flush(to: writer)
        }
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
        summary.files += 1
        summary.bytes += writer.fileBytes
    }
}
