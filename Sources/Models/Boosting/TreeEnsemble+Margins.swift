package import Records

extension TreeEnsemble {
    /// Rows scored together: their columns stay in the first-level cache while all trees pass over them.
    private static let blockRows = 128

    /// Log-odds a row: the base value, then leaf after leaf in the order of the trees, in 32 bits; so the bits are libxgboost's.
    ///
    /// - Parameter values: rows of `featureCount` values, row-major.
    package func margins(_ values: [Float]) -> [Float] { checkedMargins(values).margins }

    /// - Throws: another number of features than the model's, an infinite value.
    package func margins(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        guard matrix.featureCount == featureCount else { throw .matrixWidth(found: matrix.featureCount, expected: featureCount) }
        let (result, isFinite) = checkedMargins(matrix.values)
        if !isFinite { try matrix.checkFinite(featureNames) }
        return result
    }

    /// Margins a row, and whether no value is infinite: looked at block by block, so that scoring finds the values in the cache.
    private func checkedMargins(_ values: [Float]) -> (margins: [Float], isFinite: Bool) {
        let width = featureCount
        let rows = values.count / width
        var isFinite = true
        let margins = [Float](unsafeUninitializedCapacity: rows) { result, count in
            count = rows
            values.withUnsafeBufferPointer { values in
                withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: sources.count * Self.blockRows / 4) { columns in
                    withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: Self.blockRows / 4) { sums in
                        var start = 0
                        while start < rows {
                            let height = min(Self.blockRows, rows - start)
                            isFinite = FeatureMatrix.isFinite(values[start * width..<(start + height) * width]) && isFinite
                            transpose(values, start: start, height: height, into: columns)
                            score(columns, sums)
                            for row in 0..<height { result[start + row] = sums[row >> 2][row & 3] }
                            start += height
                        }
                    }
                }
            }
        }
        return (margins, isFinite)
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
        let quads = Self.blockRows / 4
        shallowColumns.withUnsafeBufferPointer { questions in
            shallowThresholds.withUnsafeBufferPointer { thresholds in
                shallowLeaves.withUnsafeBufferPointer { leaves in
                    nodes.withUnsafeBufferPointer { nodes in
                        func block(_ index: Int) -> EightLeaves {
                            EightLeaves(
                                columns, quads: quads, questions: UnsafeBufferPointer(rebasing: questions[(index * 7)...]),
                                thresholds: UnsafeBufferPointer(rebasing: thresholds[(index * 7)...]),
                                leaves: UnsafeBufferPointer(rebasing: leaves[(index * 8)...]))
                        }
                        for tree in trees {
                            switch tree.layout {
                            case .eightLeaves:
                                let leaves = block(tree.start)
                                for quad in 0..<quads { sums[quad] += leaves.value(quad) }
                            case .sixteenLeaves:
                                let (yes, no) = (block(tree.start), block(tree.start + 1))
                                let column = columns.baseAddress! + Int(tree.root.column) * quads
                                let threshold = SIMD4<Float>(repeating: tree.root.threshold)
                                for quad in 0..<quads {
                                    sums[quad] += no.value(quad).replacing(with: yes.value(quad), where: column[quad] .< threshold)
                                }
                            case .walked: Self.addDeep(columns, sums, nodes: nodes, tree: tree)
                            }
                        }
                    }
                }
            }
        }
    }

    /// All seven questions for four rows at a time, then the leaf picked from the eight by bits: no branch, no gather.
    private struct EightLeaves {
        private typealias Four = SIMD4<Float>
        private let c0, c1, c2, c3, c4, c5, c6: UnsafeMutablePointer<SIMD4<Float>>
        private let t0, t1, t2, t3, t4, t5, t6: Float
        private let l0, l1, l2, l3, l4, l5, l6, l7: Float

        @inline(__always)
        init(
            _ columns: UnsafeMutableBufferPointer<SIMD4<Float>>, quads: Int, questions: UnsafeBufferPointer<Int32>,
            thresholds: UnsafeBufferPointer<Float>, leaves: UnsafeBufferPointer<Float>
        ) {
            let base = columns.baseAddress!
            (c0, c1, c2) = (base + Int(questions[0]) * quads, base + Int(questions[1]) * quads, base + Int(questions[2]) * quads)
            (c3, c4) = (base + Int(questions[3]) * quads, base + Int(questions[4]) * quads)
            (c5, c6) = (base + Int(questions[5]) * quads, base + Int(questions[6]) * quads)
            (t0, t1, t2, t3) = (thresholds[0], thresholds[1], thresholds[2], thresholds[3])
            (t4, t5, t6) = (thresholds[4], thresholds[5], thresholds[6])
            (l0, l1, l2, l3) = (leaves[0], leaves[1], leaves[2], leaves[3])
            (l4, l5, l6, l7) = (leaves[4], leaves[5], leaves[6], leaves[7])
        }

        @inline(__always)
        func value(_ quad: Int) -> SIMD4<Float> {
            let a = Four(repeating: l1).replacing(with: Four(repeating: l0), where: c3[quad] .< Four(repeating: t3))
            let b = Four(repeating: l3).replacing(with: Four(repeating: l2), where: c4[quad] .< Four(repeating: t4))
            let c = Four(repeating: l5).replacing(with: Four(repeating: l4), where: c5[quad] .< Four(repeating: t5))
            let d = Four(repeating: l7).replacing(with: Four(repeating: l6), where: c6[quad] .< Four(repeating: t6))
            let ab = b.replacing(with: a, where: c1[quad] .< Four(repeating: t1))
            let cd = d.replacing(with: c, where: c2[quad] .< Four(repeating: t2))
            return cd.replacing(with: ab, where: c0[quad] .< Four(repeating: t0))
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
