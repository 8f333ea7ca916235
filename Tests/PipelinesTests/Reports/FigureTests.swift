import Foundation
import Models
import Pipelines
import Records
import Testing

@Suite struct DayBucketsTests {
    private let start = Timestamp(.init(year: 2023, month: 1, day: 4))

    @Test("days are steps while they are few, then weeks from a Monday, and no period has more than can be drawn")
    func steps() {
        let day = DayBuckets(first: start, last: start)
        #expect(day.count == 1 && day.days == 1 && day.name == "day")
        let month = DayBuckets(first: start, last: start + .days(29))
        #expect(month.count == 30 && month.days == 1)
        let years = DayBuckets(first: start, last: start + .days(1_095))
        #expect(years.days == 7 && years.text(0) == "2023-01-02" && years.count == 157)
        for days in [159, 160, 161, 1_119, 1_120, 10_000, 200_000, 2_000_000] as [Int64] {
            let own = DayBuckets(first: start, last: Timestamp(microseconds: start.microseconds + days * 86_400_000_000))
            #expect(own.count <= DayBuckets.most, "\(days)")
            #expect(own.index(of: start) == 0 && own.index(of: start + .days(days)) == own.count - 1, "\(days)")
        }
    }

    @Test("a time finds the step that holds it, and none outside")
    func index() {
        let buckets = DayBuckets(first: start, last: start + .days(400))
        for day in 0...400 as ClosedRange<Int64> {
            let time = start + .days(day) + .hours(23)
            let index = buckets.index(of: time)
            let first = index.map { buckets.time(of: $0) }
            #expect(first.map { $0 <= time && time < $0 + .days(Int64(buckets.days)) } == true, "\(day)")
        }
        #expect(buckets.index(of: start - .days(10)) == nil)
        #expect(buckets.index(of: start + .days(500)) == nil)
    }
}

@Suite struct EvidenceFigureTests {
    static let start = Timestamp(.init(year: 2025, month: 3, day: 1))

    static func course(_ rows: Int, names: [String] = ["heat", "wear", "hum"], unit: String = ", in standard deviations of the fleet")
        -> Evidence
    {
        Evidence(
            title: "readings of the sensors that moved, newest first" + unit, columns: ["time"] + names,
            rows: (0..<rows).reversed().map { row in
                [(start + .hours(Int64(row))).iso8601] + names.indices.map { "\(Double(row) * 0.1 * Double($0 + 1))" }
            })
    }

    @Test("curves are the table's columns, oldest first, three at most, with gaps where there is no number")
    func curves() throws {
        var table = Self.course(5, names: ["a", "b", "c", "d"])
        table.rows[0][2] = "-"
        let curves = try #require(EvidenceCurves(table))
        #expect(curves.times.first == Self.start && curves.times.last == Self.start + .hours(4))
        #expect(curves.curves.map(\.name) == ["a", "b", "c"])
        #expect(curves.curves[0].values == [0, 0.1, 0.2, 0.30000000000000004, 0.4].map { Double("\($0)") })
        #expect(curves.curves[1].values.last?.isNaN == true)
        #expect(curves.isOfFleet && curves.isCourse)
        #expect(EvidenceCurves(Self.course(5, unit: ", as measured (there is no model yet)"))?.isOfFleet == false)
        #expect(EvidenceCurves(Self.course(1)) == nil)
        #expect(EvidenceCurves(Evidence(title: "last ten", columns: ["time", "x"], rows: Self.course(3).rows)) == nil)
        table.rows[1][0] = "yesterday"
        #expect(EvidenceCurves(table) == nil)
    }

    @Test("the repair-by date lies on the axis where it is near, and what is due at once or in years does not stretch it")
    func due() throws {
        let curves = try #require(EvidenceCurves(Self.course(61)))
        for (hours, isShown) in [(70, true), (180, true), (181, false), (60, false), (10, false), (90_000, false)] as [(Int64, Bool)] {
            #expect(CurveChart(curves, due: Self.start + .hours(hours)).showsDue == isShown, "\(hours)")
        }
        let with = CurveChart(curves, due: Self.start + .hours(120)).svg(title: "t", description: "d", unit: "u", dueText: "DUE").markup
        #expect(with.contains("class=\"due\"") && with.contains("DUE"))
        // At half of the axis the newest reading's mark stands in the middle of the drawing, not at its end.
        let marks = Self.numbers("cx", of: "circle", in: with)
        #expect(marks.allSatisfy { abs($0 - (70 + (640 - 14 - 70) / 2)) < 0.2 }, "\(marks)")
        let without = CurveChart(curves).svg(title: "t", description: "d", unit: "u", dueText: "DUE").markup
        #expect(!without.contains("class=\"due\"") && !without.contains("DUE"))
        #expect(Self.numbers("cx", of: "circle", in: without).allSatisfy { abs($0 - 626) < 0.2 })
    }

