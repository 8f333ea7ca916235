import Connectors
import GRDB
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

@Suite("A clock that jumps") struct ClockJumpTests {
    /// A run whose clock is right when first asked, and then anywhere.
    private func run(jumps: Bool) throws -> String {
        let bank = try BankFixture(customers: 30, days: 20)
        let warehouse = try bank.warehouse()
        let asked = Atomic(0)
        var environment = Environment.fixed(BankFixture.clock)
        if jumps {
            environment.now = {
                let count = asked.add(1, ordering: .relaxed).newValue
                guard count > 1 else { return BankFixture.clock }
                return BankFixture.clock + .days(count % 2 == 0 ? 400 : -400)
            }
        }
        _ = try Runner(warehouse: warehouse, environment: environment, options: BankFixture.options()).run(bank.job())
        #expect(!jumps || asked.load(ordering: .relaxed) > 1)
        return try WarehouseDump.text(of: warehouse, leavingOut: ["pipeline_attempts", "pipeline_jobs"])
    }

    @Test("forward and back during a run changes nothing that the run writes")
    func jumps() throws { #expect(WarehouseDump.firstDifference(try run(jumps: true), try run(jumps: false)) == nil) }
}
