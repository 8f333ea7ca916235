import Dispatch
import Synchronization

/// Work cut into blocks that do not depend on the number of threads, so that neither do the results: a block is computed by one thread
/// from start to end, and blocks that add up are added in their order.
package enum FixedBlocks {
    /// Calls `body` once for every block, on `threads` threads; which thread takes which block is not defined.
    ///
    /// - Parameters:
    ///   - threads: at least 1; more than there are blocks are not used.
    ///   - body: the block's number and the thread's, from 0; must write only to what belongs to its block or its thread.
    package static func run(_ blocks: Int, threads: Int, _ body: @Sendable (_ block: Int, _ thread: Int) -> Void) {
        OpenBLAS.useOneThread()
        let threads = max(1, min(threads, blocks))
        guard threads > 1 else {
            for block in 0..<blocks { body(block, 0) }
            return
        }
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            while true {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard block < blocks else { return }
                body(block, thread)
            }
        }
    }

    /// Block `block` of `count` things, `size` a block.
    package static func range(_ block: Int, of count: Int, size: Int) -> Range<Int> { block * size..<min(count, (block + 1) * size) }

    package static func count(of count: Int, size: Int) -> Int { (count + size - 1) / size }
}

/// A pointer that several threads use, each at places of its own.
// Proof of `@unchecked Sendable`: blocks of `FixedBlocks` write to disjoint ranges, and whoever made the pointer waits for all of them.
package struct SharedPointer<Element>: @unchecked Sendable {
    package let start: UnsafeMutablePointer<Element>
    package init(_ start: UnsafeMutablePointer<Element>) { self.start = start }
    package subscript(_ index: Int) -> Element {
        get { start[index] }
        nonmutating set { start[index] = newValue }
    }
}
