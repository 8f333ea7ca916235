import Records

/// What drawings share.
enum Figure {
    /// One decimal at most: pages stay small, and the same on every machine.
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "0" }
        let tenths = Int64((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    static func label(_ text: String, x: Double, y: Double, anchor: String = "start", kind: String = "label") -> HTML {
        .tag("text", ["class": kind, "x": self.text(x), "y": self.text(y), "text-anchor": anchor], .text(text))
    }

    static func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> HTML {
        .tag("line", ["class": kind, "x1": text(x1), "y1": text(y1), "x2": text(x2), "y2": text(y2)])
    }

    static func rect(_ kind: String, x: Double, y: Double, width: Double, height: Double) -> HTML {
        .tag(
            "rect",
            ["class": kind, "x": text(x), "y": text(y), "width": text(max(width, 0.5)), "height": text(max(height, 0))])
    }

    static func circle(_ kind: String, x: Double, y: Double, radius: Double) -> HTML {
        .tag("circle", ["class": kind, "cx": text(x), "cy": text(y), "r": text(radius)])
    }

    static func polygon(_ kind: String, _ points: [(Double, Double)]) -> HTML {
        .tag("polygon", ["class": kind, "points": joined(points)])
    }

    static func path(_ kind: String, _ points: [(Double, Double)]) -> HTML {
        .tag("polyline", ["class": kind, "points": joined(points)])
    }

    private static func joined(_ points: [(Double, Double)]) -> String {
        points.map { "\(text($0.0)),\(text($0.1))" }.joined(separator: " ")
    }

    /// A drawing with what a screen reader says of it: its name, and its content in a sentence.
    static func drawing(_ kind: String, width: Double, height: Double, title: String, description: String, _ parts: [HTML]) -> HTML {
        .tag(
            "svg",
            ["class": kind, "viewBox": "0 0 \(text(width)) \(text(height))", "role": "img", "aria-label": title],
            [.tag("title", [:], .text(title)), .tag("desc", [:], .text(description))] + parts)
    }
}

/// Numbers at which an axis is marked: multiples of 1, 2 or 5 times a power of ten.
struct NumberTicks {
    let values: [Double]
    private let decimals: Int

    /// - Parameter count: of marks wanted, at most; 2 or more.
    init(from low: Double, through high: Double, count: Int = 5) {
        guard low.isFinite, high.isFinite, high > low, (1e-9..<1e300).contains(high - low) else {
            (values, decimals) = ([low.isFinite ? low : 0], 2)
            return
        }
        let rough = (high - low) / Double(max(count - 1, 1))
        var (power, exponent) = (1.0, 0)
        while power * 10 <= rough { (power, exponent) = (power * 10, exponent + 1) }
        while power > rough { (power, exponent) = (power / 10, exponent - 1) }
        let factor = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999_999 } ?? 10
        let step = factor * power
        decimals = max(0, -(factor == 10 ? exponent + 1 : exponent))
        var values: [Double] = []
        var place = (low / step - 1e-9).rounded(.up)
        while place * step <= high + step * 1e-6, values.count < 20 {
            values.append(place * step)
            place += 1
        }
        self.values = values
    }

    func text(_ value: Double) -> String {
        abs(value) >= 1e6 ? Self.short(value) : Quantity.decimal(value, decimals)
    }

    /// `1.2 M`, `3.4e+12`
    private static func short(_ value: Double) -> String {
        for (unit, name) in [(1e9, "G"), (1e6, "M")] where abs(value) >= unit && abs(value) < 1e12 {
            return "\(Quantity.decimal(value / unit, 1)) \(name)"
        }
        return "\(Float(value))"
    }
}

/// A time axis: where times lie, and marks that are not crowded.
struct TimeAxis {
    let first: Timestamp
    let last: Timestamp
    let left: Double
    let right: Double

    func x(_ time: Timestamp) -> Double {
        guard last > first else { return (left + right) / 2 }
        let share = Double(time.microseconds - first.microseconds) / Double(last.microseconds - first.microseconds)
        return left + share * (right - left)
    }

    /// As exact as the axis is long: hours, days or months.
    func text(_ time: Timestamp) -> String {
        let text = time.iso8601, days = Double(last.microseconds - first.microseconds) / 86_400e6
        if days <= 3 { return "\(text.prefix(16).suffix(11))".replacing("T", with: " ") }
        return String(days <= 500 ? text.prefix(10) : text.prefix(7))
    }

    /// Up to `count` texts below the axis, from end to end.
    func labels(y: Double, count: Int = 4) -> [HTML] {
        guard last > first else { return [Figure.label(text(first), x: (left + right) / 2, y: y, anchor: "middle")] }
        var said = ""
        return (0..<count).compactMap { index in
            let share = Double(index) / Double(count - 1)
            let time = Timestamp(
                microseconds: first.microseconds + Int64(share * Double(last.microseconds - first.microseconds)))
            let text = text(time)
            guard text != said else { return nil }
            said = text
            return Figure.label(
                text, x: left + share * (right - left), y: y, anchor: index == 0 ? "start" : index == count - 1 ? "end" : "middle")
        }
    }
}
