import Records
import Testing

@Suite struct DecimalTextTests {
    @Test("a decimal's text has all its decimals, a digit before the point, and a sign only below zero")
    func text() {
        for (value, scale, expected) in [
            (0, 0, "0"), (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (1_234, 0, "1234"), (1_234, 2, "12.34"), (-100, 2, "-1.00"),
            (1, 18, "0.000000000000000001"), (Int64.max, 18, "9.223372036854775807"), (Int64.min, 0, "-9223372036854775808"),
            (Int64.min, 4, "-922337203685477.5808"),
        ] as [(Int64, Int, String)] {
            #expect(DecimalText.text(value, scale: scale) == expected)
        }
    }
}
