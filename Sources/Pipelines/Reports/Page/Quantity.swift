package import Records

/// Numbers as people read them.
package enum Quantity {
    /// `1,015,716`
    package static func count(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `1 row`, `1,015,716 rows`
    package static func count(_ value: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? one : many ?? one + "s")"
    }

    /// A number with a fixed count of decimals and thousands separated.
    package static func decimal(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let whole = Int64(scaled) / Int64(scale), rest = String(Int64(scaled) % Int64(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + count(whole) }
        return "\(sign)\(count(whole)).\(String(repeating: "0", count: decimals - rest.count))\(rest)"
    }

    /// `120 ms`, `1.2 s`, `4 min 5 s`, `2 h 3 min`
    package static func seconds(_ value: Double) -> String {
        switch value {
        case ..<0.9995: return "\(count(Int64((value * 1_000).rounded()))) ms"
        case ..<99.95: return "\(decimal(value, 1)) s"
        case ..<3_599.5:
            let whole = Int64(value.rounded())
            return "\(whole / 60) min \(whole % 60) s"
        default:
            let minutes = Int64((value / 60).rounded())
            return "\(count(minutes / 60)) h \(minutes % 60) min"
        }
    }

    /// `812 bytes`, `143 MB` (decimal units, three digits)
    package static func bytes(_ value: Int64) -> String {
        if value < 1_000 { return "\(count(value)) \(value == 1 ? "byte" : "bytes")" }
        var number = Double(value)
        for unit in ["kB", "MB", "GB", "TB"] {
            number /= 1_000
            if number < 9.995 { return "\(decimal(number, 2)) \(unit)" }
            if number < 99.95 { return "\(decimal(number, 1)) \(unit)" }
            if number < 999.5 || unit == "TB" { return "\(decimal(number, 0)) \(unit)" }
        }
        return "\(value) bytes"
    }

    /// `12.3 %`; small shares keep two significant digits, and what is not nothing, or not all, never reads so.
    package static func share(_ value: Double) -> String {
        let percent = value * 100
        switch abs(percent) {
        case 0: return "0 %"
        case ..<0.001: return "< 0.001 %"
        case ..<0.1: return "\(decimal(percent, 3)) %"
        case ..<10: return "\(decimal(percent, 2)) %"
        case 99.95..<100: return "> 99.9 %"
        default: return "\(decimal(percent, 1)) %"
        }
    }
}

extension Quantity {
    /// `1,234.50 EUR`
    package static func money(_ value: Money) -> String {
        let text = value.amountText
        let parts = text.split(separator: ".")
        let whole = Int64(parts[0]).map { count($0) } ?? String(parts[0])
        let sign = value.minor < 0 && !whole.hasPrefix("-") ? "-" : ""
        return "\(sign)\(whole)\(parts.count > 1 ? ".\(parts[1])" : "") \(value.currency.code)"
    }
}
