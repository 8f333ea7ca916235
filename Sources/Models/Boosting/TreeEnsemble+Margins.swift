extension TreeEnsemble {
    /// Rows scored together: their columns stay in the first-level cache while all trees pass over them.
    private static let blockRows = 128

    /// Log-odds a row: the base value, then leaf after leaf in the order of the trees, in 32 bits; so the bits are libxgboost's.
    ///
    /// - Parameter values: rows of `featureCount` values, row-major.
    package func margins(_ values: [Float]) -> [Float] {
        let width = featureCount
        let rows = values.count / width
        return [Float](unsafeUninitializedCapacity: rows) { result, count in
            count = rows
            values.withUnsafeBufferPointer { values in
                withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: sources.count * Self.blockRows / 4) { columns in
                    withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: Self.blockRows / 4) { sums in
                        var start = 0
                        while start < rows {
                            let height = min(Self.blockRows, rows - start)
                            transpose(values, start: start, height: height, into: columns)
                            score(columns, sums)
                            for row in 0..<height { result[start + row] = sums[row >> 2][row & 3] }
                            start += height
                        }
                    }
                }
            }
        }
    }

    /// The columns that splits compare, each in `blockRows` consecutive values; rows beyond `height` are 0.
    private func transpose(
        _ values: UnsafeBufferPointer<Float>, start: Int, height: Int, into columns: UnsafeMutableBufferPointer<SIMD4<Float>>
    ) {
        let width = featureCount
        columns.withMemoryRebound(to: Float.self) { columns in
            for (index, source) in sources.enumerated() {
                let column = index * Self.blockRows
                var from = start * width + source.feature
                if source.isNegated {
                    for row in 0..<height {
                        columns[column + row] = -values[from]
                        from += width
                    }
                } else {
                    for row in 0..<height {
                        columns[column + row] = values[from]
                        from += width
                    }
                }
                for row in height..<Self.blockRows { columns[column + row] = 0 }
            }
        }
    }

    private func score(_ columns: UnsafeMutableBufferPointer<SIMD4<Float>>, _ sums: UnsafeMutableBufferPointer<SIMD4<Float>>) {
        sums.update(repeating: SIMD4(repeating: baseMargin))
        shallowColumns.withUnsafeBufferPointer { shallowColumns in
            shallowThresholds.withUnsafeBufferPointer { thresholds in
                shallowLeaves.withUnsafeBufferPointer { leaves in
                    nodes.withUnsafeBufferPointer { nodes in
                        for tree in trees {
                            if tree.isShallow {
                                Self.addShallow(
                                    columns, sums, questions: UnsafeBufferPointer(rebasing: shallowColumns[(tree.start * 7)...]),
                                    thresholds: UnsafeBufferPointer(rebasing: thresholds[(tree.start * 7)...]),
                                    leaves: UnsafeBufferPointer(rebasing: leaves[(tree.start * 8)...]))
                            } else {
                                Self.addDeep(columns, sums, nodes: nodes, tree: tree)
                            }
                        }
                    }
                }
            }
        }
    }

    /// All seven questions for four rows at a time, then the leaf picked from the eight by bits: no branch, no gather.
    private static func addShallow(
        _ columns: UnsafeMutableBufferPointer<SIMD4<Float>>, _ sums: UnsafeMutableBufferPointer<SIMD4<Float>>,
        questions: UnsafeBufferPointer<Int32>, thresholds: UnsafeBufferPointer<Float>, leaves: UnsafeBufferPointer<Float>
    ) {
        let quads = blockRows / 4
        guard let base = columns.baseAddress else { return }
        let (c0, c1, c2) = (base + Int(questions[0]) * quads, base + Int(questions[1]) * quads, base + Int(questions[2]) * quads)
        let (c3, c4) = (base + Int(questions[3]) * quads, base + Int(questions[4]) * quads)
        let (c5, c6) = (base + Int(questions[5]) * quads, base + Int(questions[6]) * quads)
        func four(_ value: Float) -> SIMD4<Float> { SIMD4(repeating: value) }
        let (t0, t1, t2, t3) = (four(thresholds[0]), four(thresholds[1]), four(thresholds[2]), four(thresholds[3]))
        let (t4, t5, t6) = (four(thresholds[4]), four(thresholds[5]), four(thresholds[6]))
        let (l0, l1, l2, l3) = (four(leaves[0]), four(leaves[1]), four(leaves[2]), four(leaves[3]))
        let (l4, l5, l6, l7) = (four(leaves[4]), four(leaves[5]), four(leaves[6]), four(leaves[7]))
        for quad in 0..<quads {
            let a = l1.replacing(with: l0, where: c3[quad] .< t3)
            let b = l3.replacing(with: l2, where: c4[quad] .< t4)
            let c = l5.replacing(with: l4, where: c5[quad] .< t5)
            let d = l7.replacing(with: l6, where: c6[quad] .< t6)
            let ab = b.replacing(with: a, where: c1[quad] .< t1)
            let cd = d.replacing(with: c, where: c2[quad] .< t2)
            sums[quad] += cd.replacing(with: ab, where: c0[quad] .< t0)
        }
    }

    /// All rows go down one level together, so that the loads of different rows overlap.
    private static func addDeep(
        _ columns: UnsafeMutableBufferPointer<SIMD4<Float>>, _ sums: UnsafeMutableBufferPointer<SIMD4<Float>>,
        nodes: UnsafeBufferPointer<Node>, tree: Tree
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: blockRows) { places in
            columns.withMemoryRebound(to: Float.self) { columns in
                for row in 0..<blockRows { places[row] = Int32(tree.start) }
                for _ in 0..<tree.depth {
                    for row in 0..<blockRows {
                        let node = nodes[Int(places[row])]
                        places[row] = node.next &+ (columns[Int(node.column) &* blockRows &+ row] < node.threshold ? 0 : 1)
                    }
                }
            }
            sums.withMemoryRebound(to: Float.self) { sums in
                for row in 0..<blockRows { sums[row] += nodes[Int(places[row])].value }
            }
        }
    }
}

extension TreeEnsemble {
    /// Probability of the positive class a row.
    package func probabilities(_ values: [Float]) -> [Float] {
        var result = margins(values)
        for row in result.indices { result[row] = LogOdds.probability(result[row]) }
        return result
    }
}
