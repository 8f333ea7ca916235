import COpenBLAS
package import Records

/// The few routines of OpenBLAS that the models call, row-major, single precision, each on one thread of the library.
///
/// The library's own threads would sum in an order that depends on their number; ours work on fixed blocks instead.
package enum OpenBLAS {
    private static let oneThread: Void = {
        openblasFitKernels()
        openblas_set_num_threads(1)
    }()

    package static func useOneThread() { _ = oneThread }

    /// `openblas 0.3.21`: part of what can change a bit of a model.
    package static let version: String = {
        let words = String(cString: openblas_get_config()).split(separator: " ")
        return words.count > 1 ? "openblas \(words[1])" : "openblas"
    }()

    /// The lower triangle of C = AᵀA + beta * C, with A of `rows` x `columns`.
    package static func gram(
        _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, columns: Int, beta: Float = 0
    ) {
        useOneThread()
        cblas_ssyrk(
            CblasRowMajor, CblasLower, CblasTrans, blasint(columns), blasint(rows), 1, a, blasint(columns), beta, c, blasint(columns))
    }

    /// y = A * x + beta * y, or with Aᵀ; A is `rows` x `columns`.
    package static func multiply(
        _ a: UnsafePointer<Float>, vector x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int,
        transposed: Bool, beta: Float = 0
    ) {
        cblas_sgemv(
            CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), 1, a, blasint(columns), x, 1, beta, y, 1
        )
    }

    /// A matrix, or a part of one whose rows lie `stride` numbers apart.
    struct Matrix {
        var base: UnsafePointer<Float>
        var stride: Int

        init(_ base: UnsafePointer<Float>, stride: Int) { (self.base, self.stride) = (base, stride) }
    }

    /// C = factor * A * B, of `rows` x `columns`, with `inner` numbers to each sum.
    static func product(
        _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, inner: Int, factor: Float = 1
    ) {
        useOneThread()
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), factor, a.base, blasint(a.stride),
            b.base, blasint(b.stride), 0, c, blasint(stride))
    }

    /// C = factor * A * Bᵀ, the same way.
    static func product(
        _ a: Matrix, transposed b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, inner: Int,
        factor: Float = 1
    ) {
        useOneThread()
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(inner), factor, a.base, blasint(a.stride),
            b.base, blasint(b.stride), 0, c, blasint(stride))
    }

    /// The lower Cholesky factor of a symmetric matrix, in place of its lower triangle; false when it is not positive definite.
    package static func factorize(_ a: UnsafeMutablePointer<Float>, size: Int) -> Bool {
        useOneThread()
        // The library counts by columns: our lower triangle is its upper one.
        var (n, info) = (blasint(size), blasint(0))
        let order = n
        spotrf_("U", &n, a, [order], &info)
        return info == 0
    }

    /// From the factor to the inverse's lower triangle.
    package static func invert(factor a: UnsafeMutablePointer<Float>, size: Int) -> Bool {
        useOneThread()
        var (n, info) = (blasint(size), blasint(0))
        let order = n
        spotri_("U", &n, a, [order], &info)
        return info == 0
    }

    /// C = C + factor * AᵀB, with A of `depth` x `rows` and B of `depth` x `columns`; the widths are the lengths of rows in memory.
    package static func add(
        _ factor: Float, _ a: UnsafePointer<Float>, width aWidth: Int, transposedTimes b: UnsafePointer<Float>, width bWidth: Int,
        to c: UnsafeMutablePointer<Float>, width: Int, rows: Int, columns: Int, depth: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth), factor, a, blasint(aWidth), b,
            blasint(bWidth), 1, c, blasint(width))
    }

    /// Solves L X = B in place of B, with the factor's lower triangle: B is `size` x `columns`, `width` the length of its rows in memory.
    package static func solve(
        lower factor: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>, size: Int, columns: Int, width: Int
    ) {
        cblas_strsm(
            CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, blasint(size), blasint(columns), 1, factor, blasint(size), b,
            blasint(width))
    }

    /// C = A * B, with a symmetric A of which the lower triangle is read, and B of `size` x `columns`.
    package static func multiply(
        symmetric a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, size: Int, columns: Int
    ) {
        useOneThread()
        cblas_ssymm(
            CblasRowMajor, CblasLeft, CblasLower, blasint(size), blasint(columns), 1, a, blasint(size), b, blasint(columns), 0, c,
            blasint(columns))
    }

    /// Solves A x = b in place of b, with A's factor: two triangular systems, which cost a third of LAPACK's way through blocks.
    package static func solve(factor a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>, size: Int) {
        for half in [CblasNoTrans, CblasTrans] {
            cblas_strsv(CblasRowMajor, CblasLower, half, CblasNonUnit, blasint(size), a, blasint(size), b, 1)
        }
    }
}

extension Failure {
    package static func notPositiveDefinite(_ family: String, size: Int, regularization: Double) -> Failure {
        Failure(
            .failed, code: "models.not-positive-definite", what: "\(family) met a matrix that cannot be inverted",
            found: "\(size) x \(size) with a penalty of \(regularization)", expected: "a positive definite matrix",
            remedy: "Raise the penalty (`lambda`).")
    }
}
