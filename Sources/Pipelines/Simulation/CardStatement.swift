import Connectors
import Records

/// Writes one day of transactions as an ISO 20022 bank-to-customer statement (camt.053.001.08) of the card program's account.
///
/// Elements and their order follow the ISO message definition; each transaction is one booked debit entry on a line of its own:
///
/// | what | path below `Ntry` |
/// |---|---|
/// | transaction | `NtryDtls/TxDtls/Refs/TxId` (and `NtryRef`) |
/// | time | `BookgDt/DtTm` |
/// | customer | `NtryDtls/TxDtls/CardTx/Card/AddtlCardData` |
/// | terminal | `NtryDtls/TxDtls/CardTx/POI/Id/Id` |
/// | amount, currency | `Amt`, `Amt/@Ccy` |
///
/// The closing balance is the opening balance less all entries. A statement holds what happened: lines broken in the CSV are whole here.
struct CardStatement {
    let date: String
    let names: SimulatedNames
    let currency: Currency

    /// - Parameter firstNumber: transaction number of the first.
    func write(_ transactions: [SimulatedTransaction], firstNumber: Int64, to writer: GzipWriter) throws(Failure) {
        let total = transactions.reduce(0) { $0 + Int($1.amount) }
        // A round sum that covers the day.
        let opening = (total / 1_000_000 + 2) * 1_000_000
        var buffer = TextBuffer()
        appendHead(&buffer)
        appendBalance(&buffer, code: "OPBD", amount: opening)
        appendBalance(&buffer, code: "CLBD", amount: opening - total)
        appendSummary(&buffer, count: transactions.count, total: total)
        for (index, transaction) in transactions.enumerated() {
            appendEntry(&buffer, transaction, number: Int(firstNumber) + index)
            try buffer.flush(to: writer)
        }
        buffer.append("    </Stmt>\n  </BkToCstmrStmt>\n</Document>\n")
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
    }

    private func appendHead(_ buffer: inout TextBuffer) {
        let compact = date.filter { $0 != "-" }
        buffer.append(
            Array(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
                  <BkToCstmrStmt>
                    <GrpHdr>
                      <MsgId>SIMULATED-\(compact)</MsgId>
                      <CreDtTm>\(date)T23:59:59Z</CreDtTm>
                      <MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn>
                    </GrpHdr>
                    <Stmt>
                      <Id>CARDS-\(compact)</Id>
                      <ElctrncSeqNb>1</ElctrncSeqNb>
                      <CreDtTm>\(date)T23:59:59Z</CreDtTm>
                      <FrToDt><FrDtTm>\(date)T00:00:00Z</FrDtTm><ToDtTm>\(date)T23:59:59Z</ToDtTm></FrToDt>
                      <Acct>
                        <Id><Othr><Id>SIMULATED-CARDS</Id></Othr></Id>
                        <Ccy>\(currency.code)</Ccy>
                        <Ownr><Nm>Simulated card program</Nm></Ownr>
                      </Acct>

                """.utf8))
    }

    private func appendBalance(_ buffer: inout TextBuffer, code: String, amount: Int) {
        let text = Money(minor: Int64(amount), currency: currency).amountText
        buffer.append(
            Array(
                """
                      <Bal>
                        <Tp><CdOrPrtry><Cd>\(code)</Cd></CdOrPrtry></Tp>
                        <Amt Ccy="\(currency.code)">\(text)</Amt>
                        <CdtDbtInd>CRDT</CdtDbtInd>
                        <Dt><Dt>\(date)</Dt></Dt>
                      </Bal>

                """.utf8))
    }

    private func appendSummary(_ buffer: inout TextBuffer, count: Int, total: Int) {
        let sum = Money(minor: Int64(total), currency: currency).amountText
        buffer.append(
            Array("      <TxsSummry><TtlDbtNtries><NbOfNtries>\(count)</NbOfNtries><Sum>\(sum)</Sum></TtlDbtNtries></TxsSummry>\n".utf8))
    }

    private func appendEntry(_ buffer: inout TextBuffer, _ transaction: SimulatedTransaction, number: Int) {
        buffer.append("      <Ntry><NtryRef>")
        buffer.append(number)
        buffer.append("</NtryRef>")
        appendAmount(&buffer, transaction)
        buffer.append("<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>")
        buffer.append(Array(date.utf8))
        buffer.append("T")
        buffer.append(secondOfDay: Int(transaction.second))
        buffer.append("Z</DtTm></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>CCRD</Cd><SubFmlyCd>POSD</SubFmlyCd></Fmly></Domn></BkTxCd>")
        buffer.append("<NtryDtls><TxDtls><Refs><TxId>")
        buffer.append(number)
        buffer.append("</TxId></Refs>")
        appendAmount(&buffer, transaction)
        buffer.append("<CdtDbtInd>DBIT</CdtDbtInd><CardTx><Card><AddtlCardData>C")
        buffer.append(Int(transaction.customer), width: names.customerWidth)
        buffer.append("</AddtlCardData></Card><POI><Id><Id>T")
        buffer.append(Int(transaction.terminal), width: names.terminalWidth)
        buffer.append("</Id></Id></POI></CardTx></TxDtls></NtryDtls></Ntry>\n")
    }

    private func appendAmount(_ buffer: inout TextBuffer, _ transaction: SimulatedTransaction) {
        buffer.append("<Amt Ccy=\"")
        buffer.append(Array(currency.code.utf8))
        buffer.append("\">")
        buffer.append(minor: Int(transaction.amount))
        buffer.append("</Amt>")
    }
}
