public import ArgumentParser
package import Connectors
public import Models
public import Pipelines
public import Records

extension DemandBacktest.Ends: ExpressibleByArgument {}
extension Outbound.Form: ExpressibleByArgument {}
extension OutputFormat: ExpressibleByArgument {}
extension ErrorReport.Form: ExpressibleByArgument {}
extension Reject.Code: ExpressibleByArgument {}
extension ReviewItem.Kind: ExpressibleByArgument {}
extension TableExport.Format: ExpressibleByArgument {}
extension ExportEncoding: ExpressibleByArgument {}
extension ModelRole: ExpressibleByArgument {}
extension Evaluator.Control: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    /// ISO 8601, as `2026-02-01` or `2026-02-01T06:00:00Z`.
    public init?(argument: String) { self.init(iso8601: argument) }
}

extension Timestamp.Span: ExpressibleByArgument {
    /// As in job files: `30m`, `2h`, `7d`.
    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String {
        let seconds = microseconds / 1_000_000
        return seconds % 3_600 == 0 ? "\(seconds / 3_600)h" : seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}

extension FineTuning.Form: ExpressibleByArgument {}
