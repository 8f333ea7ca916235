import Records

/// Parameters that name columns of the main feed, bound to their places.
extension StageConfiguration {
    /// - Throws: `stage.column-missing`, with the nearest name.
    func column(_ name: String, of parameter: String, in schema: Schema) throws(Failure) -> Int {
        guard let index = schema.index(of: name) else {
            throw .stageColumnMissing(self.name, parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
        }
        return index
    }

    /// Places of the number columns that a parameter names, separated by blanks.
    ///
    /// - Throws: a name that is no column, or none of numbers.
    func numberColumns(of parameter: String, in schema: Schema) throws(Failure) -> [Int] {
        var result: [Int] = []
        for name in names(of: parameter) {
            let index = try column(name, of: parameter, in: schema)
            switch schema.fields[index].type {
            case .int64, .float64, .decimal: result.append(index)
            default:
                throw .stageColumnType(self.name, parameter, name, schema.fields[index].type.name, ["int64", "float64", "decimal"])
            }
        }
        return result
    }

    /// The column that a parameter must name, and that has a value in every row.
    func requiredColumn(of parameter: String, in schema: Schema) throws(Failure) -> Int {
        guard let named = text(parameter) else { throw .stageParameterMissing(name, parameter) }
        let index = try column(named, of: parameter, in: schema)
        guard !schema.fields[index].isOptional else { throw .stageColumnOptional(name, parameter, named) }
        return index
    }

    /// Names separated by blanks.
    func names(of parameter: String) -> [String] { (text(parameter) ?? "").split(whereSeparator: \.isWhitespace).map(String.init) }
}
