import Connectors
import PipelineTesting
import Pipelines
import Records
import Testing

/// A warehouse reduced to what the machine is about: what is durable, and what a kill takes away.
private struct Disk: Hashable {
    /// Rows committed, by their number.
    var rows: [Int] = []
    var progress = RunProgress.start
    var ending: RunMachine.Ending?
}

/// A process that drives the machine over a feed of `rows` rows in blocks of `block`, and dies after `lives` steps.
private struct Process {
    var disk: Disk
    /// The planted bug: the checkpoint is on disk before the rows are.
    var commitsCheckpointFirst = false
    let rows: Int
    let block: Int
    let chunk: Int

    /// Runs until the end, a stop, or death; a step is one event handled or one action done.
    mutating func live(steps: Int, stopAt: Int? = nil) -> Bool {
        var machine = RunMachine(configuration: .init(chunkRows: chunk, rejectLimit: 0.5, fileCount: 1), from: disk.progress)
        var open: [Int] = []
        var position = Int(disk.progress.position.row)
        if disk.ending != nil { return true }
        if disk.progress.file == 1 { position = rows }
        var left = steps
        var actions: [RunMachine.Action] = []
        while true {
            guard left > 0 else { return false }
            left -= 1
            if let stopAt, steps - left == stopAt, !machine.isStopping { actions += machine.handle(.stopRequested) }
            if !actions.isEmpty {
                switch actions.removeFirst() {
                case .commit(let progress):
                    if commitsCheckpointFirst {
                        disk.progress = progress
                        guard left > 0 else { return false }
                        left -= 1
                        disk.rows += open
                    } else {
                        disk.rows += open
                        disk.progress = progress
                    }
                    open = []
                    actions += machine.handle(.committed)
                case .finish(let progress, let ending):
                    disk.rows += open
                    disk.progress = progress
                    disk.ending = ending
                    return true
                case .stop:
                    return false
                }
            } else if position < rows {
                let end = min(position + block, rows)
                var counts = RunCounts()
                (counts.read, counts.accepted) = (Int64(end - position), Int64(end - position))
                open += position..<end
                position = end
                actions = machine.handle(.block(file: 0, end: FeedPosition(offset: Int64(end), row: Int64(end), line: 1), counts: counts))
            } else {
                actions = machine.handle(.endOfFeed)
            }
        }
    }
}

@Suite("the run machine") struct RunMachineTests {
    private typealias Shape = (rows: Int, block: Int, chunk: Int)
    private let shapes: [Shape] = [(0, 3, 4), (7, 3, 4), (12, 3, 6), (13, 4, 4), (20, 5, 100)]

    private func undisturbed(_ shape: Shape) -> Disk {
        var process = Process(disk: Disk(), rows: shape.rows, block: shape.block, chunk: shape.chunk)
        _ = process.live(steps: .max)
        return process.disk
    }

    @Test("ends the same wherever it is killed, however often, and started again")
    func killedAnywhere() {
        for shape in shapes {
            let expected = undisturbed(shape)
            #expect(expected.rows == Array(0..<shape.rows))
            for first in 0..<40 {
                for second in 0..<40 {
                    var process = Process(disk: Disk(), rows: shape.rows, block: shape.block, chunk: shape.chunk)
                    _ = process.live(steps: first)
                    _ = process.live(steps: second)
                    let ended = process.live(steps: .max)
                    #expect(ended)
                    #expect(process.disk == expected, "killed after \(first) and \(second) steps of \(shape)")
                }
            }
        }
    }

    @Test("ends the same wherever it is asked to stop: the open chunk is completed first")
    func stoppedAnywhere() {
        for shape in shapes {
            let expected = undisturbed(shape)
            for stop in 1..<40 {
                var process = Process(disk: Disk(), rows: shape.rows, block: shape.block, chunk: shape.chunk)
                let ended = process.live(steps: .max, stopAt: stop)
                if !ended { #expect(process.disk.rows.count % ((shape.chunk + shape.block - 1) / shape.block * shape.block) == 0) }
                let endedThen = process.live(steps: .max)
                #expect(endedThen)
                #expect(process.disk == expected)
            }
        }
    }

    @Test("with the checkpoint outside the rows' transaction loses rows: the check finds it")
    func plantedBug() {
        let shape = shapes[2]
        let expected = undisturbed(shape)
        let found = (0..<40).contains { steps in
            var process = Process(disk: Disk(), commitsCheckpointFirst: true, rows: shape.rows, block: shape.block, chunk: shape.chunk)
            _ = process.live(steps: steps)
            _ = process.live(steps: .max)
            return process.disk != expected
        }
        #expect(found)
    }

    @Test("holds a run whose rejects pass the limit, judged at the end of the feed")
    func rejectLimit() {
        for (rejected, ending) in [(Int64(5), RunMachine.Ending.done), (6, .held)] {
            var machine = RunMachine(configuration: .init(chunkRows: 50, rejectLimit: 0.05, fileCount: 1))
            var counts = RunCounts()
            (counts.read, counts.rejected, counts.accepted) = (100, rejected, 100 - rejected)
            _ = machine.handle(.block(file: 0, end: .start, counts: counts))
            _ = machine.handle(.committed)
            guard case .finish(_, let found)? = machine.handle(.endOfFeed).first else {
                Issue.record("the feed's end finishes the run")
                return
            }
            #expect(found == ending)
            #expect(machine.isOver)
        }
    }
}
