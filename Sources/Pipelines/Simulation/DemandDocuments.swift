import Connectors
import Records

/// A shop's sales and stock as UBL 2.1 documents: a ProductActivity a month, with a line a day, and an InventoryReport of the last day. The same
/// units again as a month's call-off Order (a line an item and day of delivery) and Invoice (a line an item and day), and a Forecast each Monday:
/// of each item and of each of the next 21 days what was sold on that weekday in the four weeks before, on average.
///
/// Source of the form: OASIS, "Universal Business Language Version 2.1" (2013), ProductActivity-2, InventoryReport-2, Order-2, Invoice-2 and
/// Forecast-2; a line's period in an invoice: EN 16931-1:2017, BG-26. Every fifth item is sold in cases of twelve (`CS`), the others by the
/// piece (`EA`).
struct DemandDocuments {
    private let folder: String
    private let gzipLevel: Int?
    private static let spaces = [
        "cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\"",
        "cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"",
    ]
    private var lines: [String] = []
    private var day: [String] = []
    /// Of a month.
    private var sold: [Sale] = []
    /// Pieces by item and day since 1970, of the newest 28 days.
    private var past: [String: [Int: Int]] = [:]
    private var first: Int?

    private struct Sale {
        var id: String
        var date: String
        var units: Int
        var isInCases: Bool
        /// Of a piece, minor units.
        var cost: Int
    }
    private var month = ""
    static let shop = "S001"
    static let folders = ["activity", "stock", "orders", "invoices", "forecasts"].map { "ubl/\($0)" }

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

    /// - Parameters:
    ///   - units: pieces.
    ///   - cost: of one, minor units.
    ///   - date: days since 1970.
    mutating func add(_ item: Int, id: String, units: Int, cost: Int, date: Int) {
        // What is no whole case is sold by the piece.
        let cases = Self.isInCases(item) && units % 12 == 0 && units > 0
        sold.append(Sale(id: id, date: Timestamp.isoDate(days: Int64(date)), units: units, isInCases: cases, cost: cost))
        past[id, default: [:]][date] = units
        day.append(
            "<cac:SalesItem><cbc:Quantity unitCode=\"\(cases ? "CS" : "EA")\">\(cases ? units / 12 : units)</cbc:Quantity>\(Self.item(id))"
                + "</cac:SalesItem>")
    }

