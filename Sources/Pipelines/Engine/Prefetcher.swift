import Foundation
import Records

/// A bounded queue between two threads: the writer waits while it is full, the reader while it is empty.
final class BoundedChannel<Element>: @unchecked Sendable {
    // Unchecked: every access to the mutable fields holds `condition`; elements are handed over, never shared.
    private let condition = NSCondition()
    private let capacity: Int
    private var elements: [Element] = []
    private var ended = false
    private var failure: Failure?
    private var cancelled = false

    init(capacity: Int) { self.capacity = capacity }

    /// Waits for room. False when the reader has gone away.
    func send(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while elements.count >= capacity, !cancelled { condition.wait() }
        guard !cancelled else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    func finish(_ failure: Failure? = nil) {
        condition.lock()
        defer { condition.unlock() }
        (ended, self.failure) = (true, failure)
        condition.broadcast()
    }

    /// Waits for an element; nil at the end. Elements sent before a failure come first.
    func receive() throws(Failure) -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty, !ended, !cancelled { condition.wait() }
        if elements.isEmpty {
            if let failure { throw failure }
            return nil
        }
        let element = elements.removeFirst()
        condition.broadcast()
        return element
    }

    func cancel() {
        condition.lock()
        defer { condition.unlock() }
        cancelled = true
        elements.removeAll()
        condition.broadcast()
    }
}

/// A source of elements in order, used by one thread at a time.
protocol Source<Element>: AnyObject, SendableMetatype {
    associatedtype Element
    func next() throws(Failure) -> Element?
}

/// Runs a source ahead on a thread of its own, at most `capacity` elements.
///
/// A thread and not a task: the source blocks on files and locks, which the cooperative pool must not.
final class Prefetcher<Base: Source>: Source {
    private let channel: BoundedChannel<Base.Element>
    private let thread: JoinedThread

    init(_ base: Base, capacity: Int) throws(Failure) {
        let channel = BoundedChannel<Base.Element>(capacity: capacity)
        self.channel = channel
        let handedOver = HandedOver(base)
        thread = try JoinedThread {
            do throws(Failure) {
                while let element = try handedOver.value.next() {
                    guard channel.send(element) else { return }
                }
                channel.finish()
            } catch {
                channel.finish(error)
            }
        }
    }

    func next() throws(Failure) -> Base.Element? { try channel.receive() }

    /// Ends the thread and waits for it.
    func stop() {
        channel.cancel()
        thread.join()
    }

    deinit { stop() }
}

/// A value that one thread gives to another and does not use again.
private struct HandedOver<Value>: @unchecked Sendable {
    // Unchecked: the maker hands the value over at the thread's start and keeps no use of it.
    let value: Value
    init(_ value: Value) { self.value = value }
}
