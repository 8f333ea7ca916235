import Dispatch
import Foundation
import Synchronization

/// Whether a run was asked to stop; read from any thread.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    /// False when it was set before.
    func set() -> Bool { !flag.exchange(true, ordering: .relaxed) }
}

/// Sets a flag on SIGTERM or SIGINT, as long as it lives; a second SIGINT ends the process at once.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - onStop: told once, from another thread, the signal's name.
    ///   - onEnd: told by the second SIGINT, just before the process ends.
    init(_ flag: StopFlag, onStop: @escaping @Sendable (String) -> Void, onEnd: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "pipeline signals")
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if flag.set() { return onStop(name) }
                guard number == SIGINT else { return }
                onEnd()
                Self.endByInterrupt()
            }
            source.activate()
            return source
        }
    }

    /// The source has SIGINT blocked in every thread: without unblocking, it would only be told again, for ever.
    private static func endByInterrupt() {
        signal(SIGINT, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(SIGINT)
    }

    func cancel() { for source in sources { source.cancel() } }
}
