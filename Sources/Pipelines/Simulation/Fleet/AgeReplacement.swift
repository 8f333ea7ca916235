/// The classical alternative to sensors: every machine is repaired at one age.
///
/// A cycle costs a repair, and a failure besides where the life ended before the age; the age with the least cost an hour is the best
/// (R. Barlow, L. Hunter, "Optimum preventive maintenance policies", Operations Research 8, 1960), over lives that were seen whole.
enum AgeReplacement {
    /// - Parameters:
    ///   - lives: hours of use at each life's last reading, at least one.
    ///   - every: hours between readings.
    ///   - failure: cost of a failure in service, besides the repair; - repair: of a repair.
    ///   - failureHours, repairHours: how long a machine then stands.
    /// - Returns: hours of use at which a repair is cheapest; nil = it is cheapest to wait for the failure.
    static func best(lives: [Int], every: Int, failure: Double, repair: Double, failureHours: Int, repairHours: Int) -> Int? {
        let sorted = lives.sorted(), count = Double(sorted.count)
        /// - Parameter failed: lives that ended before the age, `hours` of use together.
        func rate(failed: Int, hours: Int, age: Int) -> Double {
            let failing = Double(failed), rest = count - failing
            let length = Double(hours) + failing * Double(every + failureHours) + rest * Double(age + repairHours)
            return (count * repair + failing * failure) / length
        }
        var (best, failed, hours) = (Int?.none, 0, 0)
        var least = rate(failed: sorted.count, hours: sorted.reduce(0, +), age: 0)
        for (index, life) in sorted.enumerated() where index == 0 || life > sorted[index - 1] {
            while failed < index {
                hours += sorted[failed]
                failed += 1
            }
            let own = rate(failed: failed, hours: hours, age: life)
            if own < least { (best, least) = (life, own) }
        }
        return best
    }

    /// Hours of use at the last reading of lives of a fleet, each begun and ended in it: three of each machine.
    static func lives(of world: FleetWorld) -> [Int] {
        var lives: [Int] = []
        for number in 0..<world.machines {
            var machine = SimulatedMachine(number, seed: world.seed, meanLife: world.life)
            var (step, ended, hours) = (0, 0, 0)
            while ended < 4 {
                if let reading = machine.work(hours: world.every, at: step) {
                    hours = reading.hours
                } else {
                    // The first life began before the first step: its beginning was not seen.
                    if ended > 0 { lives.append(hours) }
                    ended += 1
                    hours = 0
                    machine.renew()
                }
                step += 1
            }
        }
        return lives
    }
}
