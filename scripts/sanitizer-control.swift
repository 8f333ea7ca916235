// What sanitize.sh runs first: a race, a write past the end, and a lock that must not be taken for a race.
import Foundation
import Synchronization

// Planted: two threads change what nothing guards.
final class Unguarded: @unchecked Sendable { var count = 0 }

/// Runs it on two threads of their own, which know nothing of each other, and waits.
func twice(_ body: @escaping @Sendable () -> Void) {
    let ended = DispatchGroup()
    for _ in 0..<2 {
        ended.enter()
        Thread.detachNewThread {
            body()
            ended.leave()
        }
    }
    ended.wait()
}

let what = CommandLine.arguments.dropFirst().first ?? ""
switch what {
case "thread":
    let counter = Unguarded()
    twice { for _ in 0..<1_000 { counter.count += 1 } }
    print(counter.count)
case "address":
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes[10 + what.utf8.count] = 1
    print(bytes[0])
default:
    let texts = Guarded()
    twice { for _ in 0..<200_000 { texts.value.withLock { $0.append("b") } } }
    print(texts.value.withLock { $0.count })
}

final class Guarded: Sendable { let value = Mutex(["a"]) }
