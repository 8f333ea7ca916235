import Records
import Testing

@Suite struct MoneyTests {
    @Test(
        "amounts are read exactly and written back",
        arguments: [
            ("25 EUR", 2_500, "25.00 EUR"), ("4.5 EUR", 450, "4.50 EUR"), ("4.50 EUR", 450, "4.50 EUR"), ("-0.05 EUR", -5, "-0.05 EUR"),
            ("1200 JPY", 1_200, "1200 JPY"),
            ("1.234 BHD", 1_234, "1.234 BHD"), ("0 USD", 0, "0.00 USD"),
            ("92233720368547758.07 EUR", Int64.max, "92233720368547758.07 EUR"),
        ])
    func reads(_ text: String, _ minor: Int64, _ written: String) {
        #expect(Money(text)?.minor == minor)
        #expect(Money(text)?.description == written)
    }

    @Test(
        "other texts are no amounts",
        arguments: [
            "", "25", "EUR", "25EUR", "25 eur", "25 EURO", "4.505 EUR", "4. EUR", ".5 EUR", "1.5 JPY", "1,5 EUR", "1e2 EUR",
            "92233720368547758.08 EUR", "- EUR", "25 EUR EUR",
        ])
    func refuses(_ text: String) { #expect(Money(text) == nil) }

    @Test("the smallest amount is written without overflow")
    func smallest() throws {
        let euro = try #require(Currency("EUR"))
        #expect(Money(minor: .min, currency: euro).amountText == "-92233720368547758.08")
        #expect(Money(minor: -5, currency: euro).amountText == "-0.05")
    }

    @Test("currencies know their decimals", arguments: [("EUR", 2, 100), ("JPY", 0, 1), ("KWD", 3, 1_000), ("XYZ", 2, 100)])
    func decimals(_ code: String, _ exponent: Int, _ units: Int64) {
        #expect(Currency(code)?.exponent == exponent && Currency(code)?.minorUnits == units)
    }

    @Test("a currency is three upper-case letters", arguments: ["", "EU", "EURO", "eur", "E1R", "ÄÖÜ"])
    func codes(_ code: String) { #expect(Currency(code) == nil) }
}