    @Test("the fleet's band is two standard deviations to either side, and stands only behind readings in them")
    func band() throws {
        let fleet = CurveChart(try #require(EvidenceCurves(Self.course(40)))).svg(title: "t", description: "d", unit: "u").markup
        let rest = fleet[try #require(fleet.range(of: "class=\"usual\"")).upperBound...]
        let (y, height) = (Self.numbers("y", in: String(rest.prefix(80)))[0], Self.numbers("height", in: String(rest.prefix(80)))[0])
        // Readings go from 0 to 11.7, and the axis from -2.3 with a margin of a twentieth.
        let span = (11.7 + 2.3) * 1.1
        #expect(abs(height - 4 / span * 184) < 0.2)
        #expect(abs(y - (214 - (2 + 2.3 + 0.7) / span * 184)) < 0.2)
        let plain = CurveChart(try #require(EvidenceCurves(Self.course(40, unit: "")))).svg(title: "t", description: "d", unit: "u").markup
        #expect(!plain.contains("class=\"usual\""))
    }

    @Test("a control chart of an item has its own limits; without them, or with damaged points, it is no chart")
    func control() throws {
        let limits = Evidence(
            title: "control charts of this group", columns: ["measurement", "reading", "lower limit", "center", "upper limit", "signals"],
            rows: [["width", "9", "7.000", "10.000", "13.000", "0"], ["load", "-", "-", "-", "-", "0"]])
        var points = Evidence(
            title: "newest points of the control chart of width", columns: ["time", "width", "signals"],
            rows: [
                ["2025-03-01T02:00:00Z", "14.000", "1"], ["2025-03-01T01:00:00Z", "10.000", ""], ["2025-03-01T00:00:00Z", "9.500", ""],
            ])
        let chart = try #require(EvidenceChart(points, among: [limits, points]))
        #expect(chart.values == [9.5, 10, 14] && chart.isSignalled == [false, false, true])
        #expect(chart.lower == 7 && chart.center == 10 && chart.upper == 13)
        let markup = chart.drawing.svg(title: "t", description: "d", names: ("c", "l", "u")).markup
        #expect(markup.components(separatedBy: "<polygon").count == 2)
        #expect(Self.numbers("cy", of: "circle", in: markup).count == 2)
        // Center, and the limits to either side of it, at even distances.
        let lines = ["limit", "ideal"].flatMap { Self.numbers("y1", of: "line class=\"\($0)\"", in: markup) }
        #expect(lines.count == 3 && abs((lines[0] + lines[1]) / 2 - lines[2]) < 0.11)
        #expect(EvidenceChart(points, among: [points]) == nil)
        let load = Evidence(title: "newest points of the control chart of load", columns: points.columns, rows: points.rows)
        #expect(EvidenceChart(load, among: [limits, load]) == nil)
        points.rows[0][1] = "nan"
        #expect(EvidenceChart(points, among: [limits, points]) == nil)
    }

    @Test("drawings say what they are in words, and hostile names are text in them")
    func words() throws {
        let hostile = "\"><script>alert(1)</script>'&"
        let curves = try #require(EvidenceCurves(Self.course(8, names: [hostile, hostile])))
        let markup = CurveChart(curves, due: Self.start + .hours(9)).svg(
            title: hostile, description: hostile, unit: hostile, dueText: hostile
        )
        .markup
        #expect(!markup.contains("<script"))
        #expect(markup.contains("<title>&quot;&gt;&lt;script&gt;") && markup.contains("<desc>&quot;&gt;&lt;script&gt;"))
        #expect(markup.contains("role=\"img\""))
    }

    /// The numbers that an attribute has.
    static func numbers(_ attribute: String, of element: String = "", in markup: String) -> [Double] {
        markup.components(separatedBy: "<").filter { element.isEmpty || $0.hasPrefix(element) }.compactMap { part in
            part.range(of: " \(attribute)=\"").flatMap { Double(part[$0.upperBound...].prefix { $0 != "\"" }) }
        }
    }
}

@Suite struct ControlHistoryTests {
    private let time = Timestamp(.init(year: 2025, month: 3, day: 1))

    @Test("many points share steps that keep lowest, mean, highest and the worst that signalled; few stand alone")
    func steps() {
        let limits = ControlLimits(center: 5, sigma: 1, subgroup: 1)
        for count in [1, 100, 120, 121, 5_000] {
            var chart = ControlHistory.Chart(measurement: "x", group: nil, limits: limits, points: count)
            let values = (0..<count).map { Double(($0 * 37) % 101) / 10 }
            for (index, value) in values.enumerated() {
                chart.add(value, signals: index % 50 == 7 ? .beyondThree : [], at: time + .minutes(Int64(index)))
            }
            #expect(chart.steps.count <= ControlHistory.mostSteps)
            #expect(chart.steps.reduce(0) { $0 + $1.points } == count)
            #expect(chart.signals == (0..<count).count { $0 % 50 == 7 } && chart.tests[0] == chart.signals)
            #expect(chart.steps.map(\.low).min() == values.min() && chart.steps.map(\.high).max() == values.max())
            if count <= 120 { #expect(chart.steps.map(\.mean) == values) }
            let width = chart.width, own = Array(values[0..<min(width, count)])
            #expect(abs(chart.steps[0].mean - own.reduce(0, +) / Double(own.count)) < 1e-9)
        }
    }

    @Test("a subgroup's point is its mean, and readings that fill none make no point")
    func subgroups() {
        let limits = ControlLimits(center: 5, sigma: 1, subgroup: 5)
        var chart = ControlHistory.Chart(measurement: "x", group: "A", limits: limits, points: 2)
        for (index, value) in [1.0, 2, .nan, 3, 4, 5, 10, 10, 10, 10, 10, 99].enumerated() {
            chart.add(value, signals: [], at: time + .minutes(Int64(index)))
        }
        #expect(chart.steps.map(\.mean) == [3, 10])
    }
}
