#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Between log-odds and probabilities in 32 bits, to the bit as libxgboost 1.7 does it (`src/common/math.h`, `regression_loss.h`).
enum LogOdds {
    static func probability(_ margin: Float) -> Float {
        1 / (expf(min(-margin, 88.7)) + 1 + 1e-16)
    }

    static func margin(_ probability: Float) -> Float {
        -logf(1 / probability - 1)
    }
}