    /// - Parameter number: the day of the items that were added, since 1970.
    mutating func finishDay(_ number: Int) {
        defer { day = [] }
        let date = Timestamp.isoDate(days: Int64(number))
        month = String(date.prefix(7))
        first = first ?? number
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
        try writeOrder(last, &summary)
        try writeInvoice(last, &summary)
        (lines, sold) = ([], [])
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

    // MARK: The same as orders, invoices and forecasts

    private static func period(_ kind: String, _ first: String, _ last: String) -> String {
        "<cac:\(kind)><cbc:StartDate>\(first)</cbc:StartDate><cbc:EndDate>\(last)</cbc:EndDate></cac:\(kind)>"
    }

    private static func trader(_ kind: String, _ name: String) -> String {
        "<cac:\(kind)>\(party("Party", name))</cac:\(kind)>"
    }

    private static func quantity(_ name: String, _ sale: Sale) -> String {
        "<cbc:\(name) unitCode=\"\(sale.isInCases ? "CS" : "EA")\">\(sale.isInCases ? sale.units / 12 : sale.units)</cbc:\(name)>"
    }

    private static func amount(_ name: String, _ minor: Int) -> String {
        "<cbc:\(name) currencyID=\"EUR\">\(DecimalText.text(Int64(minor), scale: 2))</cbc:\(name)>"
    }

    private func writeOrder(_ last: String, _ summary: inout DemandSimulation.Summary) throws(Failure) {
        var texts = [
            Self.head("Order", id: "OR-\(month)", issued: "\(month)-01") + "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
                + Self.trader("BuyerCustomerParty", "Simulated Customer") + Self.trader("SellerSupplierParty", "Simulated Shop") + "\n"
        ]
        for (place, sale) in sold.enumerated() {
            texts.append(
                "<cac:OrderLine><cac:LineItem><cbc:ID>\(place + 1)</cbc:ID>\(Self.quantity("Quantity", sale))<cac:Delivery>"
                    + Self.period("RequestedDeliveryPeriod", sale.date, sale.date)
                    + "</cac:Delivery>\(Self.item(sale.id))</cac:LineItem></cac:OrderLine>\n")
        }
        try write("\(folder)/ubl/orders/\(month).xml", texts + ["</Order>\n"], &summary)
    }

    /// Sold for half as much again as it cost.
    private func writeInvoice(_ last: String, _ summary: inout DemandSimulation.Summary) throws(Failure) {
        func price(_ sale: Sale) -> Int { sale.cost * 3 / 2 * (sale.isInCases ? 12 : 1) }
        func value(_ sale: Sale) -> Int { price(sale) * (sale.isInCases ? sale.units / 12 : sale.units) }
        var texts = [
            Self.head("Invoice", id: "IN-\(month)", issued: last)
                + "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
                + Self.period("InvoicePeriod", "\(month)-01", last) + Self.trader("AccountingSupplierParty", "Simulated Shop")
                + Self.trader("AccountingCustomerParty", "Simulated Customer") + "<cac:LegalMonetaryTotal>"
                + Self.amount("PayableAmount", sold.reduce(0) { $0 + value($1) }) + "</cac:LegalMonetaryTotal>\n"
        ]
        for (place, sale) in sold.enumerated() {
            texts.append(
                "<cac:InvoiceLine><cbc:ID>\(place + 1)</cbc:ID>\(Self.quantity("InvoicedQuantity", sale))"
                    + Self.amount("LineExtensionAmount", value(sale)) + Self.period("InvoicePeriod", sale.date, sale.date)
                    + Self.item(sale.id) + "<cac:Price>\(Self.amount("PriceAmount", price(sale)))</cac:Price></cac:InvoiceLine>\n")
        }
        try write("\(folder)/ubl/invoices/\(month).xml", texts + ["</Invoice>\n"], &summary)
    }

    /// On Sundays with four weeks before them: the next 21 days.
    mutating func writeForecast(_ number: Int, _ summary: inout DemandSimulation.Summary) throws(Failure) {
        guard Timestamp(seconds: Int64(number) * 86_400).weekday == 6, let first, number - first >= 27 else { return }
        func date(_ ahead: Int) -> String { Timestamp.isoDate(days: Int64(number + ahead)) }
        let parties =
            Self.party("SenderParty", "Simulated Customer") + Self.party("ReceiverParty", "Simulated Shop")
            + Self.trader("BuyerCustomerParty", "Simulated Customer") + Self.trader("SellerSupplierParty", "Simulated Shop")
        let purpose = "<cbc:ForecastPurposeCode>ORDER_FORECAST</cbc:ForecastPurposeCode>" + Self.period("ForecastPeriod", date(1), date(21))
        var texts = [Self.head("Forecast", id: "FC-\(date(0))", issued: date(0)) + purpose + parties + "\n"]
        for id in past.keys.sorted() {
            past[id] = past[id]?.filter { $0.key > number - 28 }
            let days = past[id] ?? [:]
            for ahead in 1...21 {
                let weekday = number - 27 + (ahead - 1) % 7
                let sum = (0..<4).reduce(0) { $0 + (days[weekday + 7 * $1] ?? 0) }
                texts.append(
                    "<cac:ForecastLine><cbc:ID>\(id)-\(ahead)</cbc:ID><cbc:ForecastTypeCode>TOTAL</cbc:ForecastTypeCode>"
                        + Self.period("ForecastPeriod", date(ahead), date(ahead))
                        + "<cac:SalesItem><cbc:Quantity unitCode=\"EA\">\(DecimalText.text(Int64(sum) * 25, scale: 2))</cbc:Quantity>"
                        + "\(Self.item(id))</cac:SalesItem></cac:ForecastLine>\n")
            }
        }
        try write("\(folder)/ubl/forecasts/\(date(0)).xml", texts + ["</Forecast>\n"], &summary)
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
