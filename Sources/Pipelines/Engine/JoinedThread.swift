import Foundation
import Records

/// A thread that can be waited for until it is gone: Foundation's `Thread` cannot, and a process that exits while a thread still frees what
/// it held, or runs the thread-local destructors of a C++ library, was seen to crash (1 of 60 runs ended by SIGTERM).
final class JoinedThread {
    private var handle: pthread_t?

    /// - Throws: the system gives no thread.
    init(stackBytes: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) throws(Failure) {
        // Memory instead of a variable: which module owns the type's initialiser depends on the order in which C modules are loaded.
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, stackBytes)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        let start = Unmanaged.passRetained(Start(body: body))
        #if os(Linux)
            var thread = pthread_t()
            let code = pthread_create(&thread, attributes, { Start.run($0) }, start.toOpaque())
        #else
            var thread: pthread_t?
            let code = pthread_create(&thread, attributes, { Start.run($0) }, start.toOpaque())
        #endif
        guard code == 0 else {
            start.release()
            throw .threadRefused(String(cString: strerror(code)))
        }
        handle = thread
    }

    /// Returns when the thread has ended, its thread-local destructors included.
    func join() {
        guard let handle else { return }
        pthread_join(handle, nil)
        self.handle = nil
    }

    deinit { join() }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) { self.body = body }

        static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let pointer else { return nil }
            let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
            start.body()
            return nil
        }
    }
}

extension Failure {
    static func threadRefused(_ reason: String) -> Failure {
        Failure(
            .tryAgain, code: "run.thread-refused", what: "the system gives this process no further thread", found: reason,
            expected: "room for three threads", remedy: "Start the same command again later, or with `--threads 1`.")
    }
}
