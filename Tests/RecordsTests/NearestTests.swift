import Records
import Testing

@Suite struct NearestTests {
    @Test(
        "the nearest name is offered, and none where nothing is near",
        arguments: [
            ("cvs", "csv"), ("csv", "csv"), ("CSV", "csv"), ("xlm", "xml"), ("csvv", "csv"), ("parquet", nil), ("", nil),
            ("boostnig", "boosting"),
        ] as [(String, String?)])
    func nearest(_ typed: String, _ expected: String?) { #expect(Nearest.name(to: typed, among: ["csv", "xml", "boosting"]) == expected) }

    @Test("among names equally near the first is taken, so that texts do not change from run to run")
    func ties() { #expect(Nearest.name(to: "ac", among: ["ab", "ad"]) == "ab") }
}
