/// Systems of linear equations of a few unknowns.
enum LinearSystem {
    /// Gauss with partial pivoting; false where there is no single solution. The matrix is used up, the solution is in `right`.
    static func solve(_ matrix: inout [Double], _ right: inout [Double], _ n: Int) -> Bool {
        matrix.withUnsafeMutableBufferPointer { matrix in
            for column in 0..<n {
                var pivot = column
                for row in column..<n where abs(matrix[row * n + column]) > abs(matrix[pivot * n + column]) { pivot = row }
                guard abs(matrix[pivot * n + column]) > 1e-14 else { return false }
                if pivot != column {
                    for index in column..<n { matrix.swapAt(pivot * n + index, column * n + index) }
                    right.swapAt(pivot, column)
                }
                for row in column + 1..<max(n, column + 1) where matrix[row * n + column] != 0 {
                    let factor = matrix[row * n + column] / matrix[column * n + column]
                    for index in column..<n { matrix[row * n + index] -= factor * matrix[column * n + index] }
                    right[row] -= factor * right[column]
                }
            }
            for row in stride(from: n - 1, through: 0, by: -1) {
                for index in row + 1..<max(n, row + 1) { right[row] -= matrix[row * n + index] * right[index] }
                right[row] /= matrix[row * n + row]
            }
            return true
        }
    }
}
